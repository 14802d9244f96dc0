import { hash, randomBytes } from 'node:crypto'
import { systemClock } from '../../clock.ts'
import { atMost } from './at-most.ts'
import { CallLine, type RemoteEnd } from './call-line.ts'
import { OutReader } from './out-reader.ts'
import type { RedisLink } from './redis-link.ts'
import { whyUnusable, WorkerList, type ListedWorker } from './worker-list.ts'
import { callsKey, type FromCaller } from './wire.ts'

export interface RemoteCallsOptions {
  readonly link: RedisLink
  readonly version: string
  /** What workers make calls with; holds no secret. */
  readonly brief: unknown
  /** Told of what somebody should look at. */
  readonly onNote: (text: string) => void
}

export interface RemoteCall {
  /** Calls of one key go to the same worker as long as that is there, so that its connections are used again. */
  readonly key: number
  readonly timeoutMs: number
  readonly request: unknown
}

const TEND_MS = 1000
/** While nobody is there. */
const SEEK_MS = 300
/** Redis answers a reader that waits within a second: after that it is cut off, stopped, or gone. */
const DEAF_MS = 2500
/** Somebody may be starting a worker just now. */
const PATIENCE_MS = 3000
/** Of a service that was killed, what workers still have to say is not kept for long. */
const KEPT_MS = 3_600_000
const LAST_WORDS_MS = 300

/**
 * Calls that workers make, anywhere: they go as jobs of BullMQ, those of some milliseconds together, and their results
 * come back through a stream.
 *
 * Nothing is kept here or in Redis: a call of which nobody knows what became of it is given back, to be made again.
 * Open, while a worker is there. Alone: nothing is handed over, and somebody is told. Deaf, while Redis does not answer:
 * nobody is given up for their silence, and workers begin nothing.
 */
export class RemoteCalls implements AsyncDisposable {
  readonly #options: RemoteCallsOptions
  readonly #out = callsKey(randomBytes(9).toString('base64url'))
  readonly #list: WorkerList
  readonly #reader: OutReader<FromCaller>
  readonly #lines = new Map<string, CallLine>()
  readonly #noted = new Set<string>()
  #open: readonly CallLine[] = []
  /** By key; of the lines that are open now. */
  readonly #places = new Map<number, CallLine>()
  #waiting: (() => void)[] = []
  #beat = 0
  #nextCall = 1
  #nextJob = 1
  #tendedAt = systemClock.now()
  #hearsSince = systemClock.now()
  #aloneSince: number | null = null
  #isClosed = false
  #cancelTend = (): void => undefined

  constructor(options: RemoteCallsOptions) {
    this.#options = options
    const { link } = options
    this.#list = new WorkerList(link)
    this.#reader = new OutReader(link, {
      key: this.#out,
      keptMs: KEPT_MS,
      onMessages: (messages) => this.#hear(messages),
    })
  }

  async start(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#reader.open()
        return await this.#tend()
      } catch {
        // Redis is full, or read-only.
        await systemClock.sleep(SEEK_MS)
      }
    }
  }

  get isOpen(): boolean {
    return this.#open.length > 0 && this.#reader.silentMs < DEAF_MS
  }

  whenOpen(callback: () => void): void {
    this.#waiting.push(callback)
    if (this.isOpen) queueMicrotask(() => this.#tellWaiting())
  }

  call({ key, timeoutMs, request }: RemoteCall, onEnd: (end: RemoteEnd) => void): void {
    const line = this.#lineFor(key)
    if (line === null) return queueMicrotask(() => onEnd({ kind: 'again' }))
    line.call({ id: this.#nextCall++, timeoutMs, request, onEnd })
  }

  /** @see Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates" (highest random weight). */
  #lineFor(key: number): CallLine | null {
    const known = this.#places.get(key)
    if (known !== undefined) return known
    let [highest, line]: [string, CallLine | null] = ['', null]
    for (const each of this.#open) {
      const weight = hash('sha1', `${each.worker} ${key}`)
      if (weight > highest) [highest, line] = [weight, each]
    }
    if (line !== null) this.#places.set(key, line)
    return line
  }

  #hear(messages: readonly FromCaller[]): void {
    for (const { worker, message } of messages) this.#lines.get(worker)?.hear(message)
  }

  /** Each second: who is there, and who has been silent for too long. */
  async #tend(): Promise<void> {
    try {
      await this.#reader.ensure()
      await this.#list.look()
      if (!this.#isClosed) this.#openLines()
    } catch {
      // Redis does not answer, or is full: the next time.
    }
    if (this.#isClosed) return
    this.#beat++
    for (const line of this.#lines.values()) line.attend(this.#beat)
    this.#watch()
    this.#tellWaiting()
    this.#tellIfAlone()
    this.#cancelTend = systemClock.after(this.isOpen ? TEND_MS : SEEK_MS, () => void this.#tend())
  }

  #openLines(): void {
    const { link, brief } = this.#options
    for (const worker of this.#list.workers) {
      if (worker.isLeaving || this.#lines.has(worker.id) || !this.#canUse(worker)) continue
      const onTurn = (): void => this.#turn()
      const nextJob = (): number => this.#nextJob++
      this.#lines.set(worker.id, new CallLine({ link, worker: worker.id, out: this.#out, brief, nextJob, onTurn }))
    }
  }

  #canUse(worker: ListedWorker): boolean {
    const { link, version } = this.#options
    const why = whyUnusable(worker, { keyId: link.seal.keyId, version })
    if (why !== null) this.#note(why)
    return why === null
  }

  #watch(): void {
    const now = systemClock.now()
    const isHeard = now - this.#tendedAt < DEAF_MS && this.#reader.silentMs < DEAF_MS
    this.#tendedAt = now
    if (!isHeard || [...this.#lines.values()].some(({ delayMs }) => delayMs > DEAF_MS)) this.#hearsSince = now
    for (const line of this.#lines.values()) line.look(this.#hearsSince)
  }

  /** A line is open now, or is not any more. */
  #turn(): void {
    for (const [worker, line] of this.#lines) {
      if (!line.isGone) continue
      this.#lines.delete(worker)
      void line.close()
    }
    this.#open = [...this.#lines.values()].filter(({ isOpen }) => isOpen)
    this.#places.clear()
    this.#tellWaiting()
  }

  #tellWaiting(): void {
    if (!this.isOpen) return
    for (const callback of this.#waiting.splice(0)) callback()
  }

  #tellIfAlone(): void {
    const now = systemClock.now()
    if (this.#open.length > 0 || this.#waiting.length === 0) {
      this.#aloneSince = null
      return
    }
    this.#aloneSince ??= now
    if (now - this.#aloneSince < PATIENCE_MS) return
    this.#note('Event webhooks wait for a worker: start one with `hookcast worker --redis …`')
  }

  #note(text: string): void {
    if (this.#noted.has(text)) return
    this.#noted.add(text)
    this.#options.onNote(text)
  }

  /** What is in flight is cut off, and nobody is told. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelTend()
    const lines = [...this.#lines.values()]
    const { redis } = this.#options.link
    await atMost(LAST_WORDS_MS, Promise.all(lines.map((line) => line.dismiss())))
    await Promise.all(lines.map((line) => line.close()))
    await this.#reader.close()
    await atMost(
      LAST_WORDS_MS,
      redis.del(this.#out).catch(() => 0),
    )
  }
}
