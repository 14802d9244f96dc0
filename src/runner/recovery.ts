import type { Campaign } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LentRow, WaitingRow } from '../ledger/rows.ts'
import { Timeline } from '../ledger/timeline.ts'
import { longestWaitMs, StopRules, type StopState } from '../policy/policy.ts'
import type { Announced } from '../queue/queue.ts'
import type { OpenSlice } from './feeder.ts'
import { Recorder } from './recorder.ts'
import type { RowBook } from './row-book.ts'
import { Stops } from './stops.ts'

/** Sends of one delivery that may die with their process before it is given up (campaigns: "at most 3 times"). */
export const RESTART_LIMIT = 3
/** A row that was being rendered when a process died, after so many had died over it before, is what they died of. */
const CULPRIT_DEATHS = 2

export interface RecoveryOptions {
  readonly recorder: Recorder
  readonly now: number
  readonly isGivenUp: (chunk: number) => boolean
  readonly rows: RowBook
}

/** A delivery of a lost slice, as if it had been waiting: a first attempt that may or may not have been made. */
function firstAttempt(
  { chunk, lentAt }: Pick<OpenSlice, 'chunk' | 'lentAt'>,
  seq: number,
  count: number | null,
): WaitingRow {
  return {
    seq,
    chunk,
    attempt: 1,
    dueAt: lentAt,
    isLent: false,
    doubtAt: lentAt,
    restarts: 0,
    digest: null,
    calls: 0,
    httpStatus: null,
    code: null,
    message: null,
    customerId: null,
    batch: count === null ? null : { count, customers: count, root: seq, path: '', isHeld: false, errorCode: null },
  }
}

/**
 * Puts everything that a dead coordinator's senders held back in line: it is in doubt and comes first, under the
 * same attempt number. In a stopped chunk it is not sent again. Then the stops of a run that had ended are lifted.
 */
export function recoverRun(
  ledger: Ledger,
  { campaign, rows, clock }: { campaign: Campaign; rows: RowBook; clock: Clock },
): void {
  const { numbers, state, event } = ledger.run()
  const policy = numbers.policy as StopState | null
  const rules = new StopRules(campaign.webhook.abort, policy, { perWebhook: event !== null })
  const recorder = new Recorder({
    campaign,
    numbers,
    timeline: new Timeline([]),
    rules,
    clock,
    random: () => 0.5,
    sampleCounts: new Map(),
    chunks: ledger.chunks(),
    rows,
  })
  const { isGivenUp } = new Stops(ledger)
  const options = { recorder, now: clock.now(), isGivenUp, rows }
  for (const lent of ledger.lent()) {
    for (const row of unreportedOf(lent, ledger, rows)) putBack(row, { ...options, culprit: null, wasReached: true })
    recorder.add((ledger) => ledger.endLent(lent.slice))
  }
  for (const row of ledger.lentWaiting()) putBack(row, { ...options, culprit: null, wasReached: true })
  if (state === 'aborted') {
    rules.lift()
    recorder.add((ledger) => ledger.liftStops(clock.now()))
  }
  numbers.policy = rules.state
  const changes = recorder.take()
  ledger.commit(() => {
    for (const change of changes) change(ledger)
    ledger.saveNumbers(numbers)
    // The machine's clock may have been set back meanwhile.
    ledger.capWaiting(clock.now() + longestWaitMs(campaign.webhook.retry))
    ledger.markResumed()
    ledger.forgetSenders()
  })
}

/** Rows of a batch; null when it is one customer's. */
function countOf({ batches }: OpenSlice, seq: number): number | null {
  return batches?.get(seq)?.count ?? null
}

/** First attempts of a lost slice that nothing is known of. */
function unreportedOf(lent: LentRow, ledger: Ledger, { batches }: RowBook): readonly WaitingRow[] {
  const { chunk, firstSeq, count } = lent
  if (batches === null) return ledger.unaccounted(chunk, firstSeq, count).map((seq) => firstAttempt(lent, seq, null))
  return [...batches.within(firstSeq, firstSeq + count)]
    .filter(({ seq, count }) => ledger.isUntouched(chunk, seq, count))
    .map(({ seq, count }) => firstAttempt(lent, seq, count))
}

/**
 * Puts the unreported rows of a slice back in line after its sender died.
 *
 * A careful slice tells how far its sender had come: rows after the one announced last had not been reached, so
 * nothing of them can have left. Of any other slice every row is in doubt.
 */
export function recoverSlice(
  slice: OpenSlice,
  unreported: readonly number[],
  { last, ...options }: RecoveryOptions & { readonly last: Announced | null },
): void {
  const reached = last !== null && slice.waiting?.has(last.seq) === true ? last : null
  for (const seq of unreported) {
    const row = slice.waiting?.get(seq) ?? firstAttempt(slice, seq, countOf(slice, seq))
    const wasReached = row.restarts === 0 || reached === null || seq <= reached.seq
    const culprit = reached?.seq === seq && reached.isRendering ? { row: reached.row } : null
    putBack(row, { ...options, culprit, wasReached })
  }
  if (slice.waiting === null) options.recorder.add((ledger) => ledger.endLent(slice.id))
}

function putBack(
  row: WaitingRow,
  {
    recorder,
    isGivenUp,
    rows,
    culprit,
    wasReached,
  }: Omit<RecoveryOptions, 'now'> & {
    /** Whose template was being rendered: of a batch one row's, or null for all of them together. */
    readonly culprit: { readonly row: number | null } | null
    readonly wasReached: boolean
  },
): void {
  const customerId = row.customerId ?? rows.customerIdAt(row.seq)
  if (isGivenUp(row.chunk)) {
    recorder.giveUp(row, {
      reason: 'unknown',
      message: 'its sender died over it in a chunk that was stopped, so it was not sent again',
      customerId,
    })
    return
  }
  const restarts = row.restarts + (wasReached ? 1 : 0)
  const message = `a sender process died over it ${restarts} times`
  const isFound = culprit !== null && row.restarts >= CULPRIT_DEATHS
  if (isFound && culprit.row !== null && recorder.leaveOut(row, { seq: culprit.row, message })) return
  if (restarts > RESTART_LIMIT || isFound) {
    recorder.giveUp(row, { reason: 'crash', message, customerId })
    return
  }
  const waiting: WaitingRow = {
    ...row,
    isLent: false,
    doubtAt: row.doubtAt ?? (wasReached ? row.dueAt : null),
    restarts,
  }
  recorder.add((ledger) => ledger.putWaiting(waiting))
}

/** Rows handed back unstarted come again as what they were; nothing of them has left. */
export function returnUnstarted(
  slice: OpenSlice,
  notStarted: readonly number[],
  { recorder, now }: Pick<RecoveryOptions, 'recorder' | 'now'>,
): void {
  for (const seq of notStarted) {
    const known = slice.waiting?.get(seq)
    const row: WaitingRow = known ?? { ...firstAttempt(slice, seq, countOf(slice, seq)), dueAt: now, doubtAt: null }
    recorder.add((ledger) => ledger.putWaiting({ ...row, isLent: false }))
  }
}
