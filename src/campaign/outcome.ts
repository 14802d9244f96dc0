import type { FailureCode } from './result.ts'

/** What came back from one call, without any meaning yet: an HTTP answer, or the way in which there was none. */
export type Answer =
  | {
      readonly kind: 'answered'
      readonly httpStatus: number
      /** Media type in lower case without parameters; empty when there was no header. */
      readonly contentType: string
      /** The raw header, null without one; only the last of several. */
      readonly retryAfter: string | null
      /** At most 64 KiB, decoded as UTF-8. */
      readonly body: string
      readonly isTruncated: boolean
    }
  | {
      readonly kind: 'failed'
      /** `local` is our own trouble (no file descriptor, no local port, no memory): no attempt was used up. */
      readonly code: FailureCode | 'local'
      /** A fixed phrase and its object; holds no secret and no customer's data. */
      readonly message: string
      /** Bytes of the request may have left: the receiver may have acted on it. */
      readonly mayHaveArrived: boolean
    }

/** The receiver's own words about a customer, as strings (numbers are printed), or null. */
export interface ReceiverWords {
  readonly errorCode: string | null
  readonly resultCode: string | null
  readonly resultStatus: string | null
  readonly message: string | null
}

/**
 * Why an attempt is to be tried again. `pressure` is a 429, `in_progress` a 409 with `Retry-After` to a send in doubt,
 * `stale_connection` a 408 on a reused connection. These three, `server_error` and `overridden` came with a status.
 */
export type RetryCause =
  | 'pressure'
  | 'server_error'
  | 'overridden'
  | 'in_progress'
  | 'stale_connection'
  | 'timeout'
  | 'connect'
  | 'reset'
  | 'dns'
  | 'tls'
  | 'invalid_response'

/**
 * What one answer means. A value, never an exception; switched over exhaustively.
 *
 * - `sent`: the receiver has it. `alreadyAccepted` when it said so about an earlier send (409).
 * - `refused`: final for this customer, no effect on others (`client_error`: the one that a batch was refused for).
 * - `retry`: to be tried again; `retryAfterMs` is what the receiver asked for (unclamped, null without).
 *   `isInDoubt` when this send, or one before it, may have been acted on although no answer is known.
 * - `stop`: final for this customer, and it counts towards stopping a `chunk` or stops the `webhook`.
 * - `local`: our own trouble; the same attempt again later, the run pauses.
 */
export type Outcome =
  | { readonly kind: 'sent'; readonly alreadyAccepted: boolean; readonly words: ReceiverWords }
  | {
      readonly kind: 'refused'
      readonly reason: 'refused' | 'conflict' | 'client_error'
      readonly words: ReceiverWords
    }
  | {
      readonly kind: 'retry'
      readonly cause: RetryCause
      readonly retryAfterMs: number | null
      readonly isInDoubt: boolean
      /** A connection was refused, lost or never made: counted by the `connection` rule. An HTTP answer is its opposite. */
      readonly isConnectionIssue: boolean
      readonly message: string | null
    }
  | {
      readonly kind: 'stop'
      readonly scope: 'chunk' | 'webhook'
      readonly reason: 'client_error' | 'hard_stop' | 'redirect' | 'tls' | 'blocked' | 'proxy'
      readonly words: ReceiverWords
    }
  | { readonly kind: 'local'; readonly message: string }
