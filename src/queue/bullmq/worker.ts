import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { Worker as JobWorker, type Job } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import type { Slice } from '../../campaign/delivery.ts'
import { systemClock } from '../../clock.ts'
import { SenderProcess, StandbySender, type SenderProgram } from '../processes/sender-process.ts'
import type { RedisLink } from './redis-link.ts'
import { WorkerSession } from './worker-session.ts'
import { atMost } from './at-most.ts'
import type { CallMaker } from './call-session.ts'
import { WorkerCalls } from './worker-calls.ts'
import { clearWorker } from './worker-list.ts'
import { slicePlace, SLICES, workerKeys, WORKERS, type Registration, type SliceJob, type ToWorker } from './wire.ts'

export interface RemoteWorkerOptions {
  readonly link: RedisLink
  readonly program: SenderProgram
  readonly version: string
  /** Sender processes at once, over all runs. */
  readonly senders: number
  /** Sender processes that are loaded before anybody asks for them, so that a run begins at once. */
  readonly ready: number
  readonly egressPools: readonly string[]
  readonly keyIds: readonly string[]
  /** Makes a sender's setup; throws when this worker lacks what the run needs: a secret, a pool. */
  readonly setupFrom: (brief: unknown) => unknown
  /** Makes calls for services; without it none are taken. */
  readonly makerFrom?: (brief: unknown) => CallMaker
  readonly onNote: (text: string) => void
}

const BEAT_MS = 1000
const TEND_MS = 250
const BLOCK_MS = 1000
const RETRY_MS = 200
const MOST_ENTRIES = 256
/** How long the last words of a worker that leaves may take to get away. */
const LAST_WORDS_MS = 5000

/**
 * A worker: sender processes for whichever coordinator asks, anywhere, over Redis.
 *
 * Open: registers each second, starts senders that it is asked for, takes slices from its own queue of jobs.
 * Alone, while a coordinator or Redis does not answer: what is in flight comes to its end, and nothing is started.
 * Leaving: takes nothing more, hands back what is not started, and is gone once what is in flight has come back.
 */
export class RemoteWorker {
  readonly #options: RemoteWorkerOptions
  readonly #id = randomBytes(9).toString('base64url')
  readonly #sessions = new Map<string, WorkerSession>()
  readonly #jobs: JobWorker<SliceJob>
  readonly #calls: WorkerCalls | null
  readonly #reader: Redis | Cluster
  readonly #standbys: StandbySender[] = []
  #cursor = '0-0'
  #beat = 0
  #isLeaving = false
  #isClosed = false
  #cancelBeat = (): void => undefined
  #cancelTend = (): void => undefined

  constructor(options: RemoteWorkerOptions) {
    this.#options = options
    const { link } = options
    const { prefix } = workerKeys(this.#id)
    this.#reader = link.duplicate()
    this.#jobs = new JobWorker<SliceJob>(SLICES, (job) => this.#take(job), {
      connection: link.redis,
      prefix,
      // A job waits for its slice to end; how many there are is for coordinators to say.
      concurrency: 1000,
      // A slice is never taken up anew: whoever has it knows it again, and says what becomes of it.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      autorun: false,
    })
    this.#jobs.on('error', () => undefined)
    const { makerFrom } = options
    this.#calls = makerFrom === undefined ? null : new WorkerCalls({ link, worker: this.#id, makerFrom })
  }

  /** Works until `signal` fires and all that is in flight has come back, or `cutSignal` fires. */
  async run({ signal, cutSignal }: { readonly signal: AbortSignal; readonly cutSignal: AbortSignal }): Promise<void> {
    await this.#register()
    void this.#jobs.run().catch(() => undefined)
    this.#calls?.start()
    const reading = this.#read()
    this.#tend()
    await fired(signal)
    this.#isLeaving = true
    await atMost(
      BEAT_MS,
      this.#register().catch(() => undefined),
    )
    await Promise.race([this.#leave(), fired(cutSignal)])
    this.#isClosed = true
    this.#cancelBeat()
    this.#cancelTend()
    for (const session of this.#sessions.values()) session.close()
    this.#reader.disconnect()
    await reading
    await atMost(LAST_WORDS_MS, this.#unregister())
  }

  async #leave(): Promise<void> {
    const sessions = [...this.#sessions.values()]
    await Promise.all([...sessions.map((session) => session.leave()), this.#calls?.leave()])
    await atMost(LAST_WORDS_MS, Promise.all(sessions.map(({ outbox }) => outbox.drain())))
  }

  async #register(): Promise<void> {
    const { link, version, senders, egressPools, keyIds } = this.#options
    const registration: Registration = {
      version,
      keyIds,
      senders,
      inUse: this.#inUse(),
      egressPools,
      isLeaving: this.#isLeaving,
      beat: ++this.#beat,
      host: hostname(),
    }
    await link.redis.hset(WORKERS, this.#id, JSON.stringify(registration))
  }

  async #unregister(): Promise<void> {
    try {
      await this.#calls?.close()
      await this.#jobs.close(true)
      await clearWorker(this.#options.link, this.#id)
    } catch {
      // Others clear it when it has been silent for a minute.
    }
  }

  #tend(): void {
    const beat = async (): Promise<void> => {
      try {
        await this.#register()
        await this.#lookAtInbox()
      } catch {
        // Out of memory, read-only, cut off: the next time.
      }
      for (const session of this.#sessions.values()) session.sayHeld()
      this.#calls?.sayHeld()
      if (!this.#isClosed) this.#cancelBeat = systemClock.after(BEAT_MS, () => void beat())
    }
    const tend = (): void => {
      for (const [key, session] of this.#sessions) {
        session.tend()
        if (session.isOver) {
          session.close()
          this.#sessions.delete(key)
        }
      }
      this.#keepReady()
      if (!this.#isClosed) this.#cancelTend = systemClock.after(TEND_MS, tend)
    }
    this.#cancelBeat = systemClock.after(BEAT_MS, () => void beat())
    tend()
  }

  /** A service that goes on for ever says something each second: what was read is removed. */
  async #lookAtInbox(): Promise<void> {
    const { redis } = this.#options.link
    const { inbox } = workerKeys(this.#id)
    const read = this.#cursor
    const [last] = await redis.xrevrange(inbox, '+', '-', 'COUNT', 1)
    // What was read stays there until more is: this one is of a Redis that has lost it, and whose clock is behind.
    if (last !== undefined && isBefore(last[0], read)) this.#cursor = '0-0'
    else await redis.xtrim(inbox, 'MINID', read)
  }

  #inUse(): number {
    return [...this.#sessions.values()].reduce((sum, { size }) => sum + size, 0)
  }

  #keepReady(): void {
    const { ready, program } = this.#options
    let wanted = this.#isLeaving ? 0 : ready - this.#standbys.length - this.#inUse()
    while (wanted-- > 0) this.#standbys.push(new StandbySender(program))
  }

  #startSender(): SenderProcess {
    const { program } = this.#options
    const standby = this.#standbys.shift()
    return new SenderProcess(standby === undefined ? program : { ...program, standby })
  }

  async #read(): Promise<void> {
    const { inbox } = workerKeys(this.#id)
    while (!this.#isClosed) {
      try {
        const reply = await this.#reader.xreadBuffer(
          'COUNT',
          MOST_ENTRIES,
          'BLOCK',
          BLOCK_MS,
          'STREAMS',
          inbox,
          this.#cursor,
        )
        for (const [id, [, sealed]] of reply?.[0]?.[1] ?? []) {
          this.#cursor = String(id)
          for (const message of this.#options.link.seal.open(sealed!, inbox) as ToWorker[]) this.#hear(message)
        }
      } catch (error) {
        if (this.#isClosed) return
        if (error instanceof Error && error.name === 'QueueError') this.#options.onNote(error.message)
        await systemClock.sleep(RETRY_MS)
      }
    }
  }

  #hear(message: ToWorker): void {
    switch (message.kind) {
      case 'open':
        return this.#open(message)
      case 'tell':
        for (const session of this.#sessions.values()) session.line(message.line)?.hear(message)
        return
      case 'beat':
        return this.#sessions.get(message.out)?.noteBeat()
      case 'close':
        return this.#sessionAt(message.out).closeLine(message.line)
      case 'attend':
      case 'dismiss':
        return this.#calls?.hear(message)
    }
  }

  #open({ line, out, brief, isReplacement }: Extract<ToWorker, { kind: 'open' }>): void {
    const { setupFrom, onNote } = this.#options
    const session = this.#sessionAt(out)
    session.noteBeat()
    if (session.line(line) !== undefined) return
    if (this.#isLeaving) return session.refuse(line, 'the worker is leaving', { isForGood: false })
    try {
      const setup = setupFrom(brief)
      session.open(line, { process: this.#startSender(), setup, isReplacement })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      onNote(`Could not take up a run: ${why}`)
      session.refuse(line, why, { isForGood: true })
    }
  }

  #sessionAt(out: string): WorkerSession {
    const known = this.#sessions.get(out)
    if (known !== undefined) return known
    const session = new WorkerSession(this.#options.link, out)
    this.#sessions.set(out, session)
    return session
  }

  async #take({ data: { line: id, id: sliceId, after, sealed } }: Job<SliceJob>): Promise<void> {
    const { seal } = this.#options.link
    for (const session of this.#sessions.values()) {
      const line = session.line(id)
      if (line === undefined) continue
      const slice = seal.open(Buffer.from(sealed, 'base64'), slicePlace(id, { id: sliceId })) as Slice
      return await line.take(slice, after)
    }
    // Of a sender that is gone: its coordinator knows that the slice is lost.
  }
}

/** Of ids in a stream, such as 1700000000000-0. */
function isBefore(id: string, other: string): boolean {
  const [[ms = 0, number = 0], [otherMs = 0, otherNumber = 0]] = [
    id.split('-').map(Number),
    other.split('-').map(Number),
  ]
  return ms === otherMs ? number < otherNumber : ms < otherMs
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
