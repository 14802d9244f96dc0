import { Worker as JobWorker, type Job } from 'bullmq'
import { CallSession, type CallMaker } from './call-session.ts'
import type { RedisLink } from './redis-link.ts'
import { callPlace, CALLS, workerKeys, type CallJob, type HandedCalls, type ToCaller } from './wire.ts'

export interface WorkerCallsOptions {
  readonly link: RedisLink
  readonly worker: string
  readonly makerFrom: (brief: unknown) => CallMaker
}

/** Jobs are done when their calls have begun: some at a time hide the way to Redis. */
const JOBS_AT_ONCE = 8

/** The calls that a worker makes for services, from a queue of jobs of its own. */
export class WorkerCalls {
  readonly #options: WorkerCallsOptions
  readonly #jobs: JobWorker<CallJob>
  readonly #sessions = new Map<string, CallSession>()
  #isLeaving = false

  constructor(options: WorkerCallsOptions) {
    this.#options = options
    const { link, worker } = options
    this.#jobs = new JobWorker<CallJob>(CALLS, (job) => this.#take(job), {
      connection: link.redis,
      prefix: workerKeys(worker).prefix,
      concurrency: JOBS_AT_ONCE,
      // One that comes twice is known again, or comes too late.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      autorun: false,
    })
    this.#jobs.on('error', () => undefined)
  }

  start(): void {
    void this.#jobs.run().catch(() => undefined)
  }

  hear(message: ToCaller): void {
    const { out } = message
    if (message.kind === 'attend') return this.#sessionOf(message)?.attend(message.beat)
    const session = this.#sessions.get(out)
    this.#sessions.delete(out)
    void session?.close()
  }

  #sessionOf({ out, brief }: Extract<ToCaller, { kind: 'attend' }>): CallSession | undefined {
    const known = this.#sessions.get(out)
    if (known !== undefined || this.#isLeaving) return known
    const { link, worker, makerFrom } = this.#options
    const session = new CallSession({ link, worker, out, maker: makerFrom(brief) })
    this.#sessions.set(out, session)
    return session
  }

  async #take({ data: { out, id, sealed } }: Job<CallJob>): Promise<void> {
    // Of a service that is gone, or was never heard: it makes them again, or is not there to miss them.
    const session = this.#sessions.get(out)
    const place = callPlace({ out, id })
    session?.take(id, this.#options.link.seal.open(Buffer.from(sealed, 'base64'), place) as HandedCalls)
    await Promise.resolve()
  }

  /** Each second. */
  sayHeld(): void {
    for (const [out, session] of this.#sessions) {
      session.sayHeld()
      if (!session.isOver) continue
      this.#sessions.delete(out)
      void session.close()
    }
  }

  async leave(): Promise<void> {
    this.#isLeaving = true
    await Promise.all([...this.#sessions.values()].map((session) => session.leave()))
  }

  async close(): Promise<void> {
    await Promise.all([...this.#sessions.values()].map((session) => session.close()))
    this.#sessions.clear()
    await this.#jobs.close(true)
  }
}
