import { isCapable, type Capability } from '../../access/access.ts'
import { ApiError } from '../../errors.ts'
import type { Endpoint } from '../../events/events.ts'
import type { AppView, EndpointView, EventAct, PathTo } from '../events/parts/view.ts'
import type { PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

/** What a link has to allow for what; to look is what it is for. */
const CAPABILITIES: Readonly<Record<Exclude<EventAct, 'read' | 'diagnose'>, Capability>> = {
  send: 'CreateAttempts',
  manage: 'ManageEndpoint',
  reveal: 'ViewEndpointSecret',
  rotate: 'ManageEndpointSecret',
}

function mayDo({ holder }: PortalVisit, act: EventAct, isManaged: boolean): boolean {
  if (act === 'read') return true
  // Why no answer came would tell a stranger what lies around us.
  if (act === 'diagnose') return false
  return isCapable(holder.actor, CAPABILITIES[act]) && (isManaged || (act !== 'manage' && act !== 'rotate'))
}

/** Some profiles leave endpoints to those who run the service. */
function isManagedByApp({ events, app }: PortalVisit, endpoint: Endpoint | null): boolean {
  const { endpoints } = events
  const { managedBy } = endpoint === null ? endpoints.profileOfApp(app) : endpoints.profileOf(endpoint)
  return managedBy === 'app'
}

/** The link's app, as its holder may see it. */
export function appOf(visit: PortalVisit): AppView {
  const { events, app, services, holder } = visit
  const isManaged = isManagedByApp(visit, null)
  return {
    events,
    app,
    at: visit.at(''),
    may: (act) => mayDo(visit, act, isManaged),
    post: (action, content, kind) => visit.post(action, content, kind),
    note: async (action, subject, detail = {}) => {
      await services.audit.record(holder.actor, action, { subject, detail: { app: app.id, ...detail } })
    },
  }
}

/** The endpoint that a path names, if it is the link's app's. @throws {EventsError} unknown */
export function endpointOf(visit: PortalVisit): EndpointView {
  const endpoint = visit.events.endpoints.get(visit.app, visit.param('endpoint'))
  const isManaged = isManagedByApp(visit, endpoint)
  return { ...appOf(visit), endpoint, may: (act) => mayDo(visit, act, isManaged) }
}

/** @throws {ApiError} HOOKCAST_API_DENIED */
export function refuseUnless({ may }: AppView, act: EventAct): void {
  if (!may(act)) throw new ApiError('HOOKCAST_API_DENIED', portalWords.denied, { status: 403 })
}

/** Where an endpoint's pages are. */
export function pathTo(visit: PortalVisit, endpoint: Endpoint | null = null): PathTo {
  const path: (readonly [string, string])[] = [[portalWords.endpoints.title, visit.at('')]]
  if (endpoint !== null) path.push([endpoint.url || endpoint.id, visit.at(`/endpoints/${endpoint.id}`)])
  return path
}
