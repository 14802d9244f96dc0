import { statfsSync } from 'node:fs'
import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { LedgerError } from '../errors.ts'
import type { Day, Days } from './days.ts'
import type { Deliveries } from './deliveries.ts'

/** How long messages are kept, and how much of the disk they may take. */
export interface KeepingRules {
  readonly payloadsKeptMs: number
  /** At least as long. */
  readonly attemptsKeptMs: number
  readonly storageBytes: number
  /** Deliveries that may be held for one endpoint. */
  readonly mostHeld: number
  /** What is left free on the disk; null for 5 % of it, at most 1 GiB. */
  readonly reserveBytes: number | null
}

const LOOK_MS = 10_000
const DAY_MS = 86_400_000
const CLEARED_AT_ONCE = 200
const RESERVE_SHARE = 0.05
const MOST_RESERVE_BYTES = 1024 ** 3
/** Open deliveries keep a day beyond its time, as held ones may; but not for ever. */
const LONGEST_EXTRA_MS = 30 * DAY_MS

const clearPayloads = `
  UPDATE message SET payload = NULL, headers = NULL WHERE seq IN (
    SELECT seq FROM message WHERE seq > ? AND payload IS NOT NULL ORDER BY seq LIMIT ?) RETURNING seq`
const clearUsage = `DELETE FROM usage`

const selectShort = `SELECT message FROM short_payload WHERE until <= ? ORDER BY until LIMIT ?`
const clearShort = `UPDATE message SET payload = NULL, headers = NULL WHERE seq = ?`
const deleteShort = `DELETE FROM short_payload WHERE message = ?`

/**
 * Removes days whose time is over, and says when there is no room for more.
 *
 * A day goes as one file, however much is in it. One with open deliveries stays for them: held messages outlive their time by
 * up to 30 days.
 */
export class Keeping implements Disposable {
  readonly #days: Days
  readonly #deliveries: Deliveries
  readonly #clock: Clock
  readonly #onExpiring: (day: Day) => Promise<void>
  readonly #rules: KeepingRules
  readonly #onError: (error: unknown) => void
  readonly #cleared = new Set<Day>()
  #bytes: number
  #spareBytes: number
  #cancelLook: (() => void) | null = null
  #isClosed = false

  constructor(
    parts: {
      readonly days: Days
      readonly deliveries: Deliveries
      readonly clock: Clock
      /** Told of a day that goes although something is open on it. */
      readonly onExpiring: (day: Day) => Promise<void>
    },
    rules: KeepingRules,
    onError: (error: unknown) => void,
  ) {
    this.#days = parts.days
    this.#deliveries = parts.deliveries
    this.#clock = parts.clock
    this.#onExpiring = parts.onExpiring
    this.#rules = rules
    this.#onError = onError
    this.#bytes = parts.days.bytes
    this.#spareBytes = this.#spare()
  }

  start(): void {
    this.#look().catch(this.#onError)
    this.#cancelLook = this.#clock.after(LOOK_MS, () => this.start())
  }

  /** What all days take on the disk, as far as it was looked at and has come since. */
  get bytes(): number {
    return this.#bytes
  }

  /** How long a payload is kept at most. */
  get longestMs(): number {
    return this.#rules.payloadsKeptMs
  }

  /** @throws {LedgerError} HOOKCAST_STORAGE_FULL, when so much more would be beyond what is allowed, or leave too little free. */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#rules.storageBytes) {
      const most = Math.floor(this.#rules.storageBytes / 1024 ** 2)
      throw new LedgerError(
        'HOOKCAST_STORAGE_FULL',
        `Event webhooks take all that they may (events.storage, ${most} MiB): allow more, or keep them for less long`,
      )
    }
    if (this.#spareBytes < bytes) {
      throw new LedgerError(
        'HOOKCAST_STORAGE_FULL',
        'The disk is full but for what event webhooks leave free (events.disk_reserve): make room on it',
      )
    }
    this.#bytes += bytes
    this.#spareBytes -= bytes
  }

  /** What may come before the disk has too little left, as it was when it was looked at. */
  #spare(): number {
    const { bavail, blocks, bsize } = statfsSync(this.#days.folder)
    const reserve = this.#rules.reserveBytes ?? Math.min(RESERVE_SHARE * blocks * bsize, MOST_RESERVE_BYTES)
    return bavail * bsize - reserve
  }

  async #look(): Promise<void> {
    const now = this.#clock.now()
    for (const day of this.#days.oldestFirst()) {
      if (this.#isClosed) return
      await this.#clearShort(day, now)
    }
    for (const day of this.#days.oldestFirst()) {
      if (this.#isClosed) return
      const age = now - (Date.parse(day.date) + DAY_MS)
      if (age < this.#rules.payloadsKeptMs) break
      const isOpen = age < this.#rules.attemptsKeptMs + LONGEST_EXTRA_MS && this.#deliveries.isOpen(day)
      if (age >= this.#rules.attemptsKeptMs && !isOpen) {
        if (this.#deliveries.isOpen(day)) await this.#onExpiring(day)
        if (this.#isClosed) return
        this.#deliveries.forget(day)
        this.#days.remove(day)
      } else if (!isOpen && !this.#cleared.has(day)) await this.#clear(day)
    }
    this.#bytes = this.#days.bytes
    this.#spareBytes = this.#spare()
  }

  /** Payloads of which somebody said that they go sooner than others. */
  async #clearShort({ store }: Day, now: number): Promise<void> {
    for (let found = CLEARED_AT_ONCE; found === CLEARED_AT_ONCE && !this.#isClosed;) {
      const seqs = store.all(selectShort, now, CLEARED_AT_ONCE).map((row) => Number(row['message']))
      found = seqs.length
      if (found === 0) return
      await store.commit((store) => {
        for (const seq of seqs) {
          store.run(clearShort, seq)
          store.run(deleteShort, seq)
        }
      })
      await afterOthers()
    }
  }

  /** A few at a time: others are written in between. */
  async #clear(day: Day): Promise<void> {
    this.#cleared.add(day)
    for (let from = 0; from >= 0;) {
      const rows = await day.store.commit((store) => store.all(clearPayloads, from, CLEARED_AT_ONCE))
      from = Math.max(-1, ...rows.map((row) => Number(row['seq'])))
      await afterOthers()
    }
    await day.store.commit((store) => void store.run(clearUsage))
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#cancelLook?.()
  }
}
