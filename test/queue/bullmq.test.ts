import { randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Queue as JobQueue, type Job } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BullmqQueue, openRedis, RemoteWorker, type RedisLink } from '../../src/queue/bullmq/bullmq.ts'
import { workerKeys } from '../../src/queue/bullmq/wire.ts'
import type { QueueEvents } from '../../src/queue/queue.ts'
import { describeQueue, Journal, setupFor, sliceOf } from '../conformance/queue.ts'
import { childrenOf } from '../support/command-line.ts'
import { createReceiver } from '../support/receiver.ts'
import { RedisServer } from '../support/redis-server.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const KEYS = [{ id: 'test-key', bytes: randomBytes(32) }]

let server: RedisServer
let link: RedisLink
let workers: Promise<unknown>
let before: readonly number[]
const stop = new AbortController()

beforeAll(async () => {
  server = await RedisServer.start()
  link = await openRedis({ url: server.url, keys: KEYS })
  before = childrenOf(process.pid)
  workers = Promise.all([work(), work()])
})

/** Two of them, with room for two senders each: what the contract says holds over both. */
async function work(): Promise<void> {
  await using own = await openRedis({ url: server.url, keys: KEYS })
  const remote = new RemoteWorker({
    link: own,
    program: { entry: join(ROOT, 'src/sender/entry.ts'), readable: [ROOT, realpathSync(join(ROOT, 'node_modules'))] },
    version: '1.0.0',
    senders: 2,
    ready: 0,
    egressPools: [],
    keyIds: ['test-key'],
    setupFrom: (brief) => brief,
    onNote: (text) => console.error(text),
  })
  await remote.run({ signal: stop.signal, cutSignal: new AbortController().signal })
}

afterAll(async () => {
  stop.abort()
  await workers
  await link[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

let runs = 0

describeQueue({
  name: 'BullMQ',
  create({ setup, senders, events }) {
    const queue = createQueue({ setup, senders, events })
    return { queue, pids: () => childrenOf(process.pid).filter((pid) => !before.includes(pid)) }
  },
})

function createQueue({
  setup,
  senders,
  events,
}: {
  readonly setup: unknown
  readonly senders: number
  readonly events: QueueEvents
}): BullmqQueue {
  return new BullmqQueue({
    link,
    runId: `run-${runs++}`,
    version: '1.0.0',
    senders,
    brief: setup,
    egressPool: null,
    timeoutMs: 10_000,
    events,
    onNote: (text) => console.error(text),
  })
}

describe('a job that BullMQ brings again', () => {
  test('is known, also after many others', { timeout: 60_000 }, async () => {
    await using receiver = await createReceiver({ answer: () => ({}) })
    const journal = new Journal()
    await using queue = createQueue({ setup: setupFor(receiver.url), senders: 1, events: journal })
    await queue.start()
    queue.setGate({ concurrency: 10, starts: null, perSecond: null, round: 0 })
    await journal.until(() => queue.room() === 2)
    // Nobody takes the first job while it is looked at.
    const ids = await link.redis.hkeys('hookcast:workers')
    const all = ids.map((id) => new JobQueue('slices', { connection: link.redis, prefix: workerKeys(id).prefix }))
    await Promise.all(all.map((jobs) => jobs.pause()))
    queue.lend(sliceOf(1, { firstSeq: 0, count: 1 }))
    const waiting = async (): Promise<(readonly [JobQueue, Job])[]> => {
      const found = await Promise.all(
        all.map(async (jobs) => (await jobs.getWaiting()).map((job) => [jobs, job] as const)),
      )
      return found.flat()
    }
    await expect.poll(async () => (await waiting()).length).toBe(1)
    const [[jobs, job]] = (await waiting()) as [readonly [JobQueue, Job]]
    await Promise.all(all.map((each) => each.resume()))
    for (let id = 2; id <= 100; id++) {
      await journal.until(() => journal.ended.size === id - 1)
      queue.lend(sliceOf(id, { firstSeq: id - 1, count: 1 }))
    }
    await journal.until(() => journal.ended.size === 100)
    await jobs.add('slices', job.data, { removeOnComplete: true })
    queue.lend(sliceOf(101, { firstSeq: 100, count: 1 }))
    await journal.until(() => journal.ended.size === 101)
    await expect.poll(async () => (await jobs.getActiveCount()) + (await jobs.count())).toBe(0)
    expect(receiver.count).toBe(101)
    await Promise.all(all.map((each) => each.close()))
  })
})
