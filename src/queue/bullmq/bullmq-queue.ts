import { randomBytes, randomInt } from 'node:crypto'
import { systemClock } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import type { KnownSender } from '../known-sender.ts'
import type { QueueEvents } from '../queue.ts'
import { SenderGroup } from '../sender-group.ts'
import { atMost } from './at-most.ts'
import { OutReader } from './out-reader.ts'
import type { RedisLink } from './redis-link.ts'
import { RemoteLine } from './remote-line.ts'
import { forgetSession, keepSessions, KEPT_MS, rememberLine } from './sessions.ts'
import { SliceJobs } from './slice-jobs.ts'
import { clearIfGone, whyUnusable, WorkerList, type ListedWorker } from './worker-list.ts'
import { runKeys, type FromWorker } from './wire.ts'

export interface BullmqQueueOptions {
  readonly link: RedisLink
  readonly runId: string
  readonly version: string
  /** Senders at most, over all workers. */
  readonly senders: number
  /** What a worker makes a sender's setup from; holds no secret. */
  readonly brief: unknown
  /** Only workers that can call from this pool are asked; null for all. */
  readonly egressPool: string | null
  /** How long a call of a worker that is gone may still be in flight. */
  readonly timeoutMs: number
  readonly events: QueueEvents
  /** Told of what somebody should look at. */
  readonly onNote: (text: string) => void
  /** Every sender of it has ended. */
  readonly onClosed?: () => void
}

const TEND_MS = 1000
/** Redis answers a reader that waits within a second: after that it is cut off, stopped, or gone. */
const DEAF_MS = 2500
const CLEAR_MS = 1000
const FAILED_STARTS = 3
/** Somebody may be starting a worker just now. */
const PATIENCE_MS = 3000

/**
 * Senders on workers, anywhere: slices go to them as jobs of BullMQ, a queue for each worker, and what became of them
 * comes back through a stream of the run.
 *
 * Starting: lines to senders are opened on the workers that are there, one after the other, as many as the run has use for.
 * Running: workers join and leave; a worker that falls silent is given up, and its slices are in doubt.
 * Deaf, while Redis does not answer: nobody is given up for their silence, and workers start nothing.
 * Stopping: every sender is ended, and says so; then what is left of the session in Redis is removed.
 */
export class BullmqQueue extends SenderGroup {
  /** A job of BullMQ takes a millisecond of its worker, and half of one each of the coordinator and of Redis. Half a second's work is the most all the same. */
  readonly sliceRows = 4096
  readonly #options: BullmqQueueOptions
  readonly #session = randomBytes(9).toString('base64url')
  readonly #out: string
  readonly #jobs: SliceJobs
  readonly #list: WorkerList
  readonly #reader: OutReader<FromWorker>
  readonly #lines = new Map<string, { readonly line: RemoteLine; readonly sender: KnownSender }>()
  readonly #failedStarts = new Map<string, number>()
  readonly #refused = new Map<string, string>()
  /** By line: slices that its worker did not name when it last said what it holds. */
  readonly #missing = new Map<string, ReadonlySet<number>>()
  readonly #noted = new Set<string>()
  #nextLine = 1
  #replacements = 0
  #aloneSince: number | null = null
  #cancelTend = (): void => undefined
  #tending: Promise<void> | null = null
  #hasWorked = false

  constructor(options: BullmqQueueOptions) {
    super(options.events)
    this.#options = options
    const { link, runId } = options
    this.#out = runKeys(runId).out(this.#session)
    this.#jobs = new SliceJobs(link)
    this.#list = new WorkerList(link)
    this.#reader = new OutReader(link, {
      key: this.#out,
      keptMs: KEPT_MS,
      onMessages: (messages) => this.#hear(messages),
    })
  }

  /** When each slice was lent that a worker has now. */
  lentAt(): number[] {
    return [...this.senders].flatMap(({ slices }) => [...slices.values()].map(({ lentAt }) => lentAt))
  }

  async start(): Promise<void> {
    await this.#reader.open()
    this.watch()
    this.#tend()
    await this.#tending
  }

  protected override onReady({ line }: KnownSender): void {
    this.#hasWorked = true
    this.#failedStarts.delete((line as RemoteLine).worker)
  }

  protected override canHear(): boolean {
    return this.#reader.silentMs < DEAF_MS && this.#jobs.delayMs < DEAF_MS
  }

  protected replace(lost: KnownSender, error: Error | null): void {
    const line = lost.line as RemoteLine
    const { isConfirmed, isRefusal } = line.gone!
    this.#forget(line)
    // Nobody can ask it: its calls may go on until their time is out.
    if (!isConfirmed) this.keepBack(lost.usedShare, this.#options.timeoutMs)
    if (!lost.isReady && error !== null) this.#noteFailedStart(line.worker, error, isRefusal)
    if (lost.slices.size > 0) this.#replacements++
    this.#tend()
    this.share()
  }

  #noteFailedStart(worker: string, error: Error, isRefusal: boolean): void {
    const failed = (this.#failedStarts.get(worker) ?? 0) + 1
    this.#failedStarts.set(worker, failed)
    if (!isRefusal && failed < FAILED_STARTS) return
    this.#refused.set(worker, error.message)
    this.#note(`A worker cannot send this run: ${error.message}`)
  }

  #forget(line: RemoteLine): void {
    this.#lines.delete(line.id)
    this.#missing.delete(line.id)
    this.#jobs.forget(line)
  }

  #hear(messages: readonly FromWorker[]): void {
    for (const message of messages) this.#lines.get(message.line)?.line.hear(message)
  }

  /** Each second: who is there, does Redis have what it was given, is a sender wanting. */
  #tend(): void {
    if (this.#tending !== null || this.isStopping) return
    this.#cancelTend()
    this.#tending = this.#lookAround()
  }

  async #lookAround(): Promise<void> {
    try {
      await this.#reader.ensure()
      await keepSessions(this.#options.link, this.#options.runId)
      await this.#list.look()
      if (!this.isStopping) await this.#openLines()
      const beat = { kind: 'beat', out: this.#out } as const
      for (const worker of new Set([...this.#lines.values()].map(({ line }) => line.worker)))
        this.#jobs.post(worker, beat)
    } catch {
      // Redis does not answer, or is full: the next time.
    }
    this.#tending = null
    if (!this.isStopping) this.#cancelTend = systemClock.after(TEND_MS, () => this.#tend())
  }

  async #openLines(): Promise<void> {
    const usable = this.#list.workers.filter((worker) => this.#canUse(worker))
    const own = new Map(usable.map(({ id }) => [id, 0]))
    for (const { line } of this.#lines.values()) own.set(line.worker, (own.get(line.worker) ?? 0) + 1)
    // Other runs have senders there, too: whoever has fewest is asked, of those that are equal one with fewest of this run.
    const loadOf = ({ id, senders, inUse }: ListedWorker): number => Math.max(own.get(id)!, inUse) / senders
    while (
      !this.isStopping &&
      [...this.#lines.values()].filter(({ sender }) => !sender.isLeaving).length < this.#options.senders
    ) {
      const free = usable.filter(({ id, senders }) => own.get(id)! < senders)
      const equal = leastBy(leastBy(free, loadOf), ({ id }) => own.get(id)!)
      const worker = equal[randomInt(Math.max(1, equal.length))]
      if (worker === undefined) break
      own.set(worker.id, own.get(worker.id)! + 1)
      await this.#open(worker.id)
    }
    this.#tellIfAlone(usable.length)
  }

  #canUse(worker: ListedWorker): boolean {
    const { link, version, egressPool } = this.#options
    const { id, egressPools, isLeaving } = worker
    if (isLeaving || this.#refused.has(id)) return false
    const why = whyUnusable(worker, { keyId: link.seal.keyId, version })
    if (why !== null) {
      this.#note(why)
      return false
    }
    return egressPool === null || egressPools.includes(egressPool)
  }

  async #open(worker: string): Promise<void> {
    const { link, runId, brief } = this.#options
    const id = `${this.#session}-${this.#nextLine++}`
    const line: RemoteLine = new RemoteLine({
      id,
      worker,
      out: this.#out,
      post: (message) => this.#jobs.post(worker, message),
      addSlice: (slice, after) => this.#jobs.add(line, slice, after),
      onLeaving: () => {
        const known = this.#lines.get(id)
        if (known === undefined) return
        known.sender.isLeaving = true
        this.share()
        this.#tend()
      },
      onHolds: (slices) => this.#lookAfter(id, slices),
    })
    // Whoever takes the run over has to find it.
    await rememberLine(link, { runId, session: this.#session, line: id, worker })
    if (this.isStopping) return
    this.#lines.set(id, { line, sender: this.add(line) })
    const isReplacement = this.#replacements > 0
    if (isReplacement) this.#replacements--
    line.send({ kind: 'setup', setup: brief, isReplacement })
  }

  /** Due, but not held: what Redis has lost on its way is said again; a worker that has it after all takes it once. */
  #lookAfter(id: string, held: readonly number[]): void {
    const known = this.#lines.get(id)
    if (known === undefined) return
    const missing = new Set([...known.sender.slices.keys()].filter((slice) => !held.includes(slice)))
    const before = this.#missing.get(id) ?? new Set()
    this.#missing.set(id, missing)
    for (const slice of missing) {
      if (before.has(slice)) this.#jobs.add(known.line, known.sender.slices.get(slice)!.slice, 0)
    }
  }

  #tellIfAlone(usable: number): void {
    const now = systemClock.now()
    if (usable > 0) return void (this.#aloneSince = null)
    this.#aloneSince ??= now
    const refusals = [...this.#refused.values()]
    if (refusals.length > 0 && this.#lines.size === 0 && !this.#hasWorked) {
      const message = `No worker can send this run: ${refusals.at(-1)!}`
      return this.events.onTrouble(new QueueError('HOOKCAST_SENDER_LOST', message))
    }
    if (now - this.#aloneSince < PATIENCE_MS || this.#lines.size > 0) return
    const { egressPool } = this.#options
    const which = egressPool === null ? '' : ` that can call from the egress pool ${egressPool}`
    this.#note(`Waiting for a worker${which}: start one with \`hookcast worker --redis …\``)
  }

  #note(text: string): void {
    if (this.#noted.has(text)) return
    this.#noted.add(text)
    this.#options.onNote(text)
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelTend()
    await super[Symbol.asyncDispose]()
    const { link, runId } = this.#options
    // It may be writing down another sender just now.
    await atMost(TEND_MS, this.#tending ?? Promise.resolve())
    await this.#jobs.close()
    await this.#reader.close()
    await forgetSession(link, { runId, session: this.#session })
    const clearing = Promise.all(this.#jobs.workers.map((worker) => clearIfGone(link, worker)))
    await atMost(
      CLEAR_MS,
      clearing.catch(() => undefined),
    )
    this.#options.onClosed?.()
  }
}

function leastBy<T>(all: readonly T[], measure: (one: T) => number): readonly T[] {
  const least = Math.min(...all.map(measure))
  return all.filter((one) => measure(one) === least)
}
