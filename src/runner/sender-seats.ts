import type { Clock } from '../clock.ts'

/** Sender processes that a run may have; given back when they are gone. */
export interface Seats extends Disposable {
  readonly count: number
}

export interface SeatRequest {
  readonly wanted: number
  /** Fires to wait no longer. */
  readonly signal: AbortSignal
  /** Of a run of events, which takes one seat: asks it to rest for a moment, so that others get their turn. Null for any other. */
  readonly onTurn: (() => void) | null
}

interface Waiter extends SeatRequest {
  give(seats: Seats): void
}

/** How long a run of events keeps a seat for which another waits. */
const TURN_MS = 5000

/** So many of all seats are kept from runs that may go on for hours, for those that events start. */
const EVENT_SHARE = 0.25

/**
 * How many sender processes there are at once, over all runs of this process: each takes memory of its own.
 *
 * A run gets what it wants as far as a third of what is left, so that there are seats for the next; without any it waits
 * for one. Events find a seat that no long run can take, and where more runs of events are at work than that, each has its turn.
 */
export class SenderSeats {
  readonly #most: number
  readonly #mostForRuns: number
  readonly #clock: Clock
  readonly #waiting: Waiter[] = []
  /** The one who has it longest comes first. */
  readonly #eventHolders = new Set<() => void>()
  #taken = 0
  #takenByRuns = 0
  #cancelTurn: (() => void) | null = null

  /** @throws {RangeError} when there are fewer than two: one for runs, one for events. */
  constructor(most: number, clock: Clock) {
    if (!Number.isInteger(most) || most < 2) throw new RangeError(`expected \`most\` to be 2 or more, got ${most}`)
    this.#most = most
    this.#mostForRuns = most - Math.max(1, Math.floor(most * EVENT_SHARE))
    this.#clock = clock
  }

  get taken(): number {
    return this.#taken
  }

  /** Waits for seats, first come, first served; null when `signal` fired before. */
  async take(request: SeatRequest): Promise<Seats | null> {
    const { signal } = request
    if (signal.aborted) return null
    const { promise, resolve } = Promise.withResolvers<Seats | null>()
    const waiter: Waiter = { ...request, give: resolve }
    const leave = (): void => {
      const at = this.#waiting.indexOf(waiter)
      if (at !== -1) this.#waiting.splice(at, 1)
      resolve(null)
      this.#serve()
    }
    signal.addEventListener('abort', leave, { once: true })
    this.#waiting.push(waiter)
    this.#serve()
    const seats = await promise
    signal.removeEventListener('abort', leave)
    return seats
  }

  #serve(): void {
    for (const waiter of this.#waiting.slice()) {
      const count = this.#countFor(waiter)
      if (count === 0) continue
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1)
      waiter.give(this.#seat(waiter, count))
    }
    this.#takeTurns()
  }

  #countFor({ wanted, onTurn }: Waiter): number {
    const free = this.#most - this.#taken
    if (onTurn !== null) return Math.min(1, free)
    const room = Math.min(free, this.#mostForRuns - this.#takenByRuns)
    return Math.min(room, wanted, Math.max(1, Math.floor(room / 3)))
  }

  #seat({ onTurn }: Waiter, count: number): Seats {
    const byRuns = onTurn === null ? count : 0
    this.#taken += count
    this.#takenByRuns += byRuns
    if (onTurn !== null) this.#eventHolders.add(onTurn)
    let isGivenBack = false
    const giveBack = (): void => {
      if (isGivenBack) return
      isGivenBack = true
      this.#taken -= count
      this.#takenByRuns -= byRuns
      if (onTurn !== null) this.#eventHolders.delete(onTurn)
      this.#serve()
    }
    return { count, [Symbol.dispose]: giveBack }
  }

  #takeTurns(): void {
    const isAwaited = this.#waiting.some(({ onTurn }) => onTurn !== null)
    if (!isAwaited) {
      this.#cancelTurn?.()
      this.#cancelTurn = null
      return
    }
    this.#cancelTurn ??= this.#clock.after(TURN_MS, () => {
      this.#cancelTurn = null
      const [oldest] = this.#eventHolders
      if (oldest !== undefined) {
        // Asked once: until it has left, the next one is.
        this.#eventHolders.delete(oldest)
        oldest()
      }
      this.#takeTurns()
    })
  }
}
