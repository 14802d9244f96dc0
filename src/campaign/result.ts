/** What became of a customer, for good. One per customer and run. */
export const RESULT_STATUSES = ['sent', 'failed', 'aborted', 'suppressed'] as const
export type ResultStatus = (typeof RESULT_STATUSES)[number]

export const FAILED_REASONS = [
  'refused',
  'client_error',
  'hard_stop',
  'conflict',
  'exhausted',
  'timeout',
  'connect',
  'reset',
  'dns',
  'tls',
  'redirect',
  'invalid_response',
  'blocked',
  'proxy',
  'render',
  'row',
  'crash',
  'changed',
  'unknown',
] as const
export const ABORTED_REASONS = ['chunk_aborted', 'webhook_aborted', 'cancelled'] as const
export const SUPPRESSED_REASONS = ['template', 'duplicate', 'consent', 'excluded', 'expired', 'erased'] as const

/** Why, from a closed list; null when sent. */
export type FailedReason = (typeof FAILED_REASONS)[number]
export type AbortedReason = (typeof ABORTED_REASONS)[number]
export type SuppressedReason = (typeof SUPPRESSED_REASONS)[number]
export type Reason = FailedReason | AbortedReason | SuppressedReason

/** How an attempt is counted in the report's `codes` when no HTTP status came back. */
export const FAILURE_CODES = [
  'timeout',
  'connect',
  'reset',
  'tls',
  'dns',
  'invalid_response',
  'blocked',
  'proxy',
] as const
export type FailureCode = (typeof FAILURE_CODES)[number]

export const RUN_STATES = ['running', 'paused', 'finished', 'aborted', 'interrupted', 'cancelled'] as const
export type RunState = (typeof RUN_STATES)[number]
