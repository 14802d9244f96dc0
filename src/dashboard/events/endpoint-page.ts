import { liveResponse, type LiveParts } from '../frame/live.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { endpointOf, pathTo, refuseUnless } from './desk.ts'
import { endpointAttempts } from './parts/attempt-list.ts'
import { endpointActions } from './parts/endpoint-actions.ts'
import { endpointContent, liveEndpointParts } from './parts/endpoint-story.ts'
import { healthOf, type Health } from './parts/health.ts'
import { revealSecret } from './parts/secret.ts'
import { endpointPath, type EndpointView } from './parts/view.ts'
import { eventWords } from './words.ts'

const PATH = '/events/apps/:app/endpoints/:endpoint'
const LOOK_MS = 1000

export const endpointPages: readonly PageRoute[] = [
  { method: 'get', path: PATH, handle: async (visit) => await page(visit, endpointOf(visit)) },
  { method: 'get', path: `${PATH}/live`, handle: followed },
  { method: 'get', path: `${PATH}/attempts`, handle: attemptsPage },
  { method: 'post', path: `${PATH}/secret`, handle: secretPage },
  ...endpointActions.map(({ name, act, perform }): PageRoute => ({
    method: 'post',
    path: `${PATH}/${name}`,
    handle: async (visit) => {
      refuseUnless(visit, act)
      return seeOther(await perform(endpointOf(visit), (field) => visit.field(field)))
    },
  })),
]

async function page(visit: Visit, view: EndpointView, secret: string | null = null): Promise<Page> {
  const { endpoint } = view
  const content = endpointContent({ view, health: await healthOf(view), path: pathTo(view), secret })
  const live = `${endpointPath(view, endpoint)}/live`
  return { title: endpoint.url || endpoint.id, place: 'events', content, live }
}

/** Only a press shows it: it is in no address, and in no page that can be gone back to. */
async function secretPage(visit: Visit): Promise<Page> {
  refuseUnless(visit, 'reveal')
  const view = endpointOf(visit)
  return await page(visit, view, await revealSecret(view))
}

async function followed(visit: Visit): Promise<Response> {
  const { key } = endpointOf(visit).endpoint
  let health: Health | null = null
  const look = async (): Promise<LiveParts> => {
    const endpoint = visit.events.endpoints.of(key)
    if (endpoint === null) return { parts: {}, isOver: true }
    const view = { ...endpointOf(visit), endpoint }
    health = await healthOf(view, health)
    return { parts: liveEndpointParts({ view, health, path: pathTo(view) }), isOver: false }
  }
  return liveResponse(look, { clock: visit.services.clock, everyMs: LOOK_MS })
}

async function attemptsPage(visit: Visit): Promise<Page> {
  const view = endpointOf(visit)
  const content = endpointAttempts(view, { path: pathTo(view, view.endpoint), request: visit })
  return { title: eventWords.attempts.title, place: 'events', content }
}
