import type { Campaign } from '../campaign/campaign.ts'
import type { DeliveryReport } from '../campaign/delivery.ts'
import type { ReceiverWords } from '../campaign/outcome.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { countUp, recordLatency, type RunNumbers } from '../ledger/numbers.ts'
import type { ChunkRow, ResultRow } from '../ledger/rows.ts'
import type { Timeline } from '../ledger/timeline.ts'
import type { StopRules } from '../policy/policy.ts'

/** A change to the ledger, made when the group it belongs to is committed. */
export type Change = (ledger: Ledger) => void

export interface ResultBookOptions {
  readonly campaign: Campaign
  readonly numbers: RunNumbers
  readonly timeline: Timeline
  readonly rules: StopRules
  readonly clock: Clock
  /** The chunks that have begun. */
  readonly chunks: readonly ChunkRow[]
}

/** A customer who gets a final row, and the answer that decided it. */
export type EndedCustomer = Pick<DeliveryReport, 'seq' | 'customerId' | 'httpStatus' | 'properties'> & {
  readonly chunk: number
  readonly latencyMs: number | null
}

export type End = Pick<ResultRow, 'status' | 'reason' | 'isInDoubt'> & {
  readonly calls: number
  readonly words: ReceiverWords
}

export const NO_WORDS: ReceiverWords = { errorCode: null, resultCode: null, resultStatus: null, message: null }

/**
 * The run's numbers, and the changes to its ledger that belong to them.
 *
 * Nothing is written here: the changes gathered since the last `take` go into one commit.
 */
export class ResultBook {
  readonly #options: ResultBookOptions
  /** Customers with a final row, of chunks that are not done: as committed, and since the last commit. */
  readonly #ended: Map<number, number>
  readonly #endedByChunk = new Map<number, number>()
  #changes: Change[] = []

  constructor(options: ResultBookOptions) {
    this.#options = options
    this.#ended = new Map(options.chunks.map(({ chunk, ended }) => [chunk, ended]))
  }

  /** Customers with a result. */
  get ended(): number {
    const { sent, failed, suppressed } = this.#options.numbers
    return sent + failed + suppressed
  }

  /** Customers of a chunk with a result; null when that is all of them, or nothing has begun. */
  endedIn(chunk: number): number | null {
    const committed = this.#ended.get(chunk)
    const since = this.#endedByChunk.get(chunk)
    return committed === undefined && since === undefined ? null : (committed ?? 0) + (since ?? 0)
  }

  get hasChanges(): boolean {
    return this.#changes.length > 0
  }

  add(change: Change): void {
    this.#changes.push(change)
  }

  /** The changes since the last call, ready for one commit; empty when there are none. */
  take(): readonly Change[] {
    for (const [chunk, ended] of this.#endedByChunk) {
      this.#changes.push((ledger) => ledger.countEnded(chunk, ended))
      const total = (this.#ended.get(chunk) ?? 0) + ended
      this.#ended.set(chunk, total)
      // The rules need nothing of a chunk that is done: with many chunks their state would grow with each.
      if (total === this.#options.campaign.chunkSize) {
        this.#options.rules.endChunk(chunk)
        this.#ended.delete(chunk)
      }
    }
    this.#endedByChunk.clear()
    const timeline = this.#options.timeline.take()
    if (timeline !== null) this.#changes.push((ledger) => ledger.saveTimeline(timeline))
    const changes = this.#changes
    this.#changes = []
    return changes
  }

  /** Counts a customer's end, and gives the final row. */
  end({ chunk, seq, customerId, httpStatus, latencyMs, properties }: EndedCustomer, end: End): ResultRow {
    const { numbers, clock } = this.#options
    numbers[end.status]++
    if (end.status === 'failed') countUp(numbers.failures, String(end.reason))
    if (end.isInDoubt) numbers.inDoubt++
    this.#endedByChunk.set(chunk, (this.#endedByChunk.get(chunk) ?? 0) + 1)
    return {
      chunk,
      seq,
      customerId,
      status: end.status,
      reason: end.reason,
      attempts: end.calls,
      httpStatus,
      ...end.words,
      isInDoubt: end.isInDoubt,
      latencyMs: httpStatus === null ? null : latencyMs,
      occurredAt: clock.now(),
      properties,
    }
  }

  /** Counts the call of an attempt, if one was made, and says how many its delivery has had; `before` it there were so many. */
  countAttempt(report: DeliveryReport, before: number): number {
    const { numbers, campaign, timeline, clock } = this.#options
    if (report.warning !== null) this.warn('event_properties', report.warning)
    if (report.hadInstantRetry) numbers.instantRetries++
    if (report.code === null) return before
    numbers.attempts++
    if (before === 0) numbers.deliveries++
    countUp(numbers.codes, report.code)
    timeline.record(clock.now(), report)
    if (report.httpStatus !== null) recordLatency(numbers, report.latencyMs)
    if (Object.hasOwn(campaign.webhook.answers, report.code)) countUp(numbers.answersOverridden, report.code)
    return before + 1
  }

  /** Counts a warning; the first message of a code is the one that is shown. */
  warn(code: string, message: string): void {
    const { warnings } = this.#options.numbers
    const at = warnings.findIndex((warning) => warning.code === code)
    const known = warnings[at]
    if (known === undefined) warnings.push({ code, message, count: 1 })
    else warnings[at] = { ...known, count: known.count + 1 }
  }
}
