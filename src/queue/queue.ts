import type { DeliveryReport, Slice } from '../campaign/delivery.ts'
import type { QueueError } from '../errors.ts'

/** How far senders may go: the coordinator's word, split into shares whose sum is never above `concurrency`. */
export interface Gate {
  /** Requests that may be in flight over all senders; 0 starts nothing. */
  readonly concurrency: number
  /** How many calls may still start under this gate, a probe's one; null without such a limit. */
  readonly starts: number | null
  /** Starts a second over all senders; null without such a ceiling. */
  readonly perSecond: number | null
  /** Counted up at each halving: an attempt is marked with the round that it began in. */
  readonly round: number
}

export interface QueueEvents {
  /** Finished deliveries, in the order in which a sender saw them; at least every 20 ms while there are any, or 30 ms from another machine. */
  onReports(sliceId: number, reports: readonly DeliveryReport[]): void
  /** The last delivery of a slice has been started: the chunk after it may begin. */
  onSliceStarted(sliceId: number): void
  /** Every row of the slice is accounted for: reported, or listed here as never started. */
  onSliceEnded(sliceId: number, notStarted: readonly number[]): void
  /** The sender of this slice is gone; what it had not reported is in doubt. `last` is the row of a careful slice that it announced last. */
  onSliceLost(sliceId: number, last: Announced | null): void
  /** A sender saw what may stop more than its own delivery and starts nothing more of it until `stop` or `dismissAlarm`. Its reports come first. */
  onAlarm(alarm: Alarm): void
  /** There is room for at least one slice. */
  onRoom(): void
  /** `inFlight` has changed without a report: calls are on their way, and no answer comes. */
  onInFlight(): void
  /** Senders cannot be kept: nothing more can be sent from here. */
  onTrouble(error: QueueError): void
}

/** How far a sender has come in a careful slice: rows after this one have not been reached. */
export interface Announced {
  readonly seq: number
  /** It said so before it rendered the row, and has not said since that this is done. */
  readonly isRendering: boolean
  /** Whose template that is: of a batch one of its rows, or null for all of them together. */
  readonly row: number | null
}

/** What a sender saw: an answer that stops the webhook or a chunk, a row of failed connections, or trouble of our own. */
export type Alarm =
  | { readonly kind: 'webhook' | 'connection' | 'local' }
  | { readonly kind: 'chunk'; readonly chunk: number }

/**
 * Between the coordinator and its senders. Two implementations, one contract (`test/conformance/queue.ts`).
 *
 * The queue carries work and never truth: what it loses, the ledger knows to be in doubt.
 */
export interface Queue extends AsyncDisposable {
  start(): Promise<void>
  /** Senders there are now. */
  readonly size: number
  /** Rows in a slice at most: as many as make its way to a sender cheap against the calls. */
  readonly sliceRows: number
  /** Slices that can be lent now without waiting in line behind more than one other. */
  room(): number
  /** The caller has written down that it is lent, durably. */
  lend(slice: Slice): void
  /** Starts that may happen from now on are bounded by `gate`; a raise happens only after lowered shares were acknowledged. */
  setGate(gate: Gate): void
  /** Answers an alarm that stops nothing after all: whoever raised one goes on. */
  dismissAlarm(): void
  /** Nothing of that chunk (or of anything) is started any more; resolves when every sender has acknowledged it. */
  stop(scope: { readonly chunk: number } | 'all'): Promise<void>
  /** Calls that may be in flight by the last shares that were told, or are not acknowledged as lowered yet. */
  mostInFlight(): number
  /** Calls in flight over all senders, as last reported. */
  inFlight(): number
}
