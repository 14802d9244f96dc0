import { EventsError } from '../../events/events.ts'
import { formatNumber, html, type Part } from '../../report/report.ts'
import { endpointActions } from '../events/parts/endpoint-actions.ts'
import { endpointAttempts } from '../events/parts/attempt-list.ts'
import { endpointContent, liveEndpointParts, type EndpointStory } from '../events/parts/endpoint-story.ts'
import { healthOf, type Health } from '../events/parts/health.ts'
import { endpointMessages } from '../events/parts/message-list.ts'
import { revealSecret } from '../events/parts/secret.ts'
import { endpointPath, type EndpointView } from '../events/parts/view.ts'
import type { LiveParts } from '../frame/live.ts'
import { seeOther } from '../frame/page-request.ts'
import { endpointOf, pathTo, refuseUnless } from './desk.ts'
import type { PortalPage, PortalRoute, PortalVisit } from './portal-visit.ts'
import { portalWords } from './words.ts'

const PATH = '/endpoints/:endpoint'
const LOOK_MS = 1500
const { endpoint: say } = portalWords

export const endpointPages: readonly PortalRoute[] = [
  { method: 'get', path: PATH, handle: async (visit) => await page(visit, endpointOf(visit)) },
  { method: 'get', path: `${PATH}/live`, handle: followed },
  { method: 'get', path: `${PATH}/attempts`, handle: attemptsPage },
  { method: 'get', path: `${PATH}/messages`, handle: messagesPage },
  { method: 'post', path: `${PATH}/secret`, handle: secretPage },
  { method: 'post', path: `${PATH}/delete`, handle: remove },
  ...endpointActions.map(({ name, act, perform }): PortalRoute => ({
    method: 'post',
    path: `${PATH}/${name}`,
    handle: async (visit) => {
      const view = endpointOf(visit)
      refuseUnless(view, act)
      return seeOther(await perform(view, (field) => visit.field(field)))
    },
  })),
]

async function page(visit: PortalVisit, view: EndpointView, secret: string | null = null): Promise<PortalPage> {
  const { endpoint } = view
  const content = endpointContent({ ...storyOf(visit, view, await healthOf(view)), secret })
  return {
    title: endpoint.url || endpoint.id,
    place: 'endpoints',
    content,
    live: `${endpointPath(view, endpoint)}/live`,
  }
}

function storyOf(visit: PortalVisit, view: EndpointView, health: Health): EndpointStory {
  return { view, health, path: pathTo(visit), actions: actionsOf(view) }
}

/** Only a press shows it: it is in no address, and in no page that can be gone back to. */
async function secretPage(visit: PortalVisit): Promise<PortalPage> {
  const view = endpointOf(visit)
  refuseUnless(view, 'reveal')
  return await page(visit, view, await revealSecret(view))
}

/** Ends with the link, or with the endpoint. */
async function followed(visit: PortalVisit): Promise<Response> {
  const { key } = endpointOf(visit).endpoint
  const { holderOf } = visit.services
  let health: Health | null = null
  const look = async (): Promise<LiveParts> => {
    const endpoint = visit.events.endpoints.of(key)
    if (endpoint === null || holderOf(visit.holder.token) === null) return { parts: {}, isOver: true }
    const view = endpointOf(visit)
    health = await healthOf(view, health)
    return { parts: liveEndpointParts(storyOf(visit, view, health)), isOver: false }
  }
  return visit.follow(look, LOOK_MS)
}

function attemptsPage(visit: PortalVisit): PortalPage {
  const view = endpointOf(visit)
  const content = endpointAttempts(view, { path: pathTo(visit, view.endpoint), request: visit })
  return { title: say.attempts, place: 'endpoints', content }
}

function messagesPage(visit: PortalVisit): PortalPage {
  const view = endpointOf(visit)
  const content = endpointMessages(view, { path: pathTo(visit, view.endpoint), request: visit })
  return { title: say.messages, place: 'endpoints', content }
}

function actionsOf(view: EndpointView): Part[] {
  const { endpoint, events, may, post } = view
  const at = endpointPath(view, endpoint)
  const verify = html`<a class="button" href="${at}/verify">${say.verify}</a>`
  if (!may('manage')) return [verify]
  const kept = events.keptFor(endpoint)
  return [
    verify,
    html`<a class="button" href="${at}/edit">${say.edit}</a>`,
    html`<details class="confirm" id="delete">
      <summary class="button danger">${say.remove}</summary>
      <div>
        <p>${say.removeSure} ${kept === 0 ? '' : say.keptGo(formatNumber(kept))}</p>
        ${post(
          `${at}/delete`,
          html`<input type="hidden" name="kept" value="${kept}" /><button class="danger">${say.removeButton}</button>`,
        )}
      </div>
    </details>`,
  ]
}

/** What is kept for it goes with it: no more than whoever has pressed was told of. */
async function remove(visit: PortalVisit): Promise<Response> {
  const view = endpointOf(visit)
  refuseUnless(view, 'manage')
  const { endpoint, events, app, note } = view
  const kept = events.keptFor(endpoint)
  if (!(Number(visit.field('kept') ?? 0) >= kept)) {
    throw new EventsError('conflict', say.moreKept(formatNumber(kept)))
  }
  await events.endpoints.remove(app, endpoint.id)
  await note('endpoint.removed', endpoint.id)
  return seeOther(visit.at(''))
}
