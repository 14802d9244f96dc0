import type { RetryRules } from '../campaign/campaign.ts'
import type { Outcome, RetryCause } from '../campaign/outcome.ts'
import type { FailedReason } from '../campaign/result.ts'

type RetryOutcome = Extract<Outcome, { kind: 'retry' }>

export interface EndedAttempt {
  readonly outcome: RetryOutcome
  /** The attempt that ended, 1-based. */
  readonly attempt: number
  readonly endedAt: number
  readonly rules: Pick<RetryRules, 'delaysMs' | 'jitter' | 'onTimeout'>
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export interface NextAttempt {
  readonly dueAt: number
  readonly waitMs: number
}

/** A receiver that asks for more is asked again after an hour: it may be well long before. */
const LONGEST_RETRY_AFTER_MS = 3_600_000

/** No wait of these rules is longer: what is due later was written down by a clock that was wrong. */
export function longestWaitMs({ delaysMs, jitter }: Pick<RetryRules, 'delaysMs' | 'jitter'>): number {
  return Math.max(LONGEST_RETRY_AFTER_MS, ...delaysMs) * (1 + jitter)
}

/** A timer set for longer fires at once (measured on Node 24). */
const LONGEST_WAIT_MS = 2_147_483_647

/**
 * Says when the next attempt of a delivery is due; null when there is none.
 *
 * None is left when the schedule is used up, or after a timeout with `onTimeout: false`. `Retry-After` (at most 1 h of
 * it) raises the wait and never lowers it; the jitter keeps customers that failed together from coming back together.
 *
 * @see RFC 9110 §10.2.3.
 * @example nextAttempt({ outcome: { kind: 'retry', cause: 'server_error', retryAfterMs: null }, attempt: 1, endedAt: 1_000, rules: { delaysMs: [7_000], jitter: 0.1, onTimeout: true }, random: () => 0.5 }) // { dueAt: 8_000, waitMs: 7_000 }
 */
export function nextAttempt({ outcome, attempt, endedAt, rules, random }: EndedAttempt): NextAttempt | null {
  const delayMs = rules.delaysMs[attempt - 1]
  if (delayMs === undefined || (outcome.cause === 'timeout' && !rules.onTimeout)) return null
  const jitteredMs = Math.round(delayMs * (1 + rules.jitter * (2 * random() - 1)))
  const askedMs = Math.min(outcome.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)
  const waitMs = Math.min(Math.max(jitteredMs, askedMs), LONGEST_WAIT_MS)
  return { dueAt: endedAt + waitMs, waitMs }
}

/**
 * Reads a `Retry-After` header strictly: whole seconds, or an IMF-fixdate; null for anything else.
 *
 * `Number()` would take `1e3`, `0x10` and the empty text, `Date.parse()` a bare `5`. A date in the past is 0.
 *
 * Units: milliseconds from `now` on, not clamped.
 * @see RFC 9110 §10.2.3 and §5.6.7.
 * @example parseRetryAfter('120', 0) // 120_000
 * @example parseRetryAfter('Thu, 01 Jan 1970 00:01:00 GMT', 45_000) // 15_000
 * @example parseRetryAfter('soon', 0) // null
 */
export function parseRetryAfter(header: string, now: number): number | null {
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const at = Date.parse(header)
  // Only an IMF-fixdate with its right weekday is printed again as it was: this refuses every other form of date.
  if (Number.isNaN(at) || new Date(at).toUTCString() !== header) return null
  return Math.max(0, at - now)
}

const REASONS: Readonly<Record<RetryCause, FailedReason>> = {
  pressure: 'exhausted',
  server_error: 'exhausted',
  overridden: 'exhausted',
  in_progress: 'exhausted',
  stale_connection: 'exhausted',
  timeout: 'timeout',
  connect: 'connect',
  reset: 'reset',
  dns: 'dns',
  tls: 'tls',
  invalid_response: 'invalid_response',
}

/**
 * Names the reason of a delivery whose retries ran out: `exhausted` when the last answer had a status.
 *
 * @example finalReason({ cause: 'server_error' }) // 'exhausted'
 * @example finalReason({ cause: 'dns' }) // 'dns'
 */
export function finalReason({ cause }: { readonly cause: RetryCause }): FailedReason {
  return REASONS[cause]
}
