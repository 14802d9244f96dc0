/** Every check of the contract, in the order in which people read them. A released id is never renamed: scripts name them. */
export const CHECK_IDS = [
  'https',
  'certificate',
  'no_redirect',
  'no_credentials',
  'wrong_credentials',
  'www_authenticate',
  'valid_call',
  'success_body',
  'failure_body',
  'broken_json',
  'duplicate_key',
  'large_body',
  'keep_alive',
  'clock',
  'latency_1',
  'latency_50',
  'connections',
  'latency_200',
] as const

export type CheckId = (typeof CHECK_IDS)[number]

/** What was seen, for people who have to find it again: small values by name. */
export type Evidence = Readonly<Record<string, unknown>>

/**
 * What one check came to.
 *
 * - `warn`: a sender can live with it, but not well.
 * - `fail`: a campaign would be stopped, slowed down, let in by anybody, or told something wrong.
 * - `cannot_tell`: nothing was seen that would decide it.
 */
export interface Finding {
  readonly status: 'pass' | 'warn' | 'fail' | 'cannot_tell'
  /** What is so, in one sentence without a full stop. */
  readonly message: string
  /** What to change, in one sentence; null when there is nothing. */
  readonly fix: string | null
  readonly evidence: Evidence
}

export function pass(message: string, evidence: Evidence = {}): Finding {
  return { status: 'pass', message, fix: null, evidence }
}

export function warn(message: string, fix: string, evidence: Evidence = {}): Finding {
  return { status: 'warn', message, fix, evidence }
}

export function fail(message: string, fix: string, evidence: Evidence = {}): Finding {
  return { status: 'fail', message, fix, evidence }
}

export function cannotTell(message: string, fix: string | null = null, evidence: Evidence = {}): Finding {
  return { status: 'cannot_tell', message, fix, evidence }
}
