import type { Exchange } from './exchange.ts'

/**
 * Calls in the order in which they began: a list through the exchanges themselves.
 *
 * A `Map` that is filled and emptied all the time leaves its old tables behind, each of which holds on to the calls it
 * had and to the next table; once one of them is old, all that follow live until a full collection (measured: 2 KB a
 * call, half of all full collections). Whoever leaves this list holds on to nobody.
 */
export class CallsInFlight {
  #first: Exchange | null = null
  #last: Exchange | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The one that began before all others. */
  get first(): Exchange | null {
    return this.#first
  }

  add(exchange: Exchange): void {
    exchange.before = this.#last
    if (this.#last === null) this.#first = exchange
    else this.#last.after = exchange
    this.#last = exchange
    this.#size++
  }

  remove(exchange: Exchange): void {
    const { before, after } = exchange
    if (before === null) this.#first = after
    else before.after = after
    if (after === null) this.#last = before
    else after.before = before
    exchange.before = null
    exchange.after = null
    this.#size--
  }
}
