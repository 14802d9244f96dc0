import { isTest, type Endpoint, type Message } from '../../../events/events.ts'
import { checkPayload, signRequest, type Profile } from '../../../profile/profile.ts'
import { html, type Markup, type Part } from '../../../report/report.ts'
import { code } from '../../frame/parts.ts'
import { eventWords } from '../words.ts'
import type { AppView } from './view.ts'

const { request: say } = eventWords
const HIDDEN = '•••'
const MOST_ENDPOINTS = 5
const MOST_CHARACTERS = 4000

/** What endpoints get of a message, as it would go out now: proofs, and values of headers of their own, are left out. */
export function requestsPart(
  view: AppView,
  { message, endpoints, payload }: { message: Message; endpoints: readonly Endpoint[]; payload: Uint8Array },
): Part {
  const shown = endpoints.slice(0, MOST_ENDPOINTS).map((endpoint) => requestPart(view, { message, endpoint, payload }))
  return shown.length === 0 ? '' : [html`<p class="note">${say.what}</p>`, shown]
}

interface Sent {
  readonly message: Message
  readonly endpoint: Endpoint
  readonly payload: Uint8Array
}

function requestPart(view: AppView, sent: Sent): Markup {
  const { endpoint } = sent
  return html`<details class="more" id="request-${endpoint.id}">
    <summary>${endpoint.url === '' ? endpoint.id : endpoint.url}</summary>
    ${code(requestText(view, sent))}
  </details>`
}

function requestText({ events, app }: AppView, { message, endpoint, payload }: Sent): string {
  const profile = events.endpoints.profileOf(endpoint)
  const problem = checkPayload(profile, payload)
  if (problem !== null) return problem
  const { headers, body } = signRequest(profile, {
    message: { ...message, payload },
    sentAt: events.now,
    secrets: events.secrets.signing(endpoint),
    owner: app.uid ?? app.id,
    isTest: isTest(message),
  })
  const url = URL.parse(endpoint.url)
  const own = [...Object.keys(endpoint.headers), ...Object.keys(message.headers)].map((name) => `${name}: ${HIDDEN}`)
  const lines = headers.flatMap((name, at) => {
    if (at % 2 === 1) return []
    return [`${name}: ${isProof(profile, name) ? HIDDEN : headers[at + 1]}`]
  })
  const start = url === null ? [] : [`POST ${url.pathname}${url.search}`, `host: ${url.host}`]
  const isGathered = profile.gathering !== null && !isTest(message)
  return [...start, ...lines, ...own, '', isGathered ? say.gathered : cut(Buffer.from(body).toString('utf8'))].join(
    '\n',
  )
}

function isProof({ proof }: Profile, name: string): boolean {
  return name === 'authorization' || (proof.kind === 'hmac' && name === proof.header)
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}…`
}
