import { Queue as JobQueue } from 'bullmq'
import type { Slice } from '../../campaign/delivery.ts'
import { systemClock } from '../../clock.ts'
import { atMost } from './at-most.ts'
import { Outbox } from './outbox.ts'
import type { RedisLink } from './redis-link.ts'
import type { RemoteLine } from './remote-line.ts'
import { slicePlace, SLICES, workerKeys, type SliceJob, type ToWorker } from './wire.ts'

const RETRY_MS = 300
/** BullMQ tells what it does in a stream of its own, which nobody here reads. */
const EVENTS_KEPT = 100

interface Way {
  readonly inbox: Outbox
  readonly jobs: JobQueue<SliceJob>
}

/** The ways to workers: jobs with slices, and an inbox for everything else. */
export class SliceJobs {
  readonly #link: RedisLink
  readonly #ways = new Map<string, Way>()
  readonly #gone = new Set<string>()
  #added = 0
  #isClosed = false

  constructor(link: RedisLink) {
    this.#link = link
  }

  post(worker: string, message: ToWorker): void {
    this.#wayTo(worker).inbox.put(message)
  }

  add(line: RemoteLine, slice: Slice, after: number): void {
    const sealed = this.#link.seal.seal(slice, slicePlace(line.id, slice), { isRows: true }).toString('base64')
    void this.#add(line, { line: line.id, id: slice.id, after, sealed })
  }

  async #add(line: RemoteLine, job: SliceJob): Promise<void> {
    const { jobs } = this.#wayTo(line.worker)
    // Not that of the slice: a job that Redis takes for begun, and nobody has, would keep another of its name away for a minute.
    const jobId = `${job.line}-${job.id}-${++this.#added}`
    while (!this.#isClosed && !this.#gone.has(line.id)) {
      try {
        await jobs.add(SLICES, job, { jobId, removeOnComplete: true, removeOnFail: true })
        return
      } catch {
        await systemClock.sleep(RETRY_MS)
      }
    }
  }

  /** How long something that was said has waited for Redis to take it. */
  get delayMs(): number {
    return Math.max(0, ...[...this.#ways.values()].map(({ inbox }) => inbox.delayMs))
  }

  /** What waits to be said to this line is not said any more. */
  forget({ id }: RemoteLine): void {
    this.#gone.add(id)
  }

  /** Those who were told something. */
  get workers(): readonly string[] {
    return [...this.#ways.keys()]
  }

  async close(): Promise<void> {
    // The last words are that senders are to end.
    const done = Promise.all([...this.#ways.values()].map(({ inbox }) => inbox.drain()))
    await atMost(RETRY_MS, done)
    this.#isClosed = true
    for (const { inbox } of this.#ways.values()) inbox.close()
    await Promise.allSettled([...this.#ways.values()].map(({ jobs }) => jobs.close()))
  }

  #wayTo(worker: string): Way {
    const known = this.#ways.get(worker)
    if (known !== undefined) return known
    const { prefix, inbox: key } = workerKeys(worker)
    const jobs = new JobQueue<SliceJob>(SLICES, {
      connection: this.#link.redis,
      prefix,
      streams: { events: { maxLen: EVENTS_KEPT } },
    })
    jobs.on('error', () => undefined)
    const inbox = new Outbox({ link: this.#link, key, clock: systemClock, gatherMs: 0, makesStream: true })
    const way = { inbox, jobs }
    this.#ways.set(worker, way)
    return way
  }
}
