export const STOP_RULES = [
  'hard_stop',
  'client_error',
  'tls',
  'blocked',
  'proxy',
  'exhausted',
  'connection',
  'render',
  'chunks',
] as const
export type StopRule = (typeof STOP_RULES)[number]

/** That a rule stops a chunk or the webhook, and by what. Plain JSON. */
export interface StopDecision {
  readonly rule: StopRule
  readonly scope: 'chunk' | 'webhook'
  /** Null when the whole webhook is stopped. */
  readonly chunk: number | null
  /** Of the answer that tripped the rule; null when there was none. */
  readonly httpStatus: number | null
  /** The receiver's words in that answer, or in which way there was none. */
  readonly message: string | null
  /** The counter that tripped: client errors, deliveries out of retries, failed templates, calls without an answer, or chunks. */
  readonly count: number
  /** How many were looked at; null where the rule counts without a window. */
  readonly of: number | null
  /** How long no answer had come; `connection` only. */
  readonly silentMs: number | null
  /** Which rule stopped the chunks; `chunks` only. */
  readonly chunksRule: StopRule | null
}
