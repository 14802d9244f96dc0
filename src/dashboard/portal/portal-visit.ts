import type { Context } from 'hono'
import type { Actor, AuditLog } from '../../access/access.ts'
import { ApiError } from '../../errors.ts'
import type { Clock } from '../../clock.ts'
import type { App, Events } from '../../events/events.ts'
import { PageRequest, type PageContent } from '../frame/page-request.ts'
import { liveResponse, type LiveParts } from '../frame/live.ts'
import { portalWords, type PortalPlace } from './words.ts'

/** Tabs that somebody has open: a browser has no more connections to one host. */
const MOST_FOLLOWERS = 12

/** Whoever has a link, and the one app that it is for. */
export interface Holder {
  readonly token: string
  readonly actor: Actor
  readonly app: App
  readonly expiresAt: number
}

/** What the pages are made from. */
export interface PortalServices {
  readonly events: Events
  readonly audit: AuditLog
  readonly clock: Clock
  /** Pages that are told of changes, by the link's id. */
  readonly followers: Map<string, number>
  /** The holder of a link as things are now; null once it is no good any more. */
  readonly holderOf: (token: string) => Holder | null
}

export type PortalPage = PageContent<PortalPlace>

/** One path of the portal, below its link. */
export interface PortalRoute {
  readonly method: 'get' | 'post'
  readonly path: string
  readonly handle: (visit: PortalVisit) => Promise<PortalPage | Response> | PortalPage | Response
}

/** Somebody who has come by a link and asks for a page: whatever its path names is looked for in the link's app only. */
export class PortalVisit extends PageRequest {
  readonly services: PortalServices
  readonly events: Events
  readonly holder: Holder
  readonly app: App

  constructor(
    context: Context,
    services: PortalServices,
    { holder, form, formToken }: { holder: Holder; form: URLSearchParams; formToken: string },
  ) {
    super(context, form, formToken)
    this.services = services
    this.events = services.events
    this.holder = holder
    this.app = holder.app
  }

  /** Tells the page of its parts as they change. @throws {ApiError} HOOKCAST_API_LIMIT, when too many pages of the link are told already. */
  follow(look: () => LiveParts | Promise<LiveParts>, everyMs: number): Response {
    const { followers, clock } = this.services
    const { id } = this.holder.actor
    const count = followers.get(id) ?? 0
    if (count >= MOST_FOLLOWERS) throw new ApiError('HOOKCAST_API_LIMIT', portalWords.rate, { status: 429 })
    // Nobody would read it to its end.
    if (this.context.req.method === 'HEAD') return new Response(null, { status: 204 })
    followers.set(id, count + 1)
    const onEnd = (): void => {
      const left = (followers.get(id) ?? 1) - 1
      if (left === 0) followers.delete(id)
      else followers.set(id, left)
    }
    return liveResponse(look, { clock, everyMs, onEnd })
  }

  /** The address of a page of this link. */
  at(path: string): string {
    return `/portal/${this.holder.token}${path}`
  }
}
