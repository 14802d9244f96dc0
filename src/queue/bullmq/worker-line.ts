import { deliveriesOf, type Slice } from '../../campaign/delivery.ts'
import type { SenderLine } from '../known-sender.ts'
import type { FromSender } from '../protocol.ts'
import type { FromWorker, ToWorker } from './wire.ts'

type Tell = Extract<ToWorker, { kind: 'tell' }>

export interface WorkerLineOptions {
  readonly id: string
  readonly process: SenderLine
  readonly setup: unknown
  readonly isReplacement: boolean
  readonly say: (message: FromWorker) => void
  readonly onGone: () => void
}

/** Stops that were said: slices lent before them that come after them have to be handed back. */
interface Stop {
  readonly chunk: number | null
  readonly upTo: number
}

/** BullMQ brings a job again, a minute later at most, when Redis has lost that it was done: a slice takes some 10 ms at least. */
const REMEMBERED = 10_000

/** One sender process of a worker, and what its coordinator knows of it. */
export class WorkerLine {
  readonly #options: WorkerLineOptions
  readonly #slices = new Map<number, PromiseWithResolvers<void>>()
  readonly #ended = new Set<number>()
  readonly #stops: Stop[] = []
  #heard = 0
  #news = Promise.withResolvers<void>()
  #said = 0
  #share = 0
  #isLeaving = false
  #why: string | null = null
  readonly #gone = Promise.withResolvers<void>()
  #isGone = false

  constructor(options: WorkerLineOptions) {
    this.#options = options
    const { process, setup, isReplacement } = options
    process.listen(
      (message) => this.#pass(message),
      (error) => this.#end(error),
    )
    process.send({ kind: 'setup', setup, isReplacement })
  }

  /** Calls that it may have in flight. */
  get share(): number {
    return this.#share
  }

  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** Resolves when the slice has ended, or the sender is gone: BullMQ keeps the job until then. */
  async take(slice: Slice, after: number): Promise<void> {
    // Jobs and the inbox are two ways: what was said before the slice was lent holds for it.
    while (this.#heard < after && !this.#isGone) await this.#news.promise
    await this.#begin(slice)
  }

  #begin(slice: Slice): Promise<void> {
    const { id } = slice
    const held = this.#slices.get(id)
    if (held !== undefined) return held.promise
    if (this.#isGone || this.#ended.has(id)) return Promise.resolve()
    const isStopped = this.#stops.some(({ chunk, upTo }) => id <= upTo && (chunk === null || chunk === slice.chunk))
    if (isStopped || this.#isLeaving) {
      this.#remember(id)
      this.#say({ kind: 'ended', sliceId: id, notStarted: deliveriesOf(slice) })
      return Promise.resolve()
    }
    const taken = Promise.withResolvers<void>()
    this.#slices.set(id, taken)
    this.#options.process.send({ kind: 'slice', slice })
    return taken.promise
  }

  /** What the coordinator tells; said twice it is heard once. */
  hear({ number, upTo, message }: Tell): void {
    if (number <= this.#heard) return
    if (number > this.#heard + 1) return this.close('Redis has lost something that it was told')
    this.#heard = number
    this.#tellNews()
    if (message.kind === 'share') this.#share = message.share
    if (message.kind === 'stop') this.#stops.push({ chunk: message.chunk, upTo })
    this.#options.process.send(message)
  }

  /** Calls may be started for so long from now. */
  lease(ms: number): void {
    this.#options.process.send({ kind: 'lease', ms })
  }

  /** Tells which slices it has. */
  sayHeld(): void {
    this.#say({ kind: 'holds', slices: [...this.#slices.keys()] })
  }

  /** Hands back what it has not started, and ends once what is in flight has come back. */
  leave(): void {
    if (this.#isLeaving || this.#isGone) return
    this.#isLeaving = true
    this.#say({ kind: 'leaving' })
    this.#options.process.send({ kind: 'stop', chunk: null, order: 0 })
    this.#endIfEmpty()
  }

  /** Ends it at once: what is in flight is in doubt. */
  close(why: string | null): void {
    if (this.#isGone) return
    this.#why = why
    this.#options.process.kill()
  }

  #pass(message: FromSender): void {
    this.#say(message)
    if (message.kind !== 'ended') return
    const { sliceId } = message
    this.#remember(sliceId)
    this.#slices.get(sliceId)?.resolve()
    this.#slices.delete(sliceId)
    if (this.#isLeaving) this.#endIfEmpty()
  }

  #endIfEmpty(): void {
    if (this.#slices.size === 0) this.#options.process.disconnect()
  }

  #tellNews(): void {
    this.#news.resolve()
    this.#news = Promise.withResolvers()
  }

  #remember(sliceId: number): void {
    this.#ended.add(sliceId)
    const [oldest] = this.#ended
    if (this.#ended.size > REMEMBERED) this.#ended.delete(oldest!)
  }

  #say(message: FromWorker['message']): void {
    this.#options.say({ line: this.#options.id, number: ++this.#said, message })
  }

  #end(error: Error | null): void {
    this.#isGone = true
    this.#tellNews()
    for (const { resolve } of this.#slices.values()) resolve()
    this.#slices.clear()
    this.#say({ kind: 'gone', why: this.#why ?? error?.message ?? null, isRefusal: false })
    this.#gone.resolve()
    this.#options.onGone()
  }
}
