import type { Campaign } from '../campaign/campaign.ts'
import type { BatchNote, DeliveryReport } from '../campaign/delivery.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LentRow, WaitingRow } from '../ledger/rows.ts'
import { Timeline } from '../ledger/timeline.ts'
import { StopRules, type StopState } from '../policy/policy.ts'
import { Recorder, type RecordedDelivery } from './recorder.ts'
import type { RowBook } from './row-book.ts'
import { Stops } from './stops.ts'

type Known = Pick<RecordedDelivery, 'chunk' | 'lentAt' | 'waiting' | 'note'>

export interface LateOptions {
  readonly campaign: Campaign
  readonly rows: RowBook
  readonly clock: Clock
  readonly random: () => number
}

/**
 * Records what senders elsewhere reported while nobody listened, as the dead coordinator would have done.
 *
 * What it had recorded itself before it died is passed over: it is told a second time.
 */
export function recordLate(ledger: Ledger, reports: readonly DeliveryReport[], options: LateOptions): void {
  if (reports.length === 0) return
  const { campaign, clock, rows } = options
  const { numbers, event } = ledger.run()
  const policy = numbers.policy as StopState | null
  const rules = new StopRules(campaign.webhook.abort, policy, { perWebhook: event !== null })
  const timeline = new Timeline(ledger.intervals())
  const sampleCounts = ledger.sampleCounts()
  const recorder = new Recorder({ ...options, numbers, timeline, rules, sampleCounts, chunks: ledger.chunks() })
  const stops = new Stops(ledger)
  const lent = ledger.lent()
  const waiting = new Map(ledger.lentWaiting().map((row) => [row.seq, row]))
  const recorded = new Set<number>()
  for (const told of reports) {
    if (recorded.has(told.seq)) continue
    const known = knownOf(told, waiting.get(told.seq) ?? null, { ledger, lent, rows })
    if (known === null) continue
    recorded.add(told.seq)
    const report = recorder.settle(told)
    const decisions = recorder.record(report, { ...known, isAttemptSpent: true, againAt: clock.now() })
    for (const decision of decisions) stops.apply(decision, { campaign, clock, recorder })
  }
  numbers.policy = rules.state
  const changes = recorder.take()
  ledger.commit(() => {
    for (const change of changes) change(ledger)
    ledger.saveNumbers(numbers)
  })
}

/** What the ledger knows of a delivery that it has lent and heard nothing of; null when it is another, or not lent any more. */
function knownOf(
  { seq, attempt }: DeliveryReport,
  waiting: WaitingRow | null,
  { ledger, lent, rows }: { ledger: Ledger; lent: readonly LentRow[]; rows: RowBook },
): Known | null {
  if (waiting !== null) {
    if (waiting.attempt !== attempt) return null
    const { chunk, batch } = waiting
    const note = batch === null ? null : { seq, ...batch, done: ledger.endedSeqs(chunk, seq, batch.count) }
    return { chunk, lentAt: waiting.dueAt, waiting, note }
  }
  const slice = lent.find(({ firstSeq, count }) => firstSeq <= seq && seq < firstSeq + count)
  if (slice === undefined || attempt !== 1) return null
  const { chunk, lentAt, firstSeq } = slice
  const note = rows.batches === null ? null : firstBatchAt(seq, firstSeq + slice.count, rows.batches)
  if (!ledger.isUntouched(chunk, seq, note?.count ?? 1)) return null
  return { chunk, lentAt, waiting: null, note }
}

function firstBatchAt(seq: number, end: number, batches: NonNullable<RowBook['batches']>): BatchNote {
  return { seq, count: batches.cut(seq, end).count, path: '', root: seq, done: [] }
}
