import { ERROR_CODES, HookcastError } from '../../errors.ts'
import type { EventsError } from '../../events/events.ts'

/** A place in a request that is wrong, as Svix names it: `['body', 'url']`. */
export interface Mistake {
  readonly loc: readonly string[]
  readonly msg: string
  readonly type: string
}

/** An answer that says no, in the words that Svix's clients look for. */
export class Failure extends HookcastError {
  readonly status: number
  readonly body: object
  readonly retryAfterMs: number | null
  /** Each place that is wrong; none where that is not what it is about. */
  readonly mistakes: readonly Mistake[]

  constructor(status: number, { code, detail, todo, retryAfterMs = null, ...options }: FailureOptions) {
    super('HOOKCAST_API_REQUEST', typeof detail === 'string' ? detail : 'The request is not what was expected', options)
    this.status = status
    this.body = typeof detail === 'string' ? { code, detail, ...(todo === undefined ? {} : { todo }) } : { detail }
    this.retryAfterMs = retryAfterMs
    this.mistakes = typeof detail === 'string' ? [] : detail
  }
}

interface FailureOptions extends ErrorOptions {
  /** For programs: `not_found`. */
  readonly code: string
  /** Words, or each place that is wrong (422). */
  readonly detail: string | readonly Mistake[]
  /** What whoever runs the service has to do about it. */
  readonly todo?: string
  readonly retryAfterMs?: number | null
}

/** Nothing by that name, or another app's: which of the two is not told. */
export const notFound = (): Failure => new Failure(404, { code: 'not_found', detail: 'Entity not found' })

export function invalid(loc: readonly string[], msg: string): Failure {
  return new Failure(422, { code: 'validation', detail: [{ loc, msg, type: 'value_error' }] })
}

const STATUS = { unknown: 404, conflict: 409, large: 413, invalid: 422, limited: 429, full: 507 } as const
const CODE = {
  unknown: 'not_found',
  conflict: 'conflict',
  large: 'payload_too_large',
  invalid: 'validation',
  limited: 'rate_limited',
  full: 'storage_full',
} as const

export function failureFrom(error: EventsError): Failure {
  const { problem, message, retryAfterMs } = error
  if (problem === 'unknown') return notFound()
  if (problem === 'invalid') return invalid(['body', placeIn(message)], message)
  return new Failure(STATUS[problem], { code: CODE[problem], detail: message, retryAfterMs, cause: error })
}

/** Of what is ours to mend: that there is something, and what it is where the settings of the service can mend it. */
export function defectFrom(error: unknown): Failure {
  if (!(error instanceof HookcastError) || error.code !== 'HOOKCAST_SECRET_SEALED') {
    return new Failure(500, { code: 'server_error', detail: 'Internal Server Error' })
  }
  const { code, message } = error
  return new Failure(500, { code, detail: message, todo: ERROR_CODES[code].todo, cause: error })
}

/** The first name in a message of the grammar "expected `name` to be …". */
function placeIn(message: string): string {
  return /`(\w+)/.exec(message)?.[1] ?? ''
}

/** @see RFC 9110 §10.2.3 */
export function answerFrom({ status, body, retryAfterMs }: Failure): Response {
  const headers = new Headers({ 'Content-Type': 'application/json' })
  if (status === 401) headers.set('WWW-Authenticate', 'Bearer realm="hookcast"')
  if (retryAfterMs !== null) headers.set('Retry-After', String(Math.ceil(retryAfterMs / 1000)))
  return new Response(JSON.stringify(body), { status, headers })
}
