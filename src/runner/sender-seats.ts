import type { Clock } from '../clock.ts'

/** Sender processes that a run may have; given back when they are gone. */
export interface Seats extends Disposable {
  readonly count: number
  /** The senders have started: the turn is counted from now, so that each makes some calls in its own. */
  begin(): void
}

export interface SeatRequest {
  /** A run of events takes one seat. */
  readonly kind: 'run' | 'event'
  readonly wanted: number
  /** Fires to wait no longer. */
  readonly signal: AbortSignal
  /** Asks it to give its seats back and to wait for others, so that those who wait get their turn. */
  readonly onTurn: () => void
}

interface Waiter extends SeatRequest {
  give(seats: Seats): void
}

/** How long seats are kept for which another of that kind waits; senders begin anew with each turn. */
const TURN_MS = { event: 5000, run: 20_000 } as const

/** So many of all seats are kept from runs that may go on for hours, for those that events start. */
const EVENT_SHARE = 0.25

/**
 * How many sender processes there are at once, over all runs of this process: each takes memory of its own.
 *
 * A run gets what it wants as far as a third of what is left, so that there are seats for the next; without any it waits
 * for one. Events find a seat that no long run can take. Where more are at work than there are seats, each has its turn: the
 * one who has a seat longest is asked for it.
 */
export class SenderSeats {
  readonly #most: number
  readonly #mostForRuns: number
  readonly #clock: Clock
  readonly #turnMs: Readonly<Record<SeatRequest['kind'], number>>
  readonly #waiting: Waiter[] = []
  /** Since when they work; the one who does so longest comes first. Whoever was asked to leave is not among them. */
  readonly #holders = { run: new Map<() => void, number>(), event: new Map<() => void, number>() }
  readonly #cancelTurn: { run: (() => void) | null; event: (() => void) | null } = { run: null, event: null }
  #taken = 0
  #takenByRuns = 0

  /** @throws {RangeError} when there are fewer than two: one for runs, one for events. */
  constructor(most: number, clock: Clock, turnMs: Readonly<Record<SeatRequest['kind'], number>> = TURN_MS) {
    if (!Number.isInteger(most) || most < 2) throw new RangeError(`expected \`most\` to be 2 or more, got ${most}`)
    this.#most = most
    this.#mostForRuns = most - Math.max(1, Math.floor(most * EVENT_SHARE))
    this.#clock = clock
    this.#turnMs = turnMs
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
    this.#takeTurns('run')
    this.#takeTurns('event')
  }

  #countFor({ wanted, kind }: Waiter): number {
    const free = this.#most - this.#taken
    if (kind === 'event') return Math.min(1, free)
    const room = Math.min(free, this.#mostForRuns - this.#takenByRuns)
    return Math.min(room, wanted, Math.max(1, Math.floor(room / 3)))
  }

  #seat({ kind, onTurn }: Waiter, count: number): Seats {
    const byRuns = kind === 'run' ? count : 0
    this.#taken += count
    this.#takenByRuns += byRuns
    let isGivenBack = false
    let hasBegun = false
    const begin = (): void => {
      if (hasBegun || isGivenBack) return
      hasBegun = true
      this.#holders[kind].set(onTurn, this.#clock.now())
      this.#takeTurns(kind)
    }
    const giveBack = (): void => {
      if (isGivenBack) return
      isGivenBack = true
      this.#taken -= count
      this.#takenByRuns -= byRuns
      this.#holders[kind].delete(onTurn)
      this.#serve()
    }
    return { count, begin, [Symbol.dispose]: giveBack }
  }

  #takeTurns(kind: SeatRequest['kind']): void {
    if (!this.#waiting.some((waiter) => waiter.kind === kind)) {
      this.#cancelTurn[kind]?.()
      this.#cancelTurn[kind] = null
      return
    }
    const [oldest] = this.#holders[kind]
    if (oldest === undefined || this.#cancelTurn[kind] !== null) return
    const [leave, since] = oldest
    this.#cancelTurn[kind] = this.#clock.after(Math.max(0, since + this.#turnMs[kind] - this.#clock.now()), () => {
      this.#cancelTurn[kind] = null
      // Once: until it has left, the next one is asked. It may have left by itself, and then another has its seats.
      if (this.#holders[kind].delete(leave)) leave()
      this.#takeTurns(kind)
    })
  }
}
