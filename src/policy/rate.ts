export interface RateOptions {
  readonly perSecond: number
  readonly now: number
}

/** The bucket holds what 100 ms bring, so that a pause is not made up for in one burst. */
const BUCKET_MS = 100

/** A whole start that rounding has left a hair short of whole. */
const ROUNDING = 1e-9

/**
 * The `rate` of a campaign as a token bucket: starts, first attempts and retries alike, draw from it.
 *
 * It begins with one start and not with a full bucket, so a run that is never idle keeps to its rate from the first
 * second on. Over any span the starts are at most `perSecond × span + max(1, 100 ms of it)`.
 */
export class RateBucket {
  readonly #perMs: number
  readonly #size: number
  #tokens = 1
  #filledAt: number

  constructor({ perSecond, now }: RateOptions) {
    this.#perMs = perSecond / 1000
    this.#size = Math.max(1, this.#perMs * BUCKET_MS)
    this.#filledAt = now
  }

  /** How many of the `wanted` starts may happen now; they count as done. */
  take(now: number, wanted: number): number {
    this.#fill(now)
    const granted = Math.min(wanted, Math.floor(this.#tokens + ROUNDING))
    this.#tokens -= granted
    return granted
  }

  /** When at least one start may happen: `now`, or a later instant. */
  nextAt(now: number): number {
    this.#fill(now)
    const missing = 1 - this.#tokens - ROUNDING
    return missing <= 0 ? now : now + Math.ceil(missing / this.#perMs)
  }

  #fill(now: number): void {
    // A clock that steps back brings nothing and takes nothing away.
    const elapsedMs = Math.max(0, now - this.#filledAt)
    this.#tokens = Math.min(this.#size, this.#tokens + elapsedMs * this.#perMs)
    this.#filledAt = now
  }
}
