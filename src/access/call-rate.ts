import type { Clock } from '../clock.ts'

/**
 * Limits how many requests a second one token may make: a bucket for each, which fills at the rate and holds two seconds of it.
 *
 * Default: 100 a second; a dashboard with ten people on it makes about ten.
 */
export class CallRate {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #byToken = new Map<string, { left: number; at: number }>()

  constructor(clock: Clock, perSecond = 100) {
    this.#clock = clock
    this.#perSecond = perSecond
  }

  /** Takes one call; gives how long the token has to wait, in ms, and 0 when it may go. */
  take(token: string): number {
    const now = this.#clock.now()
    const most = 2 * this.#perSecond
    const bucket = this.#byToken.get(token) ?? { left: most, at: now }
    const left = Math.min(most, bucket.left + (Math.max(0, now - bucket.at) * this.#perSecond) / 1000)
    const isFree = left >= 1
    this.#byToken.set(token, { left: isFree ? left - 1 : left, at: now })
    return isFree ? 0 : Math.ceil(((1 - left) * 1000) / this.#perSecond)
  }
}
