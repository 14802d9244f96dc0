import { HookcastError, type ErrorCode } from '../errors.ts'
import type { Surroundings } from '../library/library.ts'
import { serviceOf, reach } from './ask-service.ts'

export interface EventCall {
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as it is when it is a text. */
  readonly body?: object | string
}

/** What the event webhooks of a service said no to. */
export class EventRefusal extends HookcastError {
  readonly status: number
  readonly retryAfterMs: number | null

  constructor(code: ErrorCode, message: string, answer: Pick<EventRefusal, 'status' | 'retryAfterMs'>) {
    super(code, message)
    this.status = answer.status
    this.retryAfterMs = answer.retryAfterMs
  }
}

/** Asks the event webhooks of a service; a GET unless a method is given. @throws {EventRefusal} */
export type EventService = <T>(path: string, call?: EventCall) => Promise<T>

/**
 * Gives a way to the event webhooks of the service of the data folder, under the paths of Svix's API.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when none says where it listens, or there is no token.
 */
export function eventServiceOf(surroundings: Pick<Surroundings, 'env' | 'settings'>): EventService {
  const { url, token } = serviceOf(surroundings)
  return async <T>(path: string, { method, body }: EventCall = {}) => {
    const answer = await reach(`${url}/api/v1${path}`, {
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw refusalFrom(path, answer, text)
    return (text === '' ? null : JSON.parse(text)) as T
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'HOOKCAST_API_DENIED',
  403: 'HOOKCAST_API_DENIED',
  429: 'HOOKCAST_API_LIMIT',
  507: 'HOOKCAST_STORAGE_FULL',
}

const SERVER_ERROR = 500

function refusalFrom(path: string, { status, headers }: Response, text: string): EventRefusal {
  const code = CODES[status] ?? (status < SERVER_ERROR ? 'HOOKCAST_EVENTS_REFUSED' : 'HOOKCAST_UNEXPECTED')
  const retryAfter = headers.get('Retry-After')
  const retryAfterMs = retryAfter === null ? null : Number(retryAfter) * 1000
  const message = status === 404 ? `Not known to the service: ${namedIn(path)}` : wordsIn(text)
  return new EventRefusal(code, message ?? `The service answered ${status}`, { status, retryAfterMs })
}

const NOUNS: Readonly<Record<string, string>> = {
  msg: 'message',
  'event-type': 'event type',
  'background-task': 'task',
}

/** `/app/acme/endpoint/main` → `app acme, endpoint main` */
function namedIn(path: string): string {
  const pairs = path.split('?')[0]!.matchAll(/\/(app|endpoint|msg|event-type|background-task)\/([^/]+)/g)
  return Array.from(pairs, ([, noun = '', name = '']) => `${NOUNS[noun] ?? noun} ${decodeURIComponent(name)}`).join(
    ', ',
  )
}

/** `detail` is a sentence, or what is wrong at each place. */
function wordsIn(text: string): string | null {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: string | readonly { readonly msg: string }[] }
    return typeof detail === 'object' ? detail.map(({ msg }) => msg).join('; ') : (detail ?? null)
  } catch {
    return null
  }
}
