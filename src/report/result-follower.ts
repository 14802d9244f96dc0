import type { Clock } from '../clock.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { EndedPages, PAGE, type NamingCampaign } from './ended-customers.ts'
import type { ResultRecord } from './result-record.ts'

/** A run lends at most a few thousand customers ahead of those that have ended; this many pages hold them with room. */
const NEAR_PAGES = 64

/** Looking at all that was passed by takes at most this share of the time: whoever waits for a retry is found a little later. */
const LOOK_BACK_SHARE = 0.05

/**
 * Follows the results of a run: each customer once, soon after it has ended.
 *
 * Customers end out of order, and a few wait minutes for a retry while everyone after them ends. What is remembered is
 * one bit a customer, and one count a page, which passes over a page that is told to its end: the results themselves
 * stay on the disk until they are asked for, so that a slow reader costs no memory.
 */
export class ResultFollower implements Disposable {
  readonly #pages: EndedPages
  readonly #clock: Clock
  readonly #told: (Uint8Array | undefined)[] = []
  readonly #counts: number[] = []
  #furthest = 0
  #lookBackAt = 0

  constructor(paths: RunPaths, campaign: NamingCampaign, clock: Clock) {
    this.#pages = new EndedPages(paths, campaign, {})
    this.#clock = clock
  }

  /** What has ended and was not told yet, a page at a time: all of it (`isLast`), or what is found in short time. */
  *read({ isLast }: { readonly isLast: boolean }): Generator<readonly ResultRecord[]> {
    const startedAt = this.#clock.now()
    this.#pages.look()
    const isLookBack = isLast || startedAt >= this.#lookBackAt
    const first = isLookBack ? 0 : Math.max(0, this.#furthest - NEAR_PAGES)
    let readingMs = 0
    for (let page = first; page < this.#pages.count; page++) {
      if (!isLast && page > this.#furthest + NEAR_PAGES) break
      if (this.#counts[page] === PAGE) continue
      const at = this.#clock.now()
      const records = this.#newOf(page)
      readingMs += this.#clock.now() - at
      if (records.length === 0) continue
      this.#furthest = Math.max(this.#furthest, page)
      yield records
    }
    if (isLookBack) this.#lookBackAt = this.#clock.now() + readingMs / LOOK_BACK_SHARE
  }

  #newOf(page: number): readonly ResultRecord[] {
    const told = (this.#told[page] ??= new Uint8Array(PAGE / 8))
    const records: ResultRecord[] = []
    for (const { record } of this.#pages.read(page)) {
      const place = record.seq % PAGE
      const mask = 1 << (place & 7)
      const bits = told[place >> 3]!
      if ((bits & mask) !== 0) continue
      told[place >> 3] = bits | mask
      records.push(record)
    }
    this.#counts[page] = (this.#counts[page] ?? 0) + records.length
    if (this.#counts[page] === PAGE) this.#told[page] = undefined
    return records
  }

  [Symbol.dispose](): void {
    this.#pages[Symbol.dispose]()
  }
}
