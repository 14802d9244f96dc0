import type { Context } from 'hono'
import type { Actor, AuditLog } from '../../access/access.ts'
import type { Clock } from '../../clock.ts'
import type { App, Events } from '../../events/events.ts'
import { PageRequest, type PageContent } from '../frame/page-request.ts'
import type { PortalPlace } from './words.ts'

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

  /** The address of a page of this link. */
  at(path: string): string {
    return `/portal/${this.holder.token}${path}`
  }
}
