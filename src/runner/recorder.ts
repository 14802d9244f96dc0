import type { Campaign } from '../campaign/campaign.ts'
import type { DeliveryReport } from '../campaign/delivery.ts'
import type { Outcome, ReceiverWords } from '../campaign/outcome.ts'
import type { FailedReason } from '../campaign/result.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { countUp, recordLatency, type RunNumbers } from '../ledger/numbers.ts'
import type { Timeline } from '../ledger/timeline.ts'
import type { ChunkRow, ResultRow, WaitingRow } from '../ledger/rows.ts'
import { finalReason, nextAttempt, type StopDecision, type StopRules } from '../policy/policy.ts'
import { Samples } from './samples.ts'

/** A change to the ledger, made when the group it belongs to is committed. */
export type Change = (ledger: Ledger) => void

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
}

/** What the coordinator knows about a report besides the report. */
export interface RecordedDelivery {
  readonly chunk: number
  readonly lentAt: number
  /** What the ledger knew before this attempt; null for a first one. */
  readonly waiting: WaitingRow | null
  /** False when the attempt does not count: a failed probe, or trouble of our own. */
  readonly isAttemptSpent: boolean
  /** When an attempt that did not count comes again, epoch ms. */
  readonly againAt: number
}

const NO_WORDS: ReceiverWords = { errorCode: null, resultCode: null, resultStatus: null, message: null }

/**
 * Turns what senders report into the ledger's rows and the run's numbers, in the order of recording.
 *
 * Nothing is written here: the changes gathered since the last `take` go into one commit.
 */
export class Recorder {
  readonly #options: RecorderOptions
  /** Customers with a final row, of chunks that are not done: as committed, and since the last commit. */
  readonly #ended: Map<number, number>
  readonly #endedByChunk = new Map<number, number>()
  readonly #samples: Samples
  #changes: Change[] = []

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#samples = new Samples(options.sampleCounts)
    this.#ended = new Map(options.chunks.map(({ chunk, ended }) => [chunk, ended]))
  }

  /** The last answers that were not `sent`: what a stop shows as its samples. */
  get samples(): readonly string[] {
    return this.#samples.recent
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

  /** The report with the last word on its outcome: only here is known whether any call of the run has succeeded. */
  settle(report: DeliveryReport): DeliveryReport {
    const { verdict } = report
    if (verdict.kind !== 'called') return report
    const outcome = this.#options.rules.settle(verdict.outcome)
    return outcome === verdict.outcome ? report : { ...report, verdict: { kind: 'called', outcome } }
  }

  /** Takes a settled report. */
  record(report: DeliveryReport, delivery: RecordedDelivery): readonly StopDecision[] {
    const { verdict } = report
    const { rules } = this.#options
    const calls = this.#countAttempt(report, delivery)
    this.#samples.keep(report, (change) => this.#changes.push(change))
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

  /** Ends a delivery that nobody reports on: lost with its sender too often, or too old to be sent again. */
  giveUp(
    waiting: WaitingRow,
    {
      reason,
      message,
      customerId,
    }: { reason: Extract<FailedReason, 'crash' | 'unknown'>; message: string; customerId: string },
  ): void {
    const { seq, chunk, attempt, calls, httpStatus } = waiting
    const delivery = { chunk, waiting, lentAt: waiting.dueAt, isAttemptSpent: true, againAt: 0 }
    const report = { seq, customerId, attempt, httpStatus, latencyMs: null, properties: null }
    this.#end(report, delivery, { status: 'failed', reason, calls, words: { ...NO_WORDS, message }, isInDoubt: true })
  }

  #recordOutcome(
    report: DeliveryReport,
    delivery: RecordedDelivery,
    { outcome, calls }: { readonly outcome: Outcome; readonly calls: number },
  ): boolean {
    const wasInDoubt = isDoubtful(report, delivery)
    switch (outcome.kind) {
      case 'sent':
        if (outcome.alreadyAccepted) this.#options.numbers.alreadyAccepted++
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
    { chunk, waiting, lentAt }: RecordedDelivery,
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
      customerId: report.customerId,
    }
    this.#changes.push((ledger) => ledger.putWaiting(row))
  }

  #end(
    report: Pick<DeliveryReport, 'seq' | 'customerId' | 'httpStatus' | 'properties'> & {
      readonly latencyMs: number | null
    },
    { chunk, waiting }: RecordedDelivery,
    end: Pick<ResultRow, 'status' | 'reason' | 'isInDoubt'> & { readonly calls: number; readonly words: ReceiverWords },
  ): void {
    const { numbers, clock } = this.#options
    numbers[end.status]++
    if (end.status === 'failed') countUp(numbers.failures, String(end.reason))
    if (end.isInDoubt) numbers.inDoubt++
    this.#endedByChunk.set(chunk, (this.#endedByChunk.get(chunk) ?? 0) + 1)
    const row: ResultRow = {
      chunk,
      seq: report.seq,
      customerId: report.customerId,
      status: end.status,
      reason: end.reason,
      attempts: end.calls,
      httpStatus: report.httpStatus,
      ...end.words,
      isInDoubt: end.isInDoubt,
      latencyMs: report.httpStatus === null ? null : report.latencyMs,
      occurredAt: clock.now(),
      properties: report.properties,
    }
    const isWaiting = waiting !== null
    this.#changes.push((ledger) => {
      ledger.putResult(row)
      if (isWaiting) ledger.removeWaiting(row.seq)
    })
  }

  /** Counts the call of an attempt, if one was made, and says how many this delivery has had. */
  #countAttempt(report: DeliveryReport, { waiting }: RecordedDelivery): number {
    const { numbers, campaign, timeline, clock } = this.#options
    const before = waiting?.calls ?? 0
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

/** An earlier send of this request may have been acted on, as far as anybody knows. */
function isDoubtful({ hadInstantRetry, isKept }: DeliveryReport, { waiting }: RecordedDelivery): boolean {
  return hadInstantRetry || isKept || waiting?.doubtAt != null
}
