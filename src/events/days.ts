import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { GroupStore } from '../ledger/group-store.ts'
import { DAY_MIGRATIONS } from './day-schema.ts'
import { timeOfSeq } from './public-id.ts'

export interface Day {
  /** `2026-11-22`, in UTC. */
  readonly date: string
  readonly store: GroupStore
}

/** What happens to a message touches rows of its endpoint in five places: half the bytes go to the disk that 4 kB would. */
const PAGE_BYTES = 1024
const selectLastSeq = `SELECT max(seq) AS seq FROM message`

/**
 * The files of messages, one for each UTC day: made with the first message of a day, removed whole.
 *
 * All of them are open: there are as many as days of retention.
 */
export class Days implements Disposable {
  readonly folder: string
  readonly #clock: Clock
  /** Oldest first. */
  readonly #days = new Map<string, Day>()

  constructor(folder: string, clock: Clock) {
    this.folder = folder
    this.#clock = clock
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder).toSorted()) {
      const [, date] = /^(\d{4}-\d{2}-\d{2})\.db$/.exec(name) ?? []
      if (date !== undefined) this.#open(date)
    }
  }

  /** The greatest `seq` that a message has; 0 without any. */
  get lastSeq(): number {
    for (const { store } of this.newestFirst()) {
      const seq = store.get(selectLastSeq)?.['seq'] ?? null
      if (seq !== null) return Number(seq)
    }
    return 0
  }

  oldestFirst(): readonly Day[] {
    return [...this.#days.values()]
  }

  newestFirst(): readonly Day[] {
    return this.oldestFirst().toReversed()
  }

  /** The day that a place in time lies in; null when there is no file of it. */
  find(seq: number): Day | null {
    return this.#days.get(dateOf(seq)) ?? null
  }

  /** The same, made if there is none. */
  at(seq: number): Day {
    return this.find(seq) ?? this.#open(dateOf(seq))
  }

  /** The day before; null when there is no file of it. */
  before({ date }: Day): Day | null {
    const dates = [...this.#days.keys()]
    return this.#days.get(dates[dates.indexOf(date) - 1] ?? '') ?? null
  }

  /** What the files take on the disk. */
  get bytes(): number {
    return [...this.#days.keys()].reduce(
      (sum, date) => sum + sizeOf(this.#path(date)) + sizeOf(`${this.#path(date)}-wal`),
      0,
    )
  }

  /** Removes a day with all that was accepted on it. */
  remove({ date, store }: Day): void {
    store[Symbol.dispose]()
    this.#days.delete(date)
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.#path(date)}${end}`, { force: true })
  }

  [Symbol.dispose](): void {
    for (const { store } of this.#days.values()) store[Symbol.dispose]()
  }

  #open(date: string): Day {
    const path = this.#path(date)
    const name = 'the store of event webhooks'
    const [clock, pageBytes] = [this.#clock, PAGE_BYTES]
    const day = { date, store: new GroupStore({ path, clock, migrations: DAY_MIGRATIONS, name, pageBytes }) }
    // A clock that was put back does not make an older day the newest.
    const days = [...this.#days.values(), day].toSorted((a, b) => (a.date < b.date ? -1 : 1))
    this.#days.clear()
    for (const day of days) this.#days.set(day.date, day)
    return day
  }

  #path(date: string): string {
    return join(this.folder, `${date}.db`)
  }
}

function dateOf(seq: number): string {
  return new Date(timeOfSeq(seq)).toISOString().slice(0, 10)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
