import { randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { BullmqQueue, openRedis, RemoteWorker, type RedisLink } from '../../src/queue/bullmq/bullmq.ts'
import { describeQueue } from '../conformance/queue.ts'
import { childrenOf } from '../support/command-line.ts'
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
    const queue = new BullmqQueue({
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
    return { queue, pids: () => childrenOf(process.pid).filter((pid) => !before.includes(pid)) }
  },
})
