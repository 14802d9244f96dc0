import type { Clock } from '../clock.ts'
import type { EndpointCaller } from './endpoint-caller.ts'

const LOCAL_PAUSE_MS = 1000

/** Whether any call may begin: not just after trouble of our own, and not while nobody is there to make it. */
export class Gate implements Disposable {
  readonly #clock: Clock
  readonly #caller: Pick<EndpointCaller, 'isOpen' | 'whenOpen'>
  readonly #onOpen: () => void
  #shutUntil = 0
  #cancel: (() => void) | null = null
  #isWaiting = false

  constructor(clock: Clock, caller: Pick<EndpointCaller, 'isOpen' | 'whenOpen'>, onOpen: () => void) {
    this.#clock = clock
    this.#caller = caller
    this.#onOpen = onOpen
  }

  /** After a no somebody is told when it is worth another question. */
  mayBegin(): boolean {
    const waitMs = this.#shutUntil - this.#clock.now()
    if (waitMs > 0) {
      this.#cancel ??= this.#clock.after(waitMs, () => {
        this.#cancel = null
        this.#onOpen()
      })
      return false
    }
    if (this.#caller.isOpen) return true
    if (this.#isWaiting) return false
    this.#isWaiting = true
    this.#caller.whenOpen(() => {
      this.#isWaiting = false
      this.#onOpen()
    })
    return false
  }

  /** Our own trouble: nothing new begins for a moment. */
  shut(): void {
    this.#shutUntil = this.#clock.now() + LOCAL_PAUSE_MS
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
  }
}
