import { EventsError, type Endpoint, type Message, type Stand } from '../../../events/events.ts'
import { formatNumber, html, indentJson, timeText, type Markup, type Part } from '../../../report/report.ts'
import { card, code, facts, head, live, select, type Shown } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import { attemptsList } from './attempts.ts'
import { requestsPart } from './requests.ts'
import { lifeMark, nextText, standMark } from './states.ts'
import { endpointPath, messagePath, timeOf, type AppView, type PathTo } from './view.ts'

const { message: say, attempts: sayAttempts } = eventWords
const MOST_ENDPOINTS = 100
const MOST_ATTEMPTS = 100

export interface MessageStory {
  readonly view: AppView
  readonly message: Message
  readonly path: PathTo
}

type Standing = Stand & { readonly endpoint: Endpoint }

/** One message: what it says, who it is for, each attempt and each answer. */
export function messageContent(story: MessageStory): Markup {
  const { view, message, path } = story
  const payload = view.events.messages.payloadOf(message)
  const parts = liveMessageParts(story)
  const { id, eventId, eventType, channels, tags, acceptedAt, headers } = message
  const shown: Shown[] = [
    [say.id, html`<code>${id}</code>`],
    [say.accepted, timeText(timeOf(acceptedAt))],
  ]
  if (eventId !== null) shown.push([say.eventId, html`<code>${eventId}</code>`])
  if (payload !== null) shown.push([say.bytes, `${formatNumber(payload.byteLength)} B`])
  if (channels.length > 0) shown.push([say.channels, channels.join(', ')])
  if (tags.length > 0) shown.push([say.tags, tags.join(', ')])
  const names = Object.keys(headers)
  if (names.length > 0) shown.push([say.headers, names.join(', ')])
  return html`${head({ path, title: eventType, below: facts(shown) })} ${live('standings', parts.standings)}
  ${live('attempts', parts.attempts)} ${card(say.payload, payloadPart(view, payload))}
  ${payload === null || !view.may('read') ? '' : requests(view, message, payload)}`
}

/** Those of its parts that change while somebody looks. */
// oxlint-disable-next-line typescript/explicit-function-return-type, typescript/explicit-module-boundary-types -- The keys are the ids of the parts.
export function liveMessageParts({ view, message }: Pick<MessageStory, 'view' | 'message'>) {
  const { attempts } = view.events
  const { rows } = attempts.ofMessage(message, { limit: MOST_ATTEMPTS, cursor: null, order: 'descending' })
  return {
    standings: card(say.endpoints, standings({ view, message })),
    attempts: card(sayAttempts.title, attemptsList(view, rows, { of: 'message' })),
  }
}

/** Whether anything will still happen to it by itself. */
export function isMessageGoing({ view, message }: Pick<MessageStory, 'view' | 'message'>): boolean {
  return standingsOf(view, message).some(({ state, nextAt }) => state === 'open' && nextAt !== null)
}

function standingsOf({ events, app }: AppView, message: Message): readonly Standing[] {
  return events.progress.ofMessage(app, message, { limit: MOST_ENDPOINTS, cursor: null, order: 'ascending' }).rows
}

function standings({ view, message }: Pick<MessageStory, 'view' | 'message'>): Part {
  const found = standingsOf(view, message)
  const isSendable = view.may('send') && view.events.messages.payloadOf(message) !== null
  const rows = found.map((one) => standingRow({ view, message }, one, isSendable))
  return [
    found.length === 0
      ? html`<p class="nothing">${say.nobody}</p>`
      : html`<table class="stacked">
          <tbody>
            ${rows}
          </tbody>
        </table>`,
    isSendable ? otherForm({ view, message }, new Set(found.map(({ endpoint }) => endpoint.key))) : '',
  ]
}

function standingRow(
  { view, message }: Pick<MessageStory, 'view' | 'message'>,
  { endpoint, ...stand }: Standing,
  isSendable: boolean,
): Markup {
  const resend = html`<input type="hidden" name="endpoint" value="${endpoint.id}" /><button>${say.resend}</button>`
  return html`<tr>
    <th scope="row">
      <a href="${endpointPath(view, endpoint)}">${endpoint.url === '' ? endpoint.id : endpoint.url}</a>
      ${endpoint.state === 'active' ? '' : lifeMark(endpoint)}
    </th>
    <td>${standMark(stand)}</td>
    <td>${nextText(view, stand)}</td>
    <td class="number">
      ${isSendable && endpoint.state !== 'disabled' ? view.post(`${messagePath(view, message)}/resend`, resend) : ''}
    </td>
  </tr>`
}

/** Endpoints that it was not for. */
function otherForm({ view, message }: Pick<MessageStory, 'view' | 'message'>, known: ReadonlySet<number>): Part {
  const others = view.events.endpoints
    .ofApp(view.app)
    .filter(({ key, state }) => !known.has(key) && state !== 'disabled')
    .slice(0, MOST_ENDPOINTS)
  if (others.length === 0) return ''
  const options = others.map(({ id, url }): [string, string] => [id, url === '' ? id : url])
  const form = html`<label>${say.resendOther} ${select('endpoint', options, null)}</label>
    <button>${say.resend}</button>`
  return view.post(`${messagePath(view, message)}/resend`, form, 'line')
}

function requests(view: AppView, message: Message, payload: Uint8Array): Part {
  const endpoints = standingsOf(view, message).map(({ endpoint }) => endpoint)
  const shown = requestsPart(view, { message, endpoints, payload })
  return shown === '' ? '' : card(eventWords.request.title, shown)
}

function payloadPart({ may }: AppView, payload: Uint8Array | null): Markup {
  if (payload === null) return html`<p class="nothing">${say.gone}</p>`
  return may('read')
    ? code(indentJson(Buffer.from(payload).toString('utf8')))
    : html`<p class="nothing">${say.hidden}</p>`
}

/**
 * Sends a message to one endpoint once more, and gives where to go on.
 *
 * @throws {EventsError} unknown, conflict
 */
export async function resendMessage(
  { view, message }: Pick<MessageStory, 'view' | 'message'>,
  endpointId: string | null,
): Promise<string> {
  const { events, app, note } = view
  const endpoint = events.endpoints.get(app, endpointId ?? '')
  if (events.messages.payloadOf(message) === null) throw new EventsError('conflict', say.gone)
  await events.resend(message, endpoint)
  await note('message.resent', message.id, { endpoint: endpoint.id })
  return messagePath(view, message)
}
