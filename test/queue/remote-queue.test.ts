import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DeliveryReport, Slice } from '../../src/campaign/delivery.ts'
import { BullmqQueue, openRedis, type RedisLink } from '../../src/queue/bullmq/bullmq.ts'
import { OutReader } from '../../src/queue/bullmq/out-reader.ts'
import { rememberLine, takeBack } from '../../src/queue/bullmq/sessions.ts'
import { workerKeys, WORKERS } from '../../src/queue/bullmq/wire.ts'
import { packReports } from '../../src/queue/plain-reports.ts'
import type { QueueEvents } from '../../src/queue/queue.ts'
import { HandmadeWorker } from '../support/handmade-worker.ts'
import { RedisServer } from '../support/redis-server.ts'

const KEYS = [{ id: 'test-key', bytes: randomBytes(32) }]

let server: RedisServer
let link: RedisLink
let cleanUp: AsyncDisposableStack
/** What the queue has told, in order. */
let told: (readonly [string, ...unknown[]])[]
let notes: string[]

beforeAll(async () => {
  server = await RedisServer.start()
  link = await openRedis({ url: server.url, keys: KEYS })
})
afterAll(async () => {
  await link[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})
beforeEach(() => {
  cleanUp = new AsyncDisposableStack()
  told = []
  notes = []
})
afterEach(async () => {
  await cleanUp.disposeAsync()
  await server.command('FLUSHALL')
})

const EVENTS: QueueEvents = {
  onReports: (id, reports) => told.push(['reports', id, reports.map(({ seq }) => seq)]),
  onSliceStarted: (id) => told.push(['started', id]),
  onSliceEnded: (id, notStarted) => told.push(['ended', id, notStarted]),
  onSliceLost: (id) => told.push(['lost', id]),
  onAlarm: () => told.push(['alarm']),
  onRoom: () => undefined,
  onInFlight: () => undefined,
  onTrouble: ({ message }) => told.push(['trouble', message]),
}

async function addWorker(registration: ConstructorParameters<typeof HandmadeWorker>[1] = {}): Promise<HandmadeWorker> {
  const worker = cleanUp.use(new HandmadeWorker(link, registration))
  await worker.start()
  return worker
}

let runs = 0

async function openQueue(senders = 1): Promise<BullmqQueue> {
  const queue = new BullmqQueue({
    link,
    runId: `run-${runs++}`,
    version: '1.0.0',
    senders,
    brief: 'brief',
    egressPool: null,
    timeoutMs: 1000,
    events: EVENTS,
    onNote: (text) => notes.push(text),
  })
  cleanUp.use(queue)
  await queue.start()
  return queue
}

/** A queue with one sender that is ready; all that it says from here on has numbers from 2. */
async function openReady(worker: HandmadeWorker): Promise<BullmqQueue> {
  const queue = await openQueue()
  await expect.poll(() => worker.opened.length).toBe(1)
  worker.say(1, { kind: 'ready' })
  queue.setGate({ concurrency: 10, starts: null, perSecond: null, round: 0 })
  await expect.poll(() => queue.room()).toBe(2)
  return queue
}

function sliceOf(id: number, count: number): Slice {
  const lines = new TextEncoder().encode('{}\n'.repeat(count))
  const chunk = { chunk: 0, chunkStartedAt: 0, clientErrors: 0, isCareful: false }
  return { id, firstSeq: 0, count, lines, notes: null, batches: null, ...chunk }
}

const reportsOf = (sliceId: number, seqs: readonly number[]) => ({
  kind: 'reports' as const,
  packed: packReports([{ sliceId, reports: seqs.map((seq) => ({ ...REPORT, seq, customerId: `c-${seq}` })) }]),
  inFlight: 0,
  unstarted: 0,
})

const REPORT: DeliveryReport = {
  seq: 0,
  customerId: '',
  attempt: 1,
  verdict: { kind: 'failed', reason: 'render', message: '' },
  httpStatus: null,
  code: null,
  latencyMs: 0,
  round: 0,
  hadInstantRetry: false,
  isKept: false,
  digest: null,
  properties: null,
  sample: null,
  warning: null,
}

describe('what a worker says', () => {
  test('ends no slice after something was lost, whose reports may be among it', async () => {
    const worker = await addWorker()
    const queue = await openReady(worker)
    queue.lend(sliceOf(1, 3))
    worker.say(2, reportsOf(1, [0]))
    // The third has been lost on its way.
    worker.say(4, reportsOf(1, [2]))
    worker.say(5, { kind: 'ended', sliceId: 1, notStarted: [] })
    await expect.poll(() => worker.heard.some(({ kind }) => kind === 'close')).toBe(true)
    await expect.poll(() => told.some(([what]) => what === 'lost')).toBe(true)
    expect(told).toEqual([
      ['reports', 1, [0]],
      ['reports', 1, [2]],
      ['lost', 1],
    ])
  })

  test('is heard of a sender that its worker does not know any more', async () => {
    const worker = await addWorker()
    const queue = await openReady(worker)
    queue.lend(sliceOf(1, 3))
    worker.say(2, reportsOf(1, [0]))
    await expect.poll(() => told.length).toBe(1)
    worker.say(1, { kind: 'gone', why: 'there is no such sender', isRefusal: false })
    await expect.poll(() => told.at(-1)).toEqual(['lost', 1])
  })

  test('ends the process where a defect turns up in handling it, and is not passed over', async () => {
    const worker = await addWorker()
    const queue = await openReady(worker)
    queue.lend(sliceOf(1, 3))
    const others = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    cleanUp.defer(() => others.forEach((listener) => process.on('uncaughtException', listener)))
    const caught = once(process, 'uncaughtException')
    worker.say(2, { kind: 'reports', packed: { count: 1, bytes: new Uint8Array([1]) }, inFlight: 0, unstarted: 0 })
    expect(String(await caught)).toMatch(/Unable to deserialize/)
  })
})

/** Makes a job of a worker look begun: whoever began it is gone. */
const loseBegun = (worker: HandmadeWorker): Promise<unknown> => {
  const { prefix } = workerKeys(worker.id)
  return link.redis.lmove(`${prefix}:slices:wait`, `${prefix}:slices:active`, 'RIGHT', 'LEFT')
}

describe('a queue over workers', () => {
  test('lends again what Redis takes for begun and nobody has', async () => {
    const worker = await addWorker()
    const queue = await openReady(worker)
    queue.lend(sliceOf(1, 3))
    await expect.poll(() => loseBegun(worker)).toMatch(/-1-/)
    worker.say(2, { kind: 'holds', slices: [] })
    worker.say(3, { kind: 'holds', slices: [] })
    const waiting = () => link.redis.llen(`${workerKeys(worker.id).prefix}:slices:wait`)
    await expect.poll(waiting).toBe(1)
  })

  test('passes over what is listed as a worker and is none', async () => {
    await link.redis.hset(WORKERS, 'garbage', '{', 'future', '{"beat":1,"version":"9"}')
    const worker = await addWorker()
    await openReady(worker)
  })

  test('waits for another worker after one that refuses, once it has had senders', { timeout: 20_000 }, async () => {
    const good = await addWorker()
    const queue = await openReady(good)
    const bad = await addWorker()
    const { line, out } = good.opened[0]!
    good.say(2, { kind: 'leaving' })
    await expect.poll(() => bad.opened.length).toBe(1)
    bad.say(1, { kind: 'gone', why: 'a secret is missing', isRefusal: true })
    await expect.poll(() => notes).toEqual(['A worker cannot send this run: a secret is missing'])
    good.say(3, { kind: 'gone', why: null, isRefusal: false }, { line, out })
    await good.vanish()
    await expect.poll(() => notes.at(-1), { timeout: 15_000 }).toMatch(/^Waiting for a worker/)
    expect(queue.size).toBe(0)
    expect(told.filter(([what]) => what === 'trouble')).toEqual([])
  })

  test('keeps its places in Redis for as long as it goes on', async () => {
    const worker = await addWorker()
    await openReady(worker)
    const keys = await link.redis.keys('hookcast:{r-*')
    expect(keys).toHaveLength(2)
    for (const key of keys) await link.redis.pexpire(key, 60_000)
    const left = () => Promise.all(keys.map((key) => link.redis.pttl(key)))
    await expect.poll(async () => Math.min(...(await left())), { timeout: 10_000 }).toBeGreaterThan(3_600_000)
  })

  test('leaves nothing behind of a worker that has left meanwhile', async () => {
    const worker = await addWorker()
    const queue = await openReady(worker)
    await worker.vanish()
    queue.lend(sliceOf(1, 3))
    await expect.poll(() => link.redis.keys(`hookcast:{w-${worker.id}}:slices:*-1-1`)).toHaveLength(1)
    await queue[Symbol.asyncDispose]()
    expect(await link.redis.keys('hookcast:*{*')).toEqual([])
  })

  test('spreads the first senders of many runs over workers that are equal', async () => {
    const workers = await Promise.all([addWorker(), addWorker(), addWorker()])
    const queues = Array.from({ length: 36 }, () => openQueue())
    await Promise.all(queues)
    const opened = () => workers.map((worker) => worker.opened.length)
    await expect.poll(() => opened().reduce((sum, count) => sum + count, 0)).toBe(36)
    // By chance alone one would have none once in 700,000 times.
    for (const count of opened()) expect(count).toBeGreaterThan(0)
  })
})

describe('what a dead coordinator has left', () => {
  test('can be taken back again until it is recorded', async () => {
    const worker = await addWorker()
    const queue = await openReady(worker)
    queue.lend(sliceOf(1, 3))
    const { out } = worker.opened[0]!
    const runId = /r-(run-\d+)/.exec(out)![1]!
    worker.say(2, reportsOf(1, [0, 2]))
    await expect.poll(() => told.length).toBe(1)
    const seqs = async () => (await takeBack(link, runId)).reports.map(({ seq }) => seq)
    expect(await seqs()).toEqual([0, 2])
    const again = await takeBack(link, runId)
    expect(again.reports.map(({ seq }) => seq)).toEqual([0, 2])
    await again.forget()
    expect(await link.redis.keys('hookcast:{r-*:out:*')).toEqual([])
  })

  test('brings nothing back of a worker that is gone', async () => {
    const runId = `run-${runs++}`
    await rememberLine(link, { runId, session: 's', line: 'l', worker: 'gone' })
    const { forget } = await takeBack(link, runId)
    await forget()
    expect(await link.redis.keys('hookcast:*{*')).toEqual([])
  })
})

describe('what reads a stream', () => {
  test('goes on with one made anew by a Redis whose clock is behind', async () => {
    const heard: unknown[] = []
    const key = 'hookcast:{r-clock}:out'
    const reader = new OutReader(link, { key, keptMs: 60_000, onMessages: (messages) => heard.push(...messages) })
    cleanUp.defer(() => reader.close())
    await reader.open()
    const inAnHour = `${Date.now() + 3_600_000}-0`
    await link.redis.xadd(key, inAnHour, 'm', link.seal.seal(['before'], key))
    await expect.poll(() => heard).toEqual(['before'])
    await link.redis.del(key)
    await reader.ensure()
    await link.redis.xadd(key, '*', 'm', link.seal.seal(['after'], key))
    await expect.poll(() => heard, { timeout: 5000 }).toEqual(['before', 'after'])
  })
})
