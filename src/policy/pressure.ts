import type { Outcome } from '../campaign/outcome.ts'

/** One attempt, as far as pressure is concerned. */
export interface PressureEvent {
  readonly outcome: Outcome
  readonly httpStatus: number | null
  /** The round in which the call began. */
  readonly round: number
}

/** How far the webhook may go, and which halving that is after. */
export interface PressureLevel {
  readonly concurrency: number
  readonly round: number
}

const WINDOW = 100
const TROUBLED_SHARE = 0.1
const GOOD_ANSWERS_TO_GROW = 20

/** The receiver said "not now": a 429, or a 503 that says when to come back. Not so where `answers` gives the status another meaning. */
export function isTurnedAway({ outcome, httpStatus }: Pick<PressureEvent, 'outcome' | 'httpStatus'>): boolean {
  if (outcome.kind !== 'retry') return false
  return httpStatus === 429 || (httpStatus === 503 && outcome.retryAfterMs !== null)
}

/**
 * The effective concurrency of a webhook: halved when the receiver is in trouble, grown back while it is well.
 *
 * - It halves on a 429, on a 503 with `Retry-After`, and when more than 10 of the last 100 attempts were 5xx or connection issues.
 * - At most once a round: an answer to a call that began before the last halving says nothing about the new level.
 * - It grows by one for each 20 good answers, up to the ceiling. It never falls under one.
 *
 * `level` is the same object until it changes.
 */
export class Pressure {
  readonly #ceiling: number
  readonly #troubled = new Uint8Array(WINDOW)
  #next = 0
  #troubledCount = 0
  #good = 0
  #level: PressureLevel
  #lowest: number

  constructor(ceiling: number) {
    this.#ceiling = ceiling
    this.#lowest = ceiling
    this.#level = { concurrency: ceiling, round: 0 }
  }

  get level(): PressureLevel {
    return this.#level
  }

  /** The lowest concurrency so far: the report tells it. */
  get lowest(): number {
    return this.#lowest
  }

  record(event: PressureEvent): PressureLevel {
    if (event.round < this.#level.round || event.outcome.kind === 'local') return this.#level
    this.#note(isTroubled(event) ? 1 : 0)
    if (isTurnedAway(event) || this.#troubledCount > WINDOW * TROUBLED_SHARE) this.#halve()
    else if (event.outcome.kind === 'sent' || event.outcome.kind === 'refused') this.#grow()
    return this.#level
  }

  #note(bit: 0 | 1): void {
    this.#troubledCount += bit - this.#troubled[this.#next]!
    this.#troubled[this.#next] = bit
    this.#next = (this.#next + 1) % WINDOW
  }

  #halve(): void {
    this.#good = 0
    this.#troubled.fill(0)
    this.#troubledCount = 0
    const { concurrency, round } = this.#level
    if (concurrency === 1) return
    this.#level = { concurrency: Math.floor(concurrency / 2), round: round + 1 }
    this.#lowest = Math.min(this.#lowest, this.#level.concurrency)
  }

  #grow(): void {
    const { concurrency, round } = this.#level
    if (concurrency >= this.#ceiling || ++this.#good < GOOD_ANSWERS_TO_GROW) return
    this.#good = 0
    this.#level = { concurrency: concurrency + 1, round }
  }
}

function isTroubled({ outcome, httpStatus }: PressureEvent): boolean {
  if (outcome.kind !== 'retry') return false
  return outcome.isConnectionIssue || (httpStatus !== null && httpStatus >= 500 && httpStatus < 600)
}
