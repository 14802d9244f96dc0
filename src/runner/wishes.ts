import type { RunState } from '../campaign/result.ts'

/** What somebody wants of a run of events; the later in this list, the more it means. */
const WISHES = ['paused', 'closed', 'cancelled'] as const
export type Wish = (typeof WISHES)[number]

/** What is wanted of a run of events: a pause that comes while it closes is no reason to stay, nor a close to forget its end. */
export class Wishes {
  #wish: Wish | null = null
  #heard = Promise.withResolvers<RunState>()

  /** What was not taken yet. */
  get wish(): Wish | null {
    return this.#wish
  }

  put(wish: Wish): void {
    if (this.#wish === null || WISHES.indexOf(wish) > WISHES.indexOf(this.#wish)) this.#wish = wish
    this.#heard.resolve(wish === 'closed' ? 'running' : wish)
  }

  take(): Wish | null {
    const wish = this.#wish
    this.#wish = null
    return wish
  }

  /** Resolves with the state in which calls that begin now are to end. */
  listen(): Promise<RunState> {
    this.#heard = Promise.withResolvers()
    return this.#heard.promise
  }
}
