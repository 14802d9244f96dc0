import { mayReadPersonalData, type Role } from '../../access/access.ts'
import { ApiError } from '../../errors.ts'
import type { Endpoint } from '../../events/events.ts'
import { html, type Markup, type Part } from '../../report/report.ts'
import { head } from '../frame/parts.ts'
import type { Page, Visit } from '../frame/visit.ts'
import { words } from '../words.ts'
import { endpointPath, type AppView, type EndpointView, type EventAct, type PathTo } from './parts/view.ts'
import { eventWords } from './words.ts'

export const EVENTS_PATH = '/events'
const APPS_PATH = `${EVENTS_PATH}/apps`

/** Whoever has signed in may look; payloads and answers are shown to those who may read of customers. */
const ROLES: Readonly<Record<Exclude<EventAct, 'read' | 'diagnose'>, readonly Role[]>> = {
  send: ['admin', 'operator'],
  manage: ['admin', 'operator'],
  reveal: ['admin'],
  rotate: ['admin'],
}

function mayDo({ actor }: Visit, act: EventAct): boolean {
  if (act === 'diagnose') return true
  return act === 'read' ? mayReadPersonalData(actor) : ROLES[act].includes(actor.role)
}

/** @throws {ApiError} HOOKCAST_API_DENIED */
export function refuseUnless(visit: Visit, act: EventAct): void {
  if (mayDo(visit, act)) return
  throw new ApiError('HOOKCAST_API_DENIED', words.errors.role(visit.actor.role), { status: 403 })
}

/** The app that a path names. @throws {EventsError} unknown */
export function appOf(visit: Visit): AppView {
  const { events, services, actor } = visit
  const app = events.apps.get(visit.param('app'))
  return {
    events,
    app,
    at: `${APPS_PATH}/${app.id}`,
    may: (act) => mayDo(visit, act),
    post: (action, content, kind) => visit.post(action, content, kind),
    note: async (action, subject, detail = {}) => {
      await services.audit.record(actor, action, { subject, detail: { app: app.id, ...detail } })
    },
  }
}

/** The endpoint that a path names. @throws {EventsError} unknown */
export function endpointOf(visit: Visit): EndpointView {
  const view = appOf(visit)
  return { ...view, endpoint: view.events.endpoints.get(view.app, visit.param('endpoint')) }
}

/** Where the pages of an app are, or of one of its endpoints. */
export function pathTo({ app, at }: AppView, endpoint: Endpoint | null = null): PathTo {
  const path: (readonly [string, string])[] = [
    [eventWords.title, EVENTS_PATH],
    [app.name, at],
  ]
  if (endpoint !== null) path.push([endpoint.url || endpoint.id, endpointPath({ at }, endpoint)])
  return path
}

const tabs = (shown: readonly (readonly [href: string, label: string])[], at: string, label: string): Markup =>
  html`<nav class="tabs" aria-label="${label}">
    ${shown.map(([href, label]) => html`<a href="${href}" ${href === at ? html`aria-current="page"` : ''}>${label}</a>`)}
  </nav>`

/** A page about all apps. */
export function eventsPage(at: string, content: Part): Page {
  const { title, tabs: names } = eventWords
  const shown = [
    [EVENTS_PATH, names.apps],
    [`${EVENTS_PATH}/types`, names.types],
  ] as const
  return { title, place: 'events', content: [head({ title }), tabs(shown, at, title), content] }
}

/** A page about one app. */
export function appPage(
  view: AppView,
  { tab, below, actions = '', content }: { tab: string; below: Part; actions?: Part; content: Part },
): Page {
  const { app, at } = view
  const { title, tabs: names } = eventWords
  const shown = [
    [at, names.endpoints],
    [`${at}/messages`, names.messages],
  ] as const
  return {
    title: app.name,
    place: 'events',
    content: [
      head({ path: [[title, EVENTS_PATH]], title: app.name, below, actions }),
      tabs(shown, at + tab, app.name),
      content,
    ],
  }
}
