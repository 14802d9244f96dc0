import type { SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { WaitingRow } from '../ledger/rows.ts'
import type { Queue } from '../queue/queue.ts'
import { Feeder, type Lending } from './feeder.ts'
import type { Recorder } from './recorder.ts'
import { RESTART_LIMIT } from './recovery.ts'
import type { RowBook } from './row-book.ts'
import type { SliceBook } from './slice-book.ts'
import type { StartGate } from './start-gate.ts'

export interface LenderOptions {
  readonly campaign: Campaign
  readonly spool: SpoolReader
  /** Rows to lend before the run is interrupted; null for all. */
  readonly limit: number | null
  readonly ledger: Ledger
  readonly clock: Clock
  /** Sends in doubt that are older than the receiver remembers keys are sent all the same. */
  readonly isUnknownResent: boolean
  readonly gate: StartGate
  readonly queue: Queue
  readonly recorder: Recorder
  readonly slices: SliceBook
  readonly clientErrorsOf: (chunk: number) => number
  readonly rows: RowBook
}

const SLICE_ROWS = 256

/**
 * Rows that a process died over once, twice, … go out in ever smaller slices: what is lent when the next process dies
 * counts as another death of it, and a row that only lay beside the one to blame must not be given up for that.
 */
const CAREFUL_ROWS = [64, 8, 1]

/** Decides what is lent next, as far as senders have room: due deliveries, then first attempts. */
export class Lender {
  readonly #options: LenderOptions
  readonly #feeder: Feeder

  constructor(options: LenderOptions) {
    this.#options = options
    this.#feeder = new Feeder(options)
  }

  get isLimitReached(): boolean {
    return this.#feeder.isLimitReached
  }

  get isFed(): boolean {
    return this.#feeder.isFed
  }

  /** No first attempt is left, though some may come. */
  get hasNoFirst(): boolean {
    return this.#feeder.nextChunk === null
  }

  stopChunk(chunk: number): void {
    this.#feeder.stopChunk(chunk)
  }

  setAudienceComplete(isComplete: boolean): void {
    this.#feeder.isAudienceComplete = isComplete
  }

  /**
   * Which of the waiting have their turn, by how often a process died over them: what did so twice waits until nobody
   * is left who did not. If it is to blame it does no more harm, and if it is not it is in nobody's hands meanwhile.
   */
  get mostRestarts(): number {
    return this.#feeder.nextChunk === null ? RESTART_LIMIT : 1
  }

  plan(nextDueAt: number | null): readonly Lending[] {
    const lendings: Lending[] = []
    let room = this.#options.queue.room()
    for (const rows of this.#dueSlices(room, nextDueAt)) {
      this.#keep(this.#feeder.cutDue(rows), lendings)
      room--
    }
    while (room-- > 0) {
      const lending = this.#nextFirst()
      if (lending === null) break
      this.#keep(lending, lendings)
    }
    return lendings
  }

  #keep(lending: Lending, lendings: Lending[]): void {
    this.#options.slices.add(lending.open)
    lendings.push(lending)
  }

  /** A chunk begins when every delivery of the one before has been started. */
  #nextFirst(): Lending | null {
    const { gate, slices, queue, campaign } = this.#options
    const chunk = this.#feeder.nextChunk
    if (chunk === null || slices.hasUnstartedBefore(chunk)) return null
    const deliveries = gate.sliceDeliveries(Math.max(1, queue.size))
    return this.#feeder.cutFirst(deliveries * (campaign.webhook.batch?.size ?? 1))
  }

  /** Due deliveries as slices: of one chunk each, those that a process died over apart from the others. */
  #dueSlices(room: number, nextDueAt: number | null): readonly WaitingRow[][] {
    const { ledger, clock, isUnknownResent } = this.#options
    const now = clock.now()
    // After `--limit` what waits is left to the resume, as on Ctrl-C.
    if (room <= 0 || nextDueAt === null || nextDueAt > now || this.isLimitReached) return []
    const due = ledger.dueWaiting(now, { restarts: this.mostRestarts, limit: SLICE_ROWS * room })
    const rows = isUnknownResent ? due : due.filter((row) => !this.#isTooOld(row, now))
    const sliceRows = Math.min(SLICE_ROWS, Math.ceil(rows.length / room))
    const slices: WaitingRow[][] = []
    const unfilled = new Map<string, WaitingRow[]>()
    for (const row of rows) {
      const kind = `${row.chunk} ${row.restarts}`
      const mostRows = row.restarts === 0 ? sliceRows : (CAREFUL_ROWS[row.restarts - 1] ?? 1)
      let slice = unfilled.get(kind)
      if (slice === undefined || slice.length >= mostRows) {
        slice = []
        unfilled.set(kind, slice)
        slices.push(slice)
      }
      slice.push(row)
    }
    return slices.slice(0, room)
  }

  /** A send in doubt that the receiver may have forgotten is not repeated: it could be a second one. */
  #isTooOld(row: WaitingRow, now: number): boolean {
    const { campaign, recorder, rows } = this.#options
    if (row.doubtAt === null || now - row.doubtAt <= campaign.webhook.idempotency.lifetimeMs) return false
    const message = 'it was sent before with an unknown end, longer ago than the receiver remembers its key'
    recorder.giveUp(row, { reason: 'unknown', message, customerId: row.customerId ?? rows.customerIdAt(row.seq) })
    return true
  }
}
