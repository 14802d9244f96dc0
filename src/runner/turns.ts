import { HookcastError } from '../errors.ts'

/** One piece of work after the other. After an error of ours nothing is done any more: what was written has to be looked at first. */
export class Turns {
  #last: Promise<void> = Promise.resolve()
  #failure: HookcastError | null = null
  #isOver = false

  /** Does the work when all before it is done; throws what it does, or what an earlier one failed with. */
  async take(work: () => Promise<void>): Promise<void> {
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    try {
      await before
      if (this.#failure !== null) throw this.#failure
      if (this.#isOver) throw new TypeError('expected a run that is open, got one that was closed')
      await work()
    } catch (error) {
      if (error instanceof HookcastError) this.#failure = error
      throw error
    } finally {
      resolve()
    }
  }

  /** Takes no more work; resolves when the last is done. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#last
  }
}
