import { Queue as JobQueue } from 'bullmq'
import type { RedisLink } from './redis-link.ts'
import type { WorkerList } from './worker-list.ts'
import { SLICES, workerKeys } from './wire.ts'

/** The jobs of one worker, for whoever looks at them. */
export interface WorkerQueue {
  /** Its machine, and what tells it from others there. */
  readonly name: string
  readonly jobs: JobQueue
}

/** The queues of the workers that there are, as long as somebody looks. */
export class WorkerQueues {
  readonly #link: RedisLink
  readonly #list: WorkerList
  readonly #known = new Map<string, WorkerQueue>()

  constructor(link: RedisLink, list: WorkerList) {
    this.#link = link
    this.#list = list
  }

  all(): readonly WorkerQueue[] {
    const { workers } = this.#list
    for (const [id, { jobs }] of this.#known) {
      if (workers.some((worker) => worker.id === id)) continue
      this.#known.delete(id)
      void jobs.close().catch(() => undefined)
    }
    for (const { id, host } of workers) {
      if (this.#known.has(id)) continue
      const jobs = new JobQueue(SLICES, {
        connection: this.#link.redis,
        prefix: workerKeys(id).prefix,
        skipMetasUpdate: true,
      })
      jobs.on('error', () => undefined)
      this.#known.set(id, { name: `${host} ${id}`, jobs })
    }
    return [...this.#known.values()]
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#known.values()].map(({ jobs }) => jobs.close()))
  }
}
