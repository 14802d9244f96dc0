import type { Deliveries } from './deliveries.ts'
import type { DueDelivery, Lane } from './delivery.ts'
import type { EndpointLife } from './endpoint-life.ts'
import type { Message } from './messages.ts'
import { timeOfSeq } from './public-id.ts'

/** A message that needs not be read from the disk. */
export interface Cargo {
  readonly message: Message
  readonly payload: Uint8Array
}

export interface Loaded extends DueDelivery {
  readonly cargo: Cargo | null
}

/** Deliveries of a lane in memory; the others wait in the files. */
const WINDOW = 64
const CONCURRENCY = 8
/** Calls in a row that nobody answers, after which the next waits: who is away must not take the time of others. */
const LOSSES = 3
const REST_MS = 50

/**
 * What waits for one endpoint, and how much of it may be under way.
 *
 * Active: live messages first; then what was held, one after the other, in order; then what is sent again, with at most half of
 * the calls, from one on.
 * Restarting: one of those held. Suspended and disabled: none.
 */
export class Outbox {
  readonly endpoint: number
  readonly app: number
  readonly #deliveries: Deliveries
  readonly #windows: Record<Lane, Loaded[]> = { live: [], bulk: [], held: [] }
  /** There may be more in the files than in memory. */
  readonly #hasMore: Record<Lane, boolean> = { live: true, bulk: true, held: true }
  /** Messages in memory or under way: what the files say of them is old. */
  readonly #taken = new Set<number>()
  readonly #inFlight: Record<Lane, number> = { live: 0, bulk: 0, held: 0 }
  #lossesInARow = 0
  #bulkLimit = 1
  #drainAfter = 0
  #restsUntil = 0
  #isDueUnknown = true
  /** When the last of its calls began; null when none has. */
  begunAt: number | null = null
  /** It stands in the ring. */
  isOffered = false

  constructor({ endpoint, app }: { readonly endpoint: number; readonly app: number }, deliveries: Deliveries) {
    this.endpoint = endpoint
    this.app = app
    this.#deliveries = deliveries
  }

  get inFlight(): number {
    return this.#inFlight.live + this.#inFlight.bulk + this.#inFlight.held
  }

  /** Nothing begins before, as nobody has answered for some time. */
  get restsUntil(): number {
    return this.#restsUntil
  }

  get isIdle(): boolean {
    return this.#taken.size === 0
  }

  /** Messages between two places in time, both left out, that were begun and whose end is not written yet. */
  underWay({ from, to }: { readonly from: number; readonly to: number }): number {
    const waiting = new Set(LANES.flatMap((lane) => this.#windows[lane].map(({ message }) => message)))
    return [...this.#taken].filter((message) => message > from && message < to && !waiting.has(message)).length
  }

  /** A message has just been accepted: it goes straight in while nothing older waits in the files. */
  arrive(delivery: Loaded): void {
    // Whoever looked at the files just before has met it there.
    if (this.#taken.has(delivery.message)) return
    // It is sent later: the files say when.
    if (delivery.dueAt > timeOfSeq(delivery.message)) return this.wake()
    const window = this.#windows[delivery.lane]
    if (this.#hasMore[delivery.lane] || window.length >= WINDOW || delivery.lane !== 'live') {
      this.#hasMore[delivery.lane] = true
      return
    }
    this.#taken.add(delivery.message)
    window.push(delivery)
  }

  /** The files have to be looked at again. */
  wake(): void {
    this.#isDueUnknown = true
    for (const lane of LANES) this.#hasMore[lane] = true
  }

  /** Forgets what is not under way: it lies in the files. */
  clear(): void {
    for (const lane of LANES) this.#forget(lane)
  }

  /** The next delivery that may begin now, which begins; null when none may. */
  next(state: EndpointLife['state'], now: number): Loaded | null {
    if (state === 'disabled' || state === 'suspended') return null
    if (state === 'restarting') return this.inFlight > 0 ? null : this.#take('held', now)
    if (this.inFlight >= Math.max(1, CONCURRENCY >> this.#lossesInARow)) return null
    return this.#take('live', now) ?? this.#nextOfHeld(now) ?? this.#nextOfBulk(now)
  }

  #nextOfHeld(now: number): Loaded | null {
    return this.#inFlight.held > 0 || now < this.#drainAfter ? null : this.#take('held', now)
  }

  #nextOfBulk(now: number): Loaded | null {
    return this.#inFlight.bulk >= this.#bulkLimit ? null : this.#take('bulk', now)
  }

  #take(lane: Lane, now: number): Loaded | null {
    const window = this.#windows[lane]
    if (window.length === 0 && this.#hasMore[lane]) this.#refill(lane, now)
    const delivery = window.shift()
    if (delivery === undefined) return null
    this.#inFlight[lane]++
    return delivery
  }

  #refill(lane: Lane, now: number): void {
    const limit = WINDOW + this.#taken.size
    const due = this.#deliveries.due(this.endpoint, { lane, now, limit })
    const fresh = due.filter(({ message }) => !this.#taken.has(message))
    for (const delivery of fresh.slice(0, WINDOW)) {
      this.#taken.add(delivery.message)
      this.#windows[lane].push({ ...delivery, cargo: null })
    }
    this.#hasMore[lane] = fresh.length > WINDOW || due.length >= limit
  }

  /** When something in the files is due that is not yet; null when nothing will be, or that was said before. */
  nextDueAt(now: number): number | null {
    if (!this.#isDueUnknown) return null
    this.#isDueUnknown = false
    const dues = LANES.map((lane) => this.#deliveries.nextDueAt(this.endpoint, { lane, after: now }))
    if (this.#drainAfter > now) dues.push(this.#drainAfter)
    const known = dues.filter((dueAt) => dueAt !== null)
    return known.length === 0 ? null : Math.min(...known)
  }

  /** An attempt has ended. `isLost`: nobody answered. */
  ended(
    { lane }: Pick<Loaded, 'lane'>,
    { hasSucceeded, isLost, at }: { readonly hasSucceeded: boolean; readonly isLost: boolean; readonly at: number },
  ): void {
    this.#inFlight[lane]--
    this.#lossesInARow = isLost ? Math.min(this.#lossesInARow + 1, LOSSES) : 0
    if (this.#lossesInARow === LOSSES) this.#restsUntil = at + REST_MS
    if (lane === 'bulk') this.#bulkLimit = hasSucceeded ? Math.min(this.#bulkLimit + 1, CONCURRENCY / 2) : 1
  }

  /** The drain goes on with the same message then. */
  pauseDrain(until: number): void {
    this.#drainAfter = until
  }

  /** What became of it is in the files. */
  settled({ message, lane }: Pick<Loaded, 'message' | 'lane'>, { isOpen }: { readonly isOpen: boolean }): void {
    this.#taken.delete(message)
    // It is older than what is in memory of those held, and goes first again.
    if (isOpen && lane === 'held') this.#forget('held')
  }

  #forget(lane: Lane): void {
    for (const { message } of this.#windows[lane]) this.#taken.delete(message)
    this.#windows[lane].length = 0
    this.#hasMore[lane] = true
  }
}

const LANES = ['live', 'bulk', 'held'] as const
