import type { RunState } from '../campaign/result.ts'
import type { RunNumbers } from './numbers.ts'
import {
  chunkRowFrom,
  intervalFrom,
  lentRowFrom,
  runRowFrom,
  waitingRowFrom,
  type ChunkRow,
  type LentRow,
  type ResultRow,
  type RunRow,
  type StopRow,
  type WaitingRow,
} from './rows.ts'
import { ResultRows } from './result-rows.ts'
import type { RunPaths } from './run-folder.ts'
import type { Interval, TimelineChange } from './timeline.ts'
import * as sql from './statements.ts'
import { Store } from './store.ts'

/**
 * The only truth about a run, in the words of the domain. Changes are made inside `commit` only.
 *
 * @throws {LedgerError} from the constructor: see `Store`.
 */
export class Ledger implements Disposable {
  readonly #store: Store
  readonly #results: ResultRows

  constructor(paths: RunPaths) {
    this.#store = new Store(paths)
    this.#results = new ResultRows(this.#store)
  }

  /** One durable transaction; see `Store.commit`. */
  commit(change: () => void): { readonly isStorageFull: boolean } {
    return this.#store.commit(() => this.#change(change))
  }

  /** The same, while others go on; see `Store.commitBeside`. */
  commitBeside(change: () => void): Promise<{ readonly isStorageFull: boolean }> {
    return this.#store.commitBeside(() => this.#change(change))
  }

  #change(change: () => void): void {
    // It may be the second try.
    this.#results.forget()
    try {
      change()
      this.#results.flush()
    } finally {
      this.#results.forget()
    }
  }

  /** Brings everything into the file itself: what a failing disk left in the log would not go along when the file is renamed. */
  settle(): void {
    this.#store.settle()
  }

  createRun(run: Omit<RunRow, 'state' | 'startedAt' | 'finishedAt' | 'resumed'>): void {
    this.#store.run(
      sql.insertRun,
      run.runId,
      run.campaign,
      run.createdAt,
      run.replayOf,
      run.customers,
      Number(run.isAudienceComplete),
      run.chunkSize,
      run.batchSize,
      JSON.stringify(run.numbers),
      run.event?.version ?? null,
      run.event?.day ?? null,
      run.event?.position ?? null,
    )
  }

  run(): RunRow {
    return runRowFrom(this.#store.get(sql.selectRun))
  }

  saveNumbers(numbers: RunNumbers): void {
    this.#store.run(sql.updateNumbers, JSON.stringify(numbers))
  }

  saveAudience(customers: number, isComplete: boolean): void {
    this.#store.run(sql.updateAudience, customers, Number(isComplete))
  }

  savePosition(position: number): void {
    this.#store.run(sql.updatePosition, position)
  }

  saveState(state: RunState, finishedAt: number | null): void {
    this.#store.run(sql.updateState, state, finishedAt)
  }

  markStarted(now: number): void {
    this.#store.run(sql.markStarted, now)
  }

  markResumed(): void {
    this.#store.run(sql.markResumed)
  }

  /** The chunks that were started, in order. */
  chunks(): ChunkRow[] {
    return this.#store.all(sql.selectChunks).map(chunkRowFrom)
  }

  startChunk(chunk: number, startedAt: number, firstSeq: number): void {
    this.#store.run(sql.insertChunk, chunk, startedAt, firstSeq)
  }

  /** Rows of the chunk before `nextSeq` have been lent. */
  advanceChunk(chunk: number, nextSeq: number): void {
    this.#store.run(sql.advanceChunk, nextSeq, chunk)
  }

  countEnded(chunk: number, ended: number): void {
    this.#store.run(sql.addEnded, ended, chunk)
  }

  recordStop(stop: Omit<StopRow, 'liftedAt'>): void {
    this.#store.run(
      sql.insertStop,
      stop.rule,
      stop.scope,
      stop.chunk,
      stop.httpStatus,
      stop.stoppedAt,
      stop.message,
      JSON.stringify(stop.samples),
    )
    if (stop.chunk !== null && stop.scope === 'chunk') this.#store.run(sql.stopChunk, stop.chunk)
  }

  /** True while the webhook is stopped: a stop of that scope that was not lifted. */
  isWebhookStopped(): boolean {
    return this.#store.get(sql.selectWebhookStop) !== undefined
  }

  liftStops(now: number): void {
    this.#store.run(sql.liftStops, now)
    this.#store.run(sql.restartChunks)
  }

  lend(slice: LentRow): void {
    this.#store.run(sql.insertLent, slice.slice, slice.chunk, slice.firstSeq, slice.count, slice.lentAt)
  }

  endLent(slice: number): void {
    this.#store.run(sql.deleteLent, slice)
  }

  lent(): LentRow[] {
    return this.#store.all(sql.selectLent).map(lentRowFrom)
  }

  /** Which of a range have no end and no place in line: what a lost sender leaves in doubt. */
  unaccounted(chunk: number, firstSeq: number, count: number): number[] {
    this.#results.flush()
    return this.#store.all(sql.selectUnaccounted, firstSeq, firstSeq + count, chunk).map((row) => Number(row['seq']))
  }

  putWaiting(row: WaitingRow): void {
    this.#store.run(
      sql.putWaiting,
      row.seq,
      row.chunk,
      row.attempt,
      row.dueAt,
      Number(row.isLent),
      row.doubtAt,
      row.restarts,
      row.digest,
      row.calls,
      row.httpStatus,
      this.#store.textId(row.code),
      this.#store.textId(row.message),
      row.customerId,
      row.batch?.count ?? 1,
      row.batch?.customers ?? 1,
      row.batch?.root ?? null,
      row.batch?.path ?? '',
      Number(row.batch?.isHeld ?? false),
      this.#store.textId(row.batch?.errorCode ?? null),
    )
  }

  removeWaiting(seq: number): void {
    this.#store.run(sql.deleteWaiting, seq)
  }

  waitingRow(seq: number): WaitingRow | null {
    const row = this.#store.get(sql.selectWaitingRow, seq)
    return row === undefined ? null : waitingRowFrom(row)
  }

  /** The rows in senders' hands: after a crash all of them are in doubt. */
  lentWaiting(): WaitingRow[] {
    return this.#store.all(sql.selectLentWaiting).map(waitingRowFrom)
  }

  /** Up to `limit` deliveries that are due, the longest due first, of those that died with a process `restarts` times at most. */
  dueWaiting(now: number, { restarts, limit }: { restarts: number; limit: number }): WaitingRow[] {
    return this.#store.all(sql.selectDue, now, restarts, limit).map(waitingRowFrom)
  }

  /** Nothing is due later than that. */
  capWaiting(dueAt: number): void {
    this.#store.run(sql.capWaiting, dueAt)
  }

  markWaitingLent(seq: number): void {
    this.#store.run(sql.markWaitingLent, seq)
  }

  /** When the next of them is due, epoch ms; null when none waits that could be lent. */
  nextDueAt(restarts: number): number | null {
    const row = this.#store.get(sql.selectNextDue, restarts)
    return row?.['due_at'] == null ? null : Number(row['due_at'])
  }

  /** The halves of refused batches that have not ended. */
  halves(): WaitingRow[] {
    return this.#store.all(sql.selectHalves).map(waitingRowFrom)
  }

  /** Nothing is written about any row of a range: of a batch in a lost slice, that nobody reported on it. */
  isUntouched(chunk: number, firstSeq: number, count: number): boolean {
    this.#results.flush()
    return this.#store.get(sql.selectUntouched, chunk, firstSeq, firstSeq + count)?.['is_untouched'] === 1
  }

  /** Which rows of a range have a result. */
  endedSeqs(chunk: number, firstSeq: number, count: number): number[] {
    this.#results.flush()
    return this.#store.all(sql.selectEndedSeqs, chunk, firstSeq, firstSeq + count).map((row) => Number(row['seq']))
  }

  /** Writes down a batch that was sent; its number is for the results of its customers. */
  putDelivery(requestId: string, customers: number): number {
    return Number(this.#store.get(sql.insertDelivery, requestId, customers)?.['id'])
  }

  putResult(row: ResultRow, delivery: number | null = null): void {
    this.#results.add(row, delivery)
  }

  hasResult(chunk: number, seq: number): boolean {
    this.#results.flush()
    return this.#store.get(sql.selectResultExists, chunk, seq) !== undefined
  }

  putSample(sample: { seq: number; attempt: number; httpStatus: number | null; code: string; body: string }): void {
    this.#store.run(sql.insertSample, sample.seq, sample.attempt, sample.httpStatus, sample.code, sample.body)
  }

  sampleCounts(): Map<string, number> {
    return new Map(this.#store.all(sql.countSamples).map((row) => [String(row['code']), Number(row['count'])]))
  }

  saveTimeline({ isRewritten, intervals }: TimelineChange): void {
    if (isRewritten) this.#store.run(sql.deleteIntervals)
    for (const { startedAt, widthMs, calls, latency, inFlight, concurrency } of intervals) {
      const counts = [JSON.stringify(calls), JSON.stringify(latency)] as const
      this.#store.run(sql.putInterval, startedAt, widthMs, ...counts, inFlight, concurrency)
    }
  }

  intervals(): Interval[] {
    return this.#store.all(sql.selectIntervals).map(intervalFrom)
  }

  recordSender(pid: number, started: string): void {
    this.#store.run(sql.insertSender, pid, started)
  }

  senders(): { readonly pid: number; readonly started: string }[] {
    return this.#store
      .all(sql.selectSenders)
      .map((row) => ({ pid: Number(row['pid']), started: String(row['started']) }))
  }

  forgetSenders(): void {
    this.#store.run(sql.deleteSenders)
  }

  /** Built once nothing is sent any more: with it, each insert would cost about five times as much. */
  buildCustomerIndex(): void {
    this.#store.exec(sql.createCustomerIndex)
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]()
  }
}
