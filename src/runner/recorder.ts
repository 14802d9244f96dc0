import type { Campaign } from '../campaign/campaign.ts'
import type { BatchNote, BatchReport, DeliveryReport } from '../campaign/delivery.ts'
import type { Outcome } from '../campaign/outcome.ts'
import type { FailedReason } from '../campaign/result.ts'
import type { Clock } from '../clock.ts'
import type { RunNumbers } from '../ledger/numbers.ts'
import type { ChunkRow, WaitingBatch, WaitingRow } from '../ledger/rows.ts'
import type { Timeline } from '../ledger/timeline.ts'
import { finalReason, nextAttempt, type StopDecision, type StopRules } from '../policy/policy.ts'
import type { EndedAttempt } from '../telemetry.ts'
import { BatchRecorder } from './batch-recorder.ts'
import { endedAttemptFrom } from './ended-attempt.ts'
import { NO_WORDS, ResultBook, type Change, type End } from './result-book.ts'
import type { RowBook } from './row-book.ts'
import { Samples } from './samples.ts'
import { Splits } from './splits.ts'

export interface RecorderOptions {
  readonly campaign: Campaign
  readonly numbers: RunNumbers
  readonly timeline: Timeline
  readonly rules: StopRules
  readonly clock: Clock
  /** Uniform in [0, 1): the jitter of waits. */
  readonly random: () => number
  readonly sampleCounts: Map<string, number>
  /** The chunks that have begun. */
  readonly chunks: readonly ChunkRow[]
  readonly rows: RowBook
  /** Told of every call that ended. */
  readonly onAttempt?: ((attempt: EndedAttempt) => void) | undefined
}

/** What the coordinator knows about a report besides the report. */
export interface RecordedDelivery {
  readonly chunk: number
  readonly lentAt: number
  /** What the ledger knew before this attempt; null for a first one. */
  readonly waiting: WaitingRow | null
  /** Null when it is one customer's. */
  readonly note: BatchNote | null
  /** False when the attempt does not count: a failed probe, or trouble of our own. */
  readonly isAttemptSpent: boolean
  /** When an attempt that did not count comes again, epoch ms. */
  readonly againAt: number
}

/**
 * Turns what senders report into the ledger's rows and the run's numbers, in the order of recording.
 *
 * Nothing is written here: the changes gathered since the last `take` go into one commit.
 */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #book: ResultBook
  readonly #samples: Samples
  readonly #batches: BatchRecorder | null

  constructor(options: RecorderOptions) {
    this.#options = options
    const { rows } = options
    this.#book = new ResultBook(options)
    this.#samples = new Samples(options.sampleCounts)
    this.#batches =
      rows.batches === null
        ? null
        : new BatchRecorder({ ...options, book: this.#book, splits: new Splits(rows.halves()) })
  }

  /** The last answers that were not `sent`: what a stop shows as its samples. */
  get samples(): readonly string[] {
    return this.#samples.recent
  }

  /** Customers with a result. */
  get ended(): number {
    return this.#book.ended
  }

  /** Customers of a chunk with a result; null when that is all of them, or nothing has begun. */
  endedIn(chunk: number): number | null {
    return this.#book.endedIn(chunk)
  }

  /** There is something for the next commit. */
  get hasChanges(): boolean {
    return this.#book.hasChanges
  }

  add(change: Change): void {
    this.#book.add(change)
  }

  /** The changes since the last call, ready for one commit; empty when there are none. */
  take(): readonly Change[] {
    return this.#book.take()
  }

  /** Counts a warning; the first message of a code is the one that is shown. */
  warn(code: string, message: string): void {
    this.#book.warn(code, message)
  }

  /** The report with the last word on its outcome: only here is known whether any call of the run has succeeded. */
  settle(report: DeliveryReport): DeliveryReport {
    const { verdict } = report
    if (verdict.kind !== 'called') return report
    const outcome = this.#options.rules.settle(verdict.outcome)
    return outcome === verdict.outcome ? report : { ...report, verdict: { kind: 'called', outcome } }
  }

  /** Takes a settled report. */
  record(report: DeliveryReport, delivery: RecordedDelivery): readonly StopDecision[] {
    const { verdict, batch } = report
    const { rules, onAttempt } = this.#options
    const ended = onAttempt === undefined ? null : endedAttemptFrom(report, delivery.chunk)
    if (ended !== null) onAttempt?.(ended)
    const calls = this.#book.countAttempt(report, delivery.waiting?.calls ?? 0)
    this.#samples.keep(report, (change) => this.#book.add(change))
    if (batch !== undefined) return this.#recordBatch(report, batch, { ...delivery, calls })
    if (verdict.kind !== 'called') {
      const { reason, message } = verdict
      const status = verdict.kind === 'failed' ? 'failed' : 'suppressed'
      this.#end(report, delivery, {
        status,
        reason,
        calls,
        words: { ...NO_WORDS, message },
        isInDoubt: delivery.waiting?.doubtAt != null,
      })
      return rules.record({ ...report, chunk: delivery.chunk, isOutOfRetries: false })
    }
    const { outcome } = verdict
    const isOutOfRetries = this.#recordOutcome(report, delivery, { outcome, calls })
    if (!delivery.isAttemptSpent) return []
    return rules.record({ ...report, chunk: delivery.chunk, isOutOfRetries })
  }

  #recordBatch(
    report: DeliveryReport,
    batch: BatchReport,
    delivery: RecordedDelivery & { readonly calls: number },
  ): readonly StopDecision[] {
    const { chunk, note, waiting, calls } = delivery
    const batches = this.#batches
    if (batches === null || note === null) throw new TypeError('expected a report on one customer, got a batch')
    const recorded = { chunk, note, waiting, calls, isInDoubt: isDoubtful(report, delivery) }
    const decisions = batches.recordLeftOut(report, batch, recorded)
    const { verdict } = report
    if (verdict.kind !== 'called') return [...decisions, ...batches.recordDecision(report, batch, recorded)]
    if (batches.isToBeSplit(batch, note)) return [...decisions, ...batches.recordRefusal(report, batch, recorded)]
    const isOutOfRetries = this.#recordOutcome(report, delivery, { outcome: verdict.outcome, calls })
    if (!delivery.isAttemptSpent) return decisions
    return [...decisions, ...this.#options.rules.record({ ...report, chunk, isBatch: true, isOutOfRetries })]
  }

  /** Ends a delivery that nobody reports on: lost with its sender too often, or too old to be sent again. */
  giveUp(
    waiting: WaitingRow,
    {
      reason,
      message,
      customerId,
    }: { reason: Extract<FailedReason, 'crash' | 'unknown'>; message: string; customerId: string },
  ): void {
    const { seq, chunk, attempt, calls, httpStatus, batch } = waiting
    if (batch !== null) return this.#batches!.giveUp(waiting, batch, { reason, message })
    const delivery = { chunk, waiting, note: null, lentAt: waiting.dueAt, isAttemptSpent: true, againAt: 0 }
    const report = { seq, customerId, attempt, httpStatus, latencyMs: null, properties: null }
    this.#end(report, delivery, { status: 'failed', reason, calls, words: { ...NO_WORDS, message }, isInDoubt: true })
  }

  /** Ends one customer of a batch that died with its sender, and puts the others back in line; false when there are none. */
  leaveOut(waiting: WaitingRow, culprit: { readonly seq: number; readonly message: string }): boolean {
    const { batch } = waiting
    return batch !== null && batch.customers > 1 && this.#batches!.leaveOut(waiting, batch, culprit)
  }

  #recordOutcome(
    report: DeliveryReport,
    delivery: RecordedDelivery,
    { outcome, calls }: { readonly outcome: Outcome; readonly calls: number },
  ): boolean {
    const wasInDoubt = isDoubtful(report, delivery)
    switch (outcome.kind) {
      case 'sent':
        if (outcome.alreadyAccepted) this.#options.numbers.alreadyAccepted += report.batch?.members.length ?? 1
        this.#end(report, delivery, { status: 'sent', reason: null, calls, words: outcome.words, isInDoubt: false })
        return false
      case 'refused':
      case 'stop':
        this.#end(report, delivery, {
          status: 'failed',
          reason: outcome.reason,
          calls,
          words: outcome.words,
          isInDoubt: wasInDoubt,
        })
        return false
      case 'local':
        this.#wait(report, delivery, {
          calls,
          attempt: report.attempt,
          dueAt: delivery.againAt,
          isInDoubt: false,
          message: null,
        })
        return false
      case 'retry':
        return this.#recordRetry(report, delivery, { outcome, calls })
    }
  }

  #recordRetry(
    report: DeliveryReport,
    delivery: RecordedDelivery,
    { outcome, calls }: { readonly outcome: Extract<Outcome, { kind: 'retry' }>; readonly calls: number },
  ): boolean {
    const { campaign, clock, random } = this.#options
    const { isInDoubt, message } = outcome
    if (!delivery.isAttemptSpent) {
      this.#wait(report, delivery, { calls, attempt: report.attempt, dueAt: delivery.againAt, isInDoubt, message })
      return false
    }
    const rules = campaign.webhook.retry
    const next = nextAttempt({ outcome, attempt: report.attempt, endedAt: clock.now(), rules, random })
    if (next !== null) {
      this.#wait(report, delivery, { calls, attempt: report.attempt + 1, dueAt: next.dueAt, isInDoubt, message })
      return false
    }
    const wasInDoubt = isInDoubt || isDoubtful(report, delivery)
    const words = { ...NO_WORDS, message }
    this.#end(report, delivery, { status: 'failed', reason: finalReason(outcome), calls, words, isInDoubt: wasInDoubt })
    return true
  }

  #wait(
    report: DeliveryReport,
    { chunk, waiting, lentAt, note }: RecordedDelivery,
    next: { calls: number; attempt: number; dueAt: number; isInDoubt: boolean; message: string | null },
  ): void {
    const isInDoubt = next.isInDoubt || report.hadInstantRetry || report.isKept
    const row: WaitingRow = {
      seq: report.seq,
      chunk,
      attempt: next.attempt,
      dueAt: next.dueAt,
      isLent: false,
      doubtAt: waiting?.doubtAt ?? (isInDoubt ? lentAt : null),
      restarts: waiting?.restarts ?? 0,
      digest: report.digest ?? waiting?.digest ?? null,
      calls: next.calls,
      httpStatus: report.httpStatus,
      code: report.code,
      message: next.message,
      customerId: note === null ? report.customerId : null,
      batch:
        note === null ? null : waitingBatchFrom(note, report.batch?.members.length ?? note.count - note.done.length),
    }
    this.#book.add((ledger) => ledger.putWaiting(row))
  }

  #end(
    report: Pick<DeliveryReport, 'seq' | 'customerId' | 'httpStatus' | 'properties' | 'batch'> & {
      readonly latencyMs: number | null
    },
    { chunk, waiting, note }: RecordedDelivery,
    end: End,
  ): void {
    if (report.batch !== undefined && note !== null) {
      const recorded = { chunk, note, waiting, calls: end.calls, isInDoubt: end.isInDoubt, end }
      return this.#batches!.recordEnd(report, report.batch, recorded)
    }
    const { seq, customerId, httpStatus, latencyMs, properties } = report
    const row = this.#book.end({ chunk, seq, customerId, httpStatus, latencyMs, properties }, end)
    const isWaiting = waiting !== null
    this.#book.add((ledger) => {
      ledger.putResult(row)
      if (isWaiting) ledger.removeWaiting(row.seq)
    })
  }
}

function waitingBatchFrom({ count, root, path }: BatchNote, customers: number): WaitingBatch {
  return { count, customers, root, path, isHeld: false, errorCode: null }
}

/** An earlier send of this request may have been acted on, as far as anybody knows. */
function isDoubtful({ hadInstantRetry, isKept }: DeliveryReport, { waiting }: RecordedDelivery): boolean {
  return hadInstantRetry || isKept || waiting?.doubtAt != null
}
