import { systemClock } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import type { KnownSender } from '../known-sender.ts'
import type { QueueEvents } from '../queue.ts'
import { SenderGroup } from '../sender-group.ts'
import { SenderProcess, type SenderProgram } from './sender-process.ts'

export { endProcesses, processStartOf, StandbySender, type SenderProgram } from './sender-process.ts'

export interface ProcessQueueOptions {
  readonly program: SenderProgram
  readonly senders: number
  /** Handed to every sender as it starts; holds secrets, is written nowhere. */
  readonly setup: unknown
  readonly events: QueueEvents
  /** A sender process was started; written down before it is lent anything. */
  onProcess(pid: number): void
}

/** The others begin this long after the first one was ready: its first calls are not to wait for a processor. */
const OTHERS_MS = 50

/** A sender that dies this often in a row before it is ready cannot be started at all. */
const FAILED_STARTS = 3

/**
 * Senders as child processes of the coordinator.
 *
 * Starting: one process is forked and told its setup, the others once it is ready; a slice is lent only to a ready one.
 * Running: one that dies or falls silent is replaced.
 * Stopping: dispose cuts the channels; a sender without a coordinator ends by itself.
 */
export class ProcessQueue extends SenderGroup {
  readonly sliceRows = 256
  readonly #options: ProcessQueueOptions
  #failedStarts = 0
  #cancelOthers: (() => void) | null = null

  constructor(options: ProcessQueueOptions) {
    super(options.events)
    this.#options = options
  }

  async start(): Promise<void> {
    this.#spawn(false)
    this.watch()
    await Promise.resolve()
  }

  #spawn(isReplacement: boolean): void {
    const process = new SenderProcess(this.#options.program)
    this.add(process)
    if (process.pid !== undefined) this.#options.onProcess(process.pid)
    process.send({ kind: 'setup', setup: this.#options.setup, isReplacement })
  }

  protected override onReady(): void {
    this.#failedStarts = 0
    // It may have said so just before it was let go of: nobody would end those that came after it.
    if (this.isStopping) return
    this.#cancelOthers ??= systemClock.after(OTHERS_MS, () => {
      for (let i = 1; i < this.#options.senders; i++) this.#spawn(false)
    })
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelOthers?.()
    await super[Symbol.asyncDispose]()
  }

  protected replace({ isReady }: KnownSender, error: Error | null): void {
    if (!isReady && ++this.#failedStarts >= FAILED_STARTS) {
      const cause = error ?? new Error('the process ended before it was ready')
      const message = `Could not start a sender process: ${cause.message}`
      this.events.onTrouble(new QueueError('HOOKCAST_SENDER_LOST', message, { cause }))
      return
    }
    this.#spawn(true)
    this.share()
  }
}
