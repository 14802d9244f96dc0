import type { Answer } from '../campaign/outcome.ts'
import { parseRetryAfter } from '../policy/policy.ts'
import type { Profile } from '../profile/profile.ts'
import type { CallResult } from '../request/request.ts'

/** What is to become of a delivery after an attempt. */
export type NextStep =
  | { readonly kind: 'sent' }
  | { readonly kind: 'retry'; readonly waitMs: number }
  /** Its attempts are used up, or it is not to be tried again. */
  | { readonly kind: 'failed' }
  /** Our own trouble: no attempt was used up. */
  | { readonly kind: 'local' }

export interface Judged {
  readonly step: NextStep
  /** The receiver wishes to hear nothing more at all. */
  readonly isRefusal: boolean
}

/** A receiver that is busy, or does not answer in time, is left alone for as long. @see Svix, "Retry schedule". */
const LEAST_WAIT_MS = 60_000
const MOST_OF_WAIT = 2

export interface EndedAttempt {
  readonly result: Pick<CallResult, 'answer' | 'headers'>
  /** Attempts that the delivery had before this one, since it was last begun. */
  readonly tries: number
  readonly endedAt: number
  readonly profile: Pick<Profile, 'success' | 'retry' | 'onGone' | 'heedsControl'>
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/**
 * Says what an answer means to a delivery, and when to try again.
 *
 * `Retry-After` is honoured between the wait of the schedule and twice that; 429 and a time that ran out wait for at least
 * a minute. A redirect is a failure like any other: whoever answers with one gets nothing sent elsewhere.
 */
export function nextStep({ result, tries, endedAt, profile, random }: EndedAttempt): Judged {
  const { answer, headers } = result
  if (answer.kind === 'failed') {
    if (answer.code === 'local') return { step: { kind: 'local' }, isRefusal: false }
  } else if (profile.success.some(([least, most]) => answer.httpStatus >= least && answer.httpStatus <= most)) {
    return { step: { kind: 'sent' }, isRefusal: profile.heedsControl && control(headers) === 'disable' }
  }
  const word = profile.heedsControl ? control(headers) : null
  const isGone = answer.kind === 'answered' && answer.httpStatus === 410 && profile.onGone === 'disable'
  const isRefusal = word === 'disable' || isGone
  const delayMs = profile.retry.delaysMs[tries]
  if (isRefusal || word === 'abort-message' || delayMs === undefined) return { step: { kind: 'failed' }, isRefusal }
  const jitteredMs = Math.round(delayMs * (1 + profile.retry.jitter * (2 * random() - 1)))
  const leastMs = isBusy(answer) ? Math.max(jitteredMs, LEAST_WAIT_MS) : jitteredMs
  return { step: { kind: 'retry', waitMs: Math.max(leastMs, askedMs(answer, { endedAt, leastMs })) }, isRefusal }
}

/** @see docs.svix.com, "Delivery control". */
function control(headers: CallResult['headers']): string | null {
  const value = headers['webhook-delivery']
  return typeof value === 'string' ? value.trim().toLowerCase() : null
}

function isBusy(answer: Answer): boolean {
  return answer.kind === 'failed' ? answer.code === 'timeout' : answer.httpStatus === 429
}

function askedMs(answer: Answer, { endedAt, leastMs }: { readonly endedAt: number; readonly leastMs: number }): number {
  if (answer.kind === 'failed' || answer.retryAfter === null) return 0
  return Math.min(parseRetryAfter(answer.retryAfter, endedAt) ?? 0, MOST_OF_WAIT * leastMs)
}
