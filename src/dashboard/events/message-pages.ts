import type { DeliveryState, Message, Stand } from '../../events/events.ts'
import { formatNumber, html, timeText, type Markup, type Part } from '../../report/report.ts'
import { liveResponse } from '../frame/live.ts'
import { head, select } from '../frame/parts.ts'
import { seeOther } from '../frame/page-request.ts'
import type { Page, PageRoute, Visit } from '../frame/visit.ts'
import { factsOf } from './app-page.ts'
import { appOf, appPage, endpointOf, pathTo, queryOf, refuseUnless } from './desk.ts'
import { isMessageGoing, liveMessageParts, messageContent, resendMessage } from './parts/message-story.ts'
import { pageAfter, pageLinks } from './parts/paging.ts'
import { standMark } from './parts/states.ts'
import { endpointPath, messagePath, timeOf, type AppView } from './parts/view.ts'
import { eventWords } from './words.ts'

const PATH = '/events/apps/:app'
const MESSAGE = `${PATH}/messages/:message`
const PER_PAGE = 25
const LOOK_MS = 700
/** Of more endpoints it takes a while to tell what became of each message. */
const MOST_TOLD = 20
const STATES = ['open', 'sent', 'failed', 'cancelled', 'expired'] as const satisfies readonly DeliveryState[]
const { messages: say } = eventWords

export const messagePages: readonly PageRoute[] = [
  { method: 'get', path: `${PATH}/messages`, handle: messagesPage },
  { method: 'get', path: `${PATH}/endpoints/:endpoint/messages`, handle: endpointMessagesPage },
  { method: 'get', path: MESSAGE, handle: messagePage },
  { method: 'get', path: `${MESSAGE}/live`, handle: followed },
  { method: 'post', path: `${MESSAGE}/resend`, handle: resend },
]

async function messagesPage(visit: Visit): Promise<Page> {
  const view = appOf(visit)
  const { events, app } = view
  const type = visit.query('type')
  const found = events.messages.list(app, {
    ...pageAfter(visit.query('after'), { limit: PER_PAGE, order: 'descending' }),
    eventTypes: type === null ? null : [type],
  })
  const isTold = events.endpoints.ofApp(app).length <= MOST_TOLD
  const rows = found.rows.map((message) => row(view, message, isTold ? standings(view, message) : say.manyEndpoints))
  const content = html`<section class="card">
    <form class="line">
      <label>${say.type} <input name="type" value="${type ?? ''}" class="mono" /></label>
      <button>${eventWords.apps.button}</button>
    </form>
    ${table(rows, type === null ? say.nothing : say.nothingLike)}
    ${pageLinks(found, { query: queryOf(visit), idOf: ({ id }) => id })}
  </section>`
  return appPage(view, { tab: '/messages', below: factsOf(view), content })
}

async function endpointMessagesPage(visit: Visit): Promise<Page> {
  const view = endpointOf(visit)
  const { events, endpoint } = view
  const state = STATES.find((one) => one === visit.query('state')) ?? null
  const found = events.progress.ofEndpoint(endpoint, {
    ...pageAfter(visit.query('after'), { limit: PER_PAGE, order: 'descending' }),
    states: state === null ? null : [state],
  })
  const options = STATES.map((one): [string, string] => [one, eventWords.deliveries[one]])
  const rows = found.rows.map(({ message, ...stand }) => row(view, message, standText(stand)))
  const content = [
    head({
      path: [...pathTo(view), [endpoint.url || endpoint.id, endpointPath(view, endpoint)]],
      title: say.title,
    }),
    html`<section class="card">
      <form class="line">
        <label>${say.state} ${select('state', [['', eventWords.attempts.all], ...options], state)}</label>
        <button>${eventWords.apps.button}</button>
      </form>
      ${table(rows, state === null ? say.nothing : say.nothingLike)}
      ${pageLinks(found, { query: queryOf(visit), idOf: ({ message }) => message.id })}
    </section>`,
  ]
  return { title: say.title, place: 'events', content }
}

function table(rows: readonly Markup[], nothing: string): Markup {
  if (rows.length === 0) return html`<p class="nothing">${nothing}</p>`
  return html`<table class="stacked">
    <thead>
      <tr>
        <th scope="col">${say.type}</th>
        <th scope="col">${say.state}</th>
        <th scope="col">${say.id}</th>
        <th scope="col">${say.at}</th>
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`
}

function row(view: AppView, message: Message, told: Part): Markup {
  const { id, eventId, eventType, acceptedAt } = message
  return html`<tr>
    <th scope="row"><a href="${messagePath(view, message)}">${eventType}</a></th>
    <td>${told}</td>
    <td><span class="note mono">${eventId ?? id}</span></td>
    <td class="short">${timeText(timeOf(acceptedAt))}</td>
  </tr>`
}

function standText(stand: Stand): Part {
  const { nextAt } = stand
  const next = nextAt === null ? '' : html` <span class="note">${say.next}</span> ${timeText(timeOf(nextAt))}`
  return [standMark(stand), next]
}

/** What became of a message, and at how many endpoints where there are several. */
function standings({ events, app }: AppView, message: Message): Part {
  const { rows } = events.progress.ofMessage(app, message, { limit: MOST_TOLD, cursor: null, order: 'ascending' })
  if (rows.length === 0) return html`<span class="note">${say.nobody}</span>`
  const marks = rows.map((stand) => standMark(stand).text)
  return [...new Set(marks)].map((text) => {
    const like = rows.filter((_, at) => marks[at] === text)
    return html`${standMark(like[0]!)}
    ${like.length > 1 ? html`<span class="note">${formatNumber(like.length)}</span>` : ''} `
  })
}

/** @throws {EventsError} unknown */
function messageOf(visit: Visit): { readonly view: AppView; readonly message: Message } {
  const view = appOf(visit)
  return { view, message: view.events.messages.get(view.app, visit.param('message')) }
}

async function messagePage(visit: Visit): Promise<Page> {
  const { view, message } = messageOf(visit)
  const path = [...pathTo(view), [say.title, `${view.at}/messages`]] as const
  const live = isMessageGoing({ view, message }) ? `${messagePath(view, message)}/live` : null
  return { title: message.eventType, place: 'events', content: messageContent({ view, message, path }), live }
}

async function followed(visit: Visit): Promise<Response> {
  const story = messageOf(visit)
  const look = () => ({ parts: liveMessageParts(story), isOver: !isMessageGoing(story) })
  return liveResponse(look, { clock: visit.services.clock, everyMs: LOOK_MS })
}

async function resend(visit: Visit): Promise<Response> {
  refuseUnless(visit, 'send')
  return seeOther(await resendMessage(messageOf(visit), visit.field('endpoint')))
}
