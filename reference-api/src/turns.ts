/** At about 0.05 ms a request, a turn takes 1 ms. */
export const PER_TURN = 16

/**
 * Serves no more than so many requests in one turn of the event loop; the others have the next ones, in their order.
 *
 * Node accepts one new connection a turn (libuv, since 1.45). If each turn served all that hundreds of connections have sent
 * meanwhile, the last of 1,000 connections that are opened at once would wait for more than 10 s to be let in, and its
 * sender would have given up.
 */
export class Turns {
  #served = 0
  #isSet = false
  readonly #waiting: (() => void)[] = []

  /** Takes a place in this turn; false: there is none, wait for the `next`. */
  take(): boolean {
    if (this.#served === PER_TURN) return false
    this.#served += 1
    this.#set()
    return true
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#set()
    })
  }

  #set(): void {
    if (this.#isSet) return
    this.#isSet = true
    setImmediate(() => {
      this.#isSet = false
      const turn = this.#waiting.splice(0, PER_TURN)
      this.#served = turn.length
      for (const serve of turn) serve()
      if (turn.length > 0) this.#set()
    })
  }
}
