import type { Slice } from '../../campaign/delivery.ts'
import { systemClock } from '../../clock.ts'
import type { SenderLine } from '../known-sender.ts'
import type { FromSender, ToSender } from '../protocol.ts'
import type { FromWorker, ToWorker } from './wire.ts'

export interface RemoteLineOptions {
  readonly id: string
  readonly worker: string
  /** Where its worker answers. */
  readonly out: string
  /** Says something to its worker. */
  readonly post: (message: ToWorker) => void
  /** To be taken once `after` messages were heard. */
  readonly addSlice: (slice: Slice, after: number) => void
  /** It takes nothing more, and hands back what it has not started. */
  readonly onLeaving: () => void
  /** These slices are in its worker's hands, of those that were lent to it. */
  readonly onHolds: (slices: readonly number[]) => void
}

/** How a sender on a worker ended. */
export interface Gone {
  /** Its worker has said so: nothing of it is in flight any more. */
  readonly isConfirmed: boolean
  readonly isRefusal: boolean
}

/** A worker that is asked to end a sender answers within milliseconds; one that is gone never does. */
const ANSWER_MS = 2000

/** The way to a sender on a worker: through the worker's inbox, and back through the stream of the run. */
export class RemoteLine implements SenderLine {
  readonly #options: RemoteLineOptions
  #told = 0
  #heard = 0
  #lastSlice = 0
  #isTorn = false
  #isEnding = false
  #gone: Gone | null = null
  #onMessage: (message: FromSender) => void = () => undefined
  #onGone: (error: Error | null) => void = () => undefined

  constructor(options: RemoteLineOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#options.id
  }

  get worker(): string {
    return this.#options.worker
  }

  /** Null while it is there. */
  get gone(): Gone | null {
    return this.#gone
  }

  listen(onMessage: (message: FromSender) => void, onGone: (error: Error | null) => void): void {
    this.#onMessage = onMessage
    this.#onGone = onGone
  }

  send(message: ToSender): void {
    if (this.#gone !== null || this.#isEnding) return
    const { id: line, out, post, addSlice } = this.#options
    if (message.kind === 'setup') {
      post({ kind: 'open', line, out, brief: message.setup, isReplacement: message.isReplacement })
    } else if (message.kind === 'slice') {
      this.#lastSlice = message.slice.id
      addSlice(message.slice, this.#told)
    } else {
      post({ kind: 'tell', line, number: ++this.#told, upTo: this.#lastSlice, message })
    }
  }

  /** What its worker says, in its order; what was said twice is heard once. */
  hear({ number, message }: FromWorker): void {
    if (this.#gone !== null) return
    // Whatever its number: a worker that knows nothing of the sender any more counts from 1.
    if (message.kind === 'gone') {
      const { why, isRefusal } = message
      return this.#end({ isConfirmed: true, isRefusal }, why === null ? null : new Error(why))
    }
    if (number <= this.#heard) return
    if (number > this.#heard + 1) this.#isTorn = true
    this.#heard = number
    // Redis has lost something, reports maybe: no slice has ended by this, and what was not reported is in doubt.
    if (this.#isTorn) this.kill()
    if (this.#isTorn && message.kind !== 'reports') return
    if (message.kind === 'leaving') this.#options.onLeaving()
    else if (message.kind === 'holds') this.#options.onHolds(message.slices)
    else this.#onMessage(message)
  }

  kill(): void {
    this.disconnect()
  }

  disconnect(): void {
    if (this.#gone !== null || this.#isEnding) return
    this.#isEnding = true
    const { id: line, out, post } = this.#options
    post({ kind: 'close', line, out })
    systemClock.after(ANSWER_MS, () => this.#end({ isConfirmed: false, isRefusal: false }, null))
  }

  #end(gone: Gone, error: Error | null): void {
    if (this.#gone !== null) return
    this.#gone = gone
    this.#onGone(error)
  }
}
