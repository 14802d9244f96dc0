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
  const send = async (path: string, { method, body }: EventCall = {}): Promise<Response> =>
    await reach(`${url}/api/v1${path}`, {
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const isMissing = async (path: string): Promise<boolean> => (await send(path)).status === UNKNOWN
  return async <T>(path: string, call?: EventCall) => {
    const answer = await send(path, call)
    const text = await answer.text()
    if (answer.status === UNKNOWN) {
      const detail = `Not known to the service: ${await unknownIn(path, isMissing)}`
      throw refusalFrom(answer, { code: null, detail })
    }
    if (!answer.ok) throw refusalFrom(answer, wordsIn(text))
    return (text === '' ? null : JSON.parse(text)) as T
  }
}

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'HOOKCAST_API_DENIED',
  403: 'HOOKCAST_API_DENIED',
  429: 'HOOKCAST_API_LIMIT',
  507: 'HOOKCAST_STORAGE_FULL',
}

const UNKNOWN = 404
const SERVER_ERROR = 500
const SEALED = 'HOOKCAST_SECRET_SEALED'

function refusalFrom(answer: Response, { code: named, detail }: Words): EventRefusal {
  const { status, headers } = answer
  const usual = CODES[status] ?? (status < SERVER_ERROR ? 'HOOKCAST_EVENTS_REFUSED' : 'HOOKCAST_UNEXPECTED')
  const code = named === SEALED ? SEALED : usual
  const retryAfter = headers.get('Retry-After')
  const retryAfterMs = retryAfter === null ? null : Number(retryAfter) * 1000
  return new EventRefusal(code, detail ?? `The service answered ${status}`, { status, retryAfterMs })
}

const NOUNS: Readonly<Record<string, string>> = {
  'app-portal-access': 'app',
  msg: 'message',
  'event-type': 'event type',
  'background-task': 'task',
}

/** `/app/acme/endpoint/main` → `app acme` without that app, else `endpoint main`; all where none of them is missing. */
async function unknownIn(path: string, isMissing: (path: string) => Promise<boolean>): Promise<string> {
  const pairs = path
    .split('?')[0]!
    .matchAll(/\/(app|app-portal-access|endpoint|msg|event-type|background-task)\/([^/]+)/g)
  const named = Array.from(pairs, ([path, noun = '', name = '']) => {
    return { path, words: `${NOUNS[noun] ?? noun} ${decodeURIComponent(name)}` }
  })
  const [first, ...others] = named
  if (first === undefined || others.length === 0 || (await isMissing(first.path))) return first?.words ?? path
  const missing = await Promise.all(others.map(async (other) => await isMissing(first.path + other.path)))
  const unknown = others.filter((_, index) => missing[index])
  return (unknown.length > 0 ? unknown : named).map(({ words }) => words).join(', ')
}

interface Words {
  readonly code: string | null
  readonly detail: string | null
}

/** `detail` is a sentence, or what is wrong at each place. */
function wordsIn(text: string): Words {
  try {
    const { code, detail } = JSON.parse(text) as {
      readonly code?: string
      readonly detail?: string | readonly { readonly msg: string }[]
    }
    const words = typeof detail === 'object' ? detail.map(({ msg }) => msg).join('; ') : (detail ?? null)
    return { code: code ?? null, detail: words }
  } catch {
    return { code: null, detail: null }
  }
}
