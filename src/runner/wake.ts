import type { Clock } from '../clock.ts'

/** One timer for all that is waited for. */
export class Wake {
  readonly #clock: Clock
  readonly #onWake: () => void
  #cancel = (): void => undefined

  constructor(clock: Clock, onWake: () => void) {
    this.#clock = clock
    this.#onWake = onWake
  }

  /** Calls back at the earliest of these (epoch ms; null never comes), in place of what was set before. */
  at(instants: readonly (number | null)[]): void {
    this.cancel()
    const earliest = Math.min(...instants.filter((at) => at !== null))
    if (earliest === Infinity) return
    this.#cancel = this.#clock.after(Math.max(0, earliest - this.#clock.now()), this.#onWake)
  }

  cancel(): void {
    this.#cancel()
  }
}

/** Commits happen this often while there is something to write down (the promise is 20 ms). */
export const COMMIT_MS = 15

/** The turns of one worker: one at a time, each as late as it may be; what asks during one gets the next. */
export class Ticks {
  readonly #clock: Clock
  readonly #onTick: () => void
  #cancel: (() => void) | null = null
  #isTicking = false
  #isDue = false

  constructor(clock: Clock, onTick: () => void) {
    this.#clock = clock
    this.#onTick = onTick
  }

  /** The next one comes in that time at the latest that was asked for first. */
  schedule(waitMs = COMMIT_MS): void {
    this.#cancel ??= this.#clock.after(waitMs, this.#onTick)
  }

  /** One begins, in place of the scheduled one; false while one goes on: another follows then. */
  begin(): boolean {
    this.#cancel?.()
    this.#cancel = null
    this.#isDue = this.#isTicking
    if (this.#isTicking) return false
    this.#isTicking = true
    return true
  }

  /** The one that has begun is over. */
  release(): void {
    this.#isTicking = false
    if (this.#isDue) this.schedule(0)
  }

  /** None comes any more. */
  end(): void {
    this.#cancel?.()
    this.#cancel = () => undefined
  }
}
