import type { Clock } from '../clock.ts'

/** Rings for each at the earliest time that was asked for; by then it is forgotten. */
export class Alarms<T> {
  readonly #clock: Clock
  readonly #onTime: (who: T) => void
  readonly #set = new Map<T, { readonly at: number; readonly cancel: () => void }>()

  constructor(clock: Clock, onTime: (who: T) => void) {
    this.#clock = clock
    this.#onTime = onTime
  }

  set(who: T, at: number): void {
    const known = this.#set.get(who)
    if (known !== undefined && known.at <= at) return
    known?.cancel()
    const cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#set.delete(who)
      this.#onTime(who)
    })
    this.#set.set(who, { at, cancel })
  }

  close(): void {
    for (const { cancel } of this.#set.values()) cancel()
    this.#set.clear()
  }
}
