import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { ResourcePile, type Profile } from '../profile/profile.ts'
import type { Day, Days } from './days.ts'
import type { Deliveries } from './deliveries.ts'
import type { DueDelivery } from './delivery.ts'
import type { Endpoint } from './endpoints.ts'
import * as sql from './gathering-statements.ts'
import { timeOfSeq } from './public-id.ts'

export interface GatheringsOptions {
  readonly days: Days
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly endpointOf: (key: number) => Endpoint | null
  readonly profileOf: (endpoint: Endpoint) => Profile
  /** Told of an endpoint that has something more to send. */
  readonly onGathered: (endpoint: Endpoint) => void
  readonly onError: (error: unknown) => void
}

/** Those waiting of an endpoint: when the first and the last of them came. Nothing came later than now, whatever a clock said. */
interface Span {
  readonly firstAt: number
  lastAt: number
  /** The last of them, as it is stored. */
  until: number
}

/** A delivery, and the last message that goes with it: null for none but its own. */
export type Gathered = Pick<DueDelivery, 'message' | 'last'>

const AT_ONCE = 500
/** After trouble, such as a full disk. */
const PAUSE_MS = 1000

/**
 * Gathers messages that are sent as one.
 *
 * They wait in their days' files, so a crash changes nothing. Once their time is over the first of them gets the last that goes
 * with it written to it, the others are closed, a few at a time, and it goes its way as any other delivery: its id and its
 * time are the object's. Nothing reaches over midnight, as a day is a file.
 */
export class Gatherings implements AsyncDisposable {
  readonly #options: GatheringsOptions
  readonly #waiting = new Map<number, Span & { readonly cancel: () => void }>()
  readonly #gathering = new Map<number, Promise<void>>()
  #isClosed = false

  constructor(options: GatheringsOptions) {
    this.#options = options
  }

  /** Endpoints for which something waits. */
  get size(): number {
    return this.#waiting.size + this.#gathering.size
  }

  /** Goes on with what waits from before. */
  start(): void {
    const found = this.#options.deliveries.openDays().flatMap(({ store }) => store.all(sql.selectGatheringEndpoints))
    for (const key of new Set(found.map((row) => Number(row['endpoint'])))) this.look(key)
  }

  /** Makes sure that what waits for an endpoint is gathered when its time is over. */
  look(key: number): void {
    if (!this.#isClosed && !this.#waiting.has(key) && !this.#gathering.has(key)) this.#wait(key, 0)
  }

  /** A message has been put in line for an endpoint. */
  arrived(key: number, at: number): void {
    const now = this.#options.clock.now()
    const span = this.#waiting.get(key)
    if (span !== undefined) Object.assign(span, { lastAt: now, until: at })
    else if (!this.#gathering.has(key)) this.#arm(key, { firstAt: now, lastAt: now, until: at })
  }

  /**
   * What is sent for a delivery: all payloads that go with it and were not expunged, as one.
   *
   * Read anew for each attempt, a few at a time: others go on in between.
   */
  async pileOf(endpoint: Endpoint, { message, last: lastOrNone }: Gathered): Promise<ResourcePile> {
    const { days, profileOf } = this.#options
    const pile = new ResourcePile(profileOf(endpoint).gathering ?? NOTHING)
    const store = days.find(message)?.store
    if (store === undefined) return pile
    const last = lastOrNone ?? message
    for (let from = message - 1; ;) {
      const rows = store.all(sql.selectGathered, endpoint.key, from, last, message, AT_ONCE)
      for (const row of rows) if (row['payload'] !== null) pile.put(row['payload'] as Uint8Array)
      if (rows.length < AT_ONCE) return pile
      from = Number(rows.at(-1)!['message'])
      await afterOthers()
    }
  }

  #wait(key: number, leastMs: number): void {
    const rows = this.#options.deliveries.openDays().map(({ store }) => store.get(sql.selectSpan, key))
    const found = rows.flatMap((row) => (row?.['first_at'] == null ? [] : [row]))
    if (found.length === 0) return
    const firstAt = Math.min(...found.map((row) => Number(row['first_at'])))
    const until = Math.max(...found.map((row) => Number(row['last_at'])))
    const now = this.#options.clock.now()
    this.#arm(key, { firstAt: Math.min(firstAt, now), lastAt: Math.min(until, now), until }, leastMs)
  }

  #arm(key: number, { firstAt, lastAt, until }: Span, leastMs = 0): void {
    const { clock } = this.#options
    const waitMs = Math.max(leastMs, this.#dueAt(key, { firstAt, lastAt }) - clock.now())
    this.#waiting.set(key, { firstAt, lastAt, until, cancel: clock.after(waitMs, () => this.#ring(key)) })
  }

  #dueAt(key: number, { firstAt, lastAt }: Pick<Span, 'firstAt' | 'lastAt'>): number {
    const { endpointOf, profileOf } = this.#options
    const endpoint = endpointOf(key)
    const gathering = endpoint === null ? null : profileOf(endpoint).gathering
    return gathering === null ? 0 : Math.min(firstAt + gathering.mostMs, lastAt + gathering.leastMs)
  }

  #ring(key: number): void {
    const { clock, onError } = this.#options
    const span = this.#waiting.get(key)
    if (span === undefined || this.#isClosed) return
    const now = clock.now()
    if (this.#dueAt(key, span) > now) return this.#arm(key, span)
    this.#waiting.delete(key)
    let pauseMs = 0
    const gathering = this.#gather(key, Math.max(now, span.until))
      .catch((error: unknown) => {
        pauseMs = PAUSE_MS
        onError(error)
      })
      .finally(() => {
        this.#gathering.delete(key)
        if (!this.#isClosed) this.#wait(key, pauseMs)
      })
    this.#gathering.set(key, gathering)
  }

  async #gather(key: number, until: number): Promise<void> {
    for (const day of this.#options.deliveries.openDays()) {
      while (!this.#isClosed && (await this.#gatherOne(day, key, until))) await afterOthers()
    }
  }

  /** Makes one object of the first that wait; false when none waits. */
  async #gatherOne(day: Day, key: number, until: number): Promise<boolean> {
    const { endpointOf, profileOf, onGathered } = this.#options
    const endpoint = endpointOf(key)
    const first = day.store.get(sql.selectFirst, key, until)
    if (endpoint === null || first === undefined) return false
    const message = Number(first['message'])
    // What a crash has cut short goes on as it was begun.
    const last = (first['last'] as number | null) ?? (await this.#lastOf(day, endpoint, until))
    await day.store.commit((store) => void store.run(sql.beginGathered, last, key, message))
    for (let changes = AT_ONCE; changes === AT_ONCE;) {
      changes = await day.store.commit((store) => store.run(sql.closeGathered, key, message, last, AT_ONCE).changes)
    }
    await day.store.commit((store) => {
      const now = endpointOf(key)
      const isLive = now?.state === 'active' && !profileOf(now).isPolled
      store.run(sql.openGathered, isLive ? 0 : 2, isLive ? this.#options.clock.now() : timeOfSeq(message), key, message)
    })
    onGathered(endpoint)
    return true
  }

  /** The last message that fits into one object with the first. */
  async #lastOf(day: Day, endpoint: Endpoint, until: number): Promise<number> {
    const pile = new ResourcePile(this.#options.profileOf(endpoint).gathering ?? NOTHING)
    let last = 0
    for (;;) {
      const rows = day.store.all(sql.selectWaiting, endpoint.key, timeOfSeq(last), until, last, AT_ONCE)
      for (const row of rows) {
        if (row['payload'] !== null && !pile.add(row['payload'] as Uint8Array)) return last
        last = Number(row['message'])
      }
      if (rows.length < AT_ONCE) return last
      await afterOthers()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    for (const { cancel } of this.#waiting.values()) cancel()
    await Promise.all(this.#gathering.values())
  }
}

/** Of an endpoint that gathers no more: each of those waiting goes by itself. */
const NOTHING = { leastMs: 0, mostMs: 0, most: 0, mostExtended: 0, isExtended: false } as const
