import type { Clock } from '../clock.ts'

const WINDOW_MS = 60_000
const MOST_ADDRESSES = 10_000

/**
 * Counts who shows tokens that nobody has, by address.
 *
 * Nobody guesses a token: the limit keeps whoever tries from filling logs and taking time. The count of the address that
 * came first is forgotten when too many others do, so that it holds no more memory than for those.
 *
 * Default: 20 a minute: a client with a token that was revoked, and some retries of it.
 */
export class FailedLogins {
  readonly #clock: Clock
  readonly #most: number
  readonly #byAddress = new Map<string, { count: number; readonly until: number }>()

  constructor(clock: Clock, most = 20) {
    this.#clock = clock
    this.#most = most
  }

  /** How long the address has to wait, in ms; 0 while it may try. */
  waitMs(address: string): number {
    const known = this.#byAddress.get(address)
    if (known === undefined || known.count < this.#most) return 0
    return Math.max(0, known.until - this.#clock.now())
  }

  note(address: string): void {
    const now = this.#clock.now()
    const known = this.#byAddress.get(address)
    if (known !== undefined && known.until > now) {
      known.count++
      return
    }
    this.#byAddress.delete(address)
    if (this.#byAddress.size >= MOST_ADDRESSES) this.#byAddress.delete(this.#byAddress.keys().next().value ?? '')
    this.#byAddress.set(address, { count: 1, until: now + WINDOW_MS })
  }
}
