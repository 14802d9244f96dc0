/** One piece of work after the other; whoever asked for it is told when it fails. */
export class Turn {
  #last: Promise<void> = Promise.resolve()

  async take<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    try {
      await before
      return await work()
    } finally {
      resolve()
    }
  }

  /** Resolves when all that was asked for so far is done. */
  async end(): Promise<void> {
    await this.#last
  }
}
