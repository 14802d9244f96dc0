import type { Method } from './campaign.ts'
import type { FailedReason, SuppressedReason } from './result.ts'
import type { Outcome } from './outcome.ts'

/** What a sender is told about a row of a slice beyond the row itself. */
export interface DeliveryNote {
  /** The row's place in the whole run, from 0. */
  readonly seq: number
  /** 1-based: which attempt comes now. */
  readonly attempt: number
  /** An earlier send of this request may have been acted on although no answer is known. */
  readonly isInDoubt: boolean
  /** SHA-256 (base64url) of the request that the last attempt sent; a retry that differs is not sent. Null on a first attempt. */
  readonly digest: string | null
}

/**
 * The unit lent to a sender: rows of one chunk, as their bytes lie in the spool (one line each).
 *
 * `notes` is null when every row is on its first attempt; then row i is `firstSeq + i`.
 */
export interface Slice {
  readonly id: number
  readonly chunk: number
  /** When the chunk started, epoch ms: what `time` is in its templates, also on a retry. */
  readonly chunkStartedAt: number
  readonly firstSeq: number
  readonly count: number
  readonly lines: Uint8Array
  readonly notes: readonly DeliveryNote[] | null
  /** Client errors recorded in this chunk so far: a sender that sees the one too many stops at once. */
  readonly clientErrors: number
  /** Render one row at a time and announce it first: a process died over these rows, and the culprit has to be found. */
  readonly isCareful: boolean
}

/**
 * What became of one delivery in a sender's hands.
 *
 * - `called`: a call was made and this is what its answer means.
 * - `failed`, `suppressed`: decided before any call (template, row, changed bytes).
 */
export type Verdict =
  | { readonly kind: 'called'; readonly outcome: Outcome }
  | {
      readonly kind: 'failed'
      readonly reason: Extract<FailedReason, 'render' | 'row' | 'changed' | 'crash'>
      readonly message: string
    }
  | { readonly kind: 'suppressed'; readonly reason: SuppressedReason; readonly message: string | null }

export interface DeliveryReport {
  readonly seq: number
  readonly customerId: string
  readonly attempt: number
  readonly verdict: Verdict
  /** Null when no HTTP answer came. */
  readonly httpStatus: number | null
  /** What the attempt counts as in the report's `codes`; null when no call was made. */
  readonly code: string | null
  /** From dispatch to the last byte, in milliseconds. */
  readonly latencyMs: number
  /** The gate's round when the call began: pressure halves once per round. */
  readonly round: number
  readonly hadInstantRetry: boolean
  /** It repeats a request of an earlier run that may have been acted on: a replay keeps the key of what ended in doubt. */
  readonly isKept: boolean
  /** Set on a retry outcome: what the next attempt must equal. */
  readonly digest: string | null
  /** Rendered `event_properties`, JSON text; null without. */
  readonly properties: string | null
  /** Up to 1 KiB of an answer that was not `sent`, secrets masked; null otherwise. */
  readonly sample: string | null
  readonly warning: string | null
  /** Only of a rehearsal or a test. */
  readonly trial?: Trial
}

/** What somebody who tries a campaign wants to see of a delivery, and a run has no use for. */
export interface Trial {
  readonly bodyBytes: number
  /** Of the first request that a sender makes: all of it, secrets included, and what came back. Null for the others. */
  readonly exchange: Exchange | null
}

export interface Exchange {
  readonly request: {
    readonly method: Method
    readonly path: string
    /** Flat: name, value, name, value… */
    readonly headers: readonly string[]
    readonly body: string | null
  }
  /** Secrets masked; null when no answer came, or nothing was sent. */
  readonly answer: {
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly isTruncated: boolean
  } | null
}
