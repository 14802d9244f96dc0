import type { Exchange } from './exchange.ts'

/**
 * Holds calls back that are to go out over a connection that was used before, until the event loop has looked at all
 * connections once: an end, or an answer nobody asked for, is seen before anything is written.
 *
 * What comes right behind an answer lies in the kernel when that answer is read, so the next look finds it. One wait
 * serves all calls that began since the last.
 */
export class NextTurn {
  #begun: Exchange[] = []
  #due: Exchange[] = []
  #isAwaited = false

  add(exchange: Exchange): void {
    this.#begun.push(exchange)
    this.#await()
  }

  #await(): void {
    if (this.#isAwaited) return
    this.#isAwaited = true
    setImmediate(this.#turn)
  }

  /** Begun since the last turn is not yet due: the loop may not have looked since. */
  readonly #turn = (): void => {
    this.#isAwaited = false
    const due = this.#due
    this.#due = this.#begun
    this.#begun = []
    if (this.#due.length > 0) this.#await()
    for (const exchange of due) exchange.connection.write(exchange)
  }
}
