import { ApiError } from '../../errors.ts'
import { EventsError } from '../../events/events.ts'
import { words } from '../words.ts'

const STATUSES = { unknown: 404, conflict: 409, invalid: 422, large: 413, limited: 429 } as const

/** What event webhooks said no to, as an answer over HTTP says it. Of what is another app's it is said as of what is not there. */
export function answerable(error: unknown): unknown {
  if (!(error instanceof EventsError)) return error
  const { message, problem, retryAfterMs, code } = error
  if (problem === 'unknown') return noSuchPage()
  return new ApiError(code, message, { status: STATUSES[problem], retryAfterMs, cause: error })
}

export const noSuchPage = (): ApiError => new ApiError('HOOKCAST_API_UNKNOWN', words.errors.unknown, { status: 404 })
