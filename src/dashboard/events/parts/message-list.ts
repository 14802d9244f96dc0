import type { DeliveryState, Message, Stand } from '../../../events/events.ts'
import { formatNumber, html, timeText, type Markup, type Part } from '../../../report/report.ts'
import type { PageRequest } from '../../frame/page-request.ts'
import { head, select } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { pageAfter, pageLinks, queryOf } from './paging.ts'
import { nextText, standMark } from './states.ts'
import { messagePath, timeOf, type AppView, type EndpointView, type PathTo } from './view.ts'

const PER_PAGE = 25
/** Of more endpoints it takes a while to tell what became of each message. */
const MOST_TOLD = 20
const STATES = ['open', 'sent', 'failed', 'cancelled', 'expired'] as const satisfies readonly DeliveryState[]
const { messages: say } = eventWords

/** The messages of an app, newest first. */
export function messagesCard(view: AppView, request: PageRequest): Markup {
  const { events, app } = view
  const type = request.query('type')
  const found = events.messages.list(app, {
    ...pageAfter(request.query('after'), { limit: PER_PAGE, order: 'descending' }),
    eventTypes: type === null ? null : [type],
  })
  const isTold = events.endpoints.ofApp(app).length <= MOST_TOLD
  const rows = found.rows.map((message) => row(view, message, isTold ? standings(view, message) : say.manyEndpoints))
  return html`<section class="card">
    <form class="line">
      <label>${say.type} <input name="type" value="${type ?? ''}" class="mono" /></label>
      <button>${eventWords.apps.button}</button>
    </form>
    ${table(rows, type === null ? say.nothing : say.nothingLike)}
    ${pageLinks(found, { query: queryOf(request), idOf: ({ id }) => id })}
  </section>`
}

/** The messages for one endpoint, newest first, by what became of them. */
export function endpointMessages(
  view: EndpointView,
  { path, request }: { readonly path: PathTo; readonly request: PageRequest },
): Part {
  const { events, endpoint } = view
  const state = STATES.find((one) => one === request.query('state')) ?? null
  const found = events.progress.ofEndpoint(endpoint, {
    ...pageAfter(request.query('after'), { limit: PER_PAGE, order: 'descending' }),
    states: state === null ? null : [state],
  })
  const options = STATES.map((one): [string, string] => [one, eventWords.deliveries[one]])
  const rows = found.rows.map(({ message, ...stand }) => row(view, message, standText(view, stand)))
  return [
    head({ path, title: say.title }),
    html`<section class="card">
      <form class="line">
        <label>${say.state} ${select('state', [['', eventWords.attempts.all], ...options], state)}</label>
        <button>${eventWords.apps.button}</button>
      </form>
      ${table(rows, state === null ? say.nothing : say.nothingLike)}
      ${pageLinks(found, { query: queryOf(request), idOf: ({ message }) => message.id })}
    </section>`,
  ]
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

function standText(view: AppView, stand: Stand): Part {
  return [standMark(stand), ' ', nextText(view, stand)]
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
