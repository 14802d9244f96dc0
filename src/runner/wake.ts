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
