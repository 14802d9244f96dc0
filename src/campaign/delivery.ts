import type { Method } from './campaign.ts'
import type { FailedReason, SuppressedReason } from './result.ts'
import type { Outcome, ReceiverWords } from './outcome.ts'

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

/** A delivery of a slice that is a batch, or a part of one that was halved. */
export interface BatchNote {
  /** Of its first row. */
  readonly seq: number
  readonly count: number
  /** Which part of its batch: empty for a whole one, `0` and `1` for its halves, `00` … for theirs. */
  readonly path: string
  /** `seq` of the first row of the whole batch: the request id is made from it. */
  readonly root: number
  /** Rows that have their result already: they were left out of the request, and stay so. */
  readonly done: readonly number[]
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
  /** Which rows go together, a note for each delivery; null when every row is a delivery. */
  readonly batches: readonly BatchNote[] | null
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
export type Verdict = { readonly kind: 'called'; readonly outcome: Outcome } | Decision

/** What becomes of a customer without any call. */
export type Decision =
  | {
      readonly kind: 'failed'
      readonly reason: Extract<FailedReason, 'render' | 'row' | 'changed' | 'crash'>
      readonly message: string
    }
  | { readonly kind: 'suppressed'; readonly reason: SuppressedReason; readonly message: string | null }

/** `seq` of the deliveries of a slice, in its order. */
export function deliveriesOf({ batches, notes, firstSeq, count }: Slice): number[] {
  if (batches !== null) return batches.map(({ seq }) => seq)
  return notes?.map(({ seq }) => seq) ?? Array.from({ length: count }, (_, i) => firstSeq + i)
}

/** What an answer says about one customer of a batch. */
export interface ItemOutcome {
  readonly status: 'sent' | 'failed'
  readonly words: ReceiverWords
}

/** What became of the customers of a batch. */
export interface BatchReport {
  readonly requestId: string
  /** Those in the request, in its order: the verdict is about them. Empty when nobody was left, and nothing was sent. */
  readonly members: readonly {
    readonly seq: number
    readonly customerId: string
    /** Null: what the whole answer means. */
    readonly item: ItemOutcome | null
    readonly properties: string | null
  }[]
  /** Those who were left out of it. */
  readonly leftOut: readonly { readonly seq: number; readonly customerId: string; readonly decision: Decision }[]
  /** It was refused, and halving may find out for whom. */
  readonly isToBeSplit: boolean
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

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
  /** Absent when the delivery is one customer's. */
  readonly batch?: BatchReport
  /** Only of a rehearsal or a test. */
  readonly trial?: Trial
}

/** What somebody who tries a campaign wants to see of a delivery, and a run has no use for. */
export interface Trial {
  readonly bodyBytes: number
  /** Of the first request that a sender makes: all of it, secrets included, and what came back. Null for the others. */
  readonly exchange: Exchange | null
  /** Of the first requests of a rehearsal: where the body prints otherwise than plain Jinja2 does. */
  readonly differences: readonly PlainDifference[]
}

/** A placeholder of a template that prints otherwise than plain Jinja2 does, and both. */
export interface PlainDifference {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly printed: string
  readonly plain: string
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
