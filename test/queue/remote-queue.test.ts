import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DeliveryReport, Slice } from '../../src/campaign/delivery.ts'
import { BullmqQueue, openRedis, type RedisLink } from '../../src/queue/bullmq/bullmq.ts'
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
