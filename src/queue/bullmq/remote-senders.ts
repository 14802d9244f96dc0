import { systemClock } from '../../clock.ts'
import type { Queue } from '../queue.ts'
import { BullmqQueue, type BullmqQueueOptions } from './bullmq-queue.ts'
import { RemoteCalls, type RemoteCallsOptions } from './remote-calls.ts'
import { openRedis, placeOf, type RedisAccess } from './redis-link.ts'
import { takeBack, type TakenBack } from './sessions.ts'
import { WorkerList } from './worker-list.ts'
import { WorkerQueues, type WorkerQueue } from './worker-queues.ts'

/** How the workers are, and what they have in hand of the runs of this process. */
export interface WorkerHealth {
  /** Heard within the last seconds. */
  readonly workers: number
  /** Sender processes that they have room for. */
  readonly senders: number
  readonly slices: number
  /** Since when a worker has the oldest slice, in ms. */
  readonly oldestSliceMs: number
}

/** Senders on workers, for whoever conducts runs. */
export interface RemoteSenders extends AsyncDisposable {
  readonly warnings: readonly string[]
  /** Its Redis, without user and password. */
  readonly place: string
  createQueue(options: Omit<BullmqQueueOptions, 'link'>): Queue
  /** Calls that workers make, apart from any run. */
  createCalls(options: Omit<RemoteCallsOptions, 'link'>): RemoteCalls
  /** See `takeBack`. */
  takeBack(runId: string): Promise<TakenBack>
  health(): WorkerHealth
  jobQueues(): readonly WorkerQueue[]
}

const LOOK_MS = 2000

/** @throws {QueueError} HOOKCAST_REDIS_UNUSABLE, when there is no Redis that can be worked with. */
export async function openRemoteSenders(access: RedisAccess): Promise<RemoteSenders> {
  const link = await openRedis(access)
  const list = new WorkerList(link)
  const jobQueues = new WorkerQueues(link, list)
  const queues = new Set<BullmqQueue>()
  const closed = new AbortController()
  const look = async (): Promise<void> => {
    while (!closed.signal.aborted) {
      try {
        await list.look()
      } catch {
        // Redis does not answer: what was known stands until it does.
      }
      await systemClock.sleep(LOOK_MS, closed.signal)
    }
  }
  void look()
  return {
    warnings: link.warnings,
    place: placeOf(access.url),
    createQueue: (options) => {
      const onClosed = (): void => {
        queues.delete(queue)
        options.onClosed?.()
      }
      const queue: BullmqQueue = new BullmqQueue({ ...options, link, onClosed })
      queues.add(queue)
      return queue
    },
    createCalls: (options) => {
      const calls = new RemoteCalls({ ...options, link })
      void calls.start()
      return calls
    },
    takeBack: (runId) => takeBack(link, runId),
    health: () => {
      const lent = [...queues].flatMap((queue) => queue.lentAt())
      const now = systemClock.now()
      return {
        workers: list.workers.length,
        senders: list.workers.reduce((sum, { senders }) => sum + senders, 0),
        slices: lent.length,
        oldestSliceMs: lent.reduce((oldest, at) => Math.max(oldest, now - at), 0),
      }
    },
    jobQueues: () => jobQueues.all(),
    [Symbol.asyncDispose]: async () => {
      closed.abort()
      await jobQueues.close()
      await link[Symbol.asyncDispose]()
    },
  }
}
