import { randomBytes } from 'node:crypto'
import { Queue as JobQueue } from 'bullmq'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openRedis, RemoteWorker, type RedisLink } from '../../src/queue/bullmq/bullmq.ts'
import { OutReader } from '../../src/queue/bullmq/out-reader.ts'
import { Outbox } from '../../src/queue/bullmq/outbox.ts'
import { RemoteCalls } from '../../src/queue/bullmq/remote-calls.ts'
import { callPlace, callsKey, workerKeys, type FromCaller } from '../../src/queue/bullmq/wire.ts'
import { RedisServer } from '../support/redis-server.ts'

const KEYS = [{ id: 'test-key', bytes: randomBytes(32) }]
const MINUTE_MS = 60_000

let server: RedisServer
let link: RedisLink
let cleanUp: AsyncDisposableStack
/** Calls as their makers got them, each with a way to end it. */
let made: { readonly worker: string; readonly request: unknown; readonly end: (result: unknown) => void }[]
let closedMakers: number
/** What calls end with as soon as they are made; null for never. */
let result: unknown

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
  made = []
  closedMakers = 0
  result = 'done'
})
afterEach(async () => {
  await cleanUp.disposeAsync()
})

/** Starts a worker, whose calls end when the test says so; the function it gives lets it leave. */
async function addWorker(name: string, version = '1.0.0'): Promise<() => Promise<void>> {
  const own = await openRedis({ url: server.url, keys: KEYS })
  const stop = new AbortController()
  const worker = new RemoteWorker({
    link: own,
    program: { entry: '', readable: [] },
    version,
    senders: 1,
    ready: 0,
    egressPools: [],
    keyIds: ['test-key'],
    setupFrom: (brief) => brief,
    makerFrom: (brief) => ({
      call(request, onEnd) {
        made.push({ worker: `${name} ${String(brief)}`, request, end: onEnd })
        if (result !== null) queueMicrotask(() => onEnd(result))
      },
      async [Symbol.asyncDispose]() {
        closedMakers++
        await Promise.resolve()
      },
    }),
    onNote: (text) => console.error(text),
  })
  const running = worker.run({ signal: stop.signal, cutSignal: AbortSignal.timeout(MINUTE_MS) })
  const leave = async (): Promise<void> => {
    stop.abort()
    await running
    await own[Symbol.asyncDispose]()
  }
  cleanUp.defer(leave)
  return leave
}

function openCalls(notes: string[] = []): RemoteCalls {
  const calls = new RemoteCalls({ link, version: '1.0.0', brief: 'brief', onNote: (text) => notes.push(text) })
  void calls.start()
  return cleanUp.use(calls)
}

async function untilOpen(calls: RemoteCalls): Promise<void> {
  await new Promise<void>((resolve) => calls.whenOpen(resolve))
}

function callFor(calls: RemoteCalls, key: number, timeoutMs = MINUTE_MS): Promise<{ readonly kind: string }> {
  return new Promise((resolve) => calls.call({ key, timeoutMs, request: key }, resolve))
}

/** The ids of workers there are now. */
const workerIds = async (): Promise<string[]> => await link.redis.hkeys('hookcast:workers')

describe('calls over workers', () => {
  test('come to their maker whole, in one job, and so do their results', async () => {
    await addWorker('first')
    const calls = openCalls()
    await untilOpen(calls)
    result = { answer: { headers: { 'x-a': ['1', '2'] } }, bytes: Buffer.from('abc') }
    const ends = await Promise.all(Array.from({ length: 100 }, (_, key) => callFor(calls, key)))
    expect(ends).toEqual(Array.from({ length: 100 }, () => ({ kind: 'ended', result })))
    expect(made.map(({ request }) => request)).toEqual(Array.from({ length: 100 }, (_, key) => key))
    expect(new Set(made.map(({ worker }) => worker))).toEqual(new Set(['first brief']))
    const [id = ''] = await workerIds()
    expect(Number(await link.redis.get(`${workerKeys(id).prefix}:calls:id`))).toBeLessThanOrEqual(2)
  })

  test('of one key go to one worker, and to another only when that leaves', async () => {
    await addWorker('first')
    const leave = await addWorker('second')
    const calls = openCalls()
    await untilOpen(calls)
    const places = async (): Promise<Map<unknown, string>> => {
      made = []
      await Promise.all(Array.from({ length: 64 }, (_, key) => callFor(calls, key)))
      return new Map(made.map(({ request, worker }) => [request, worker]))
    }
    // Both answer within a moment.
    await expect.poll(async () => new Set((await places()).values()).size).toBe(2)
    const before = await places()
    expect(await places()).toEqual(before)
    await leave()
    await expect.poll(async () => new Set((await places()).values()).size).toBe(1)
    const after = await places()
    for (const [key, worker] of before) if (worker === 'first brief') expect(after.get(key)).toBe(worker)
  })

  test('are given back when their time and more is over, and what comes later is not heard', async () => {
    await addWorker('first')
    const calls = openCalls()
    await untilOpen(calls)
    result = null
    const ends: unknown[] = []
    // Ten seconds more than their time: here that is some moments.
    calls.call({ key: 1, timeoutMs: -9500, request: 1 }, (end) => ends.push(end))
    await expect.poll(() => ends, { timeout: 10_000 }).toEqual([{ kind: 'again' }])
    made[0]!.end('late')
    result = 'done'
    expect(await callFor(calls, 1)).toEqual({ kind: 'ended', result: 'done' })
    expect(ends).toHaveLength(1)
  })

  test('are given back when Redis has lost them on their way', { timeout: 30_000 }, async () => {
    await addWorker('first')
    const calls = openCalls()
    await untilOpen(calls)
    const [id = ''] = await workerIds()
    const jobs = new JobQueue('calls', { connection: link.redis, prefix: workerKeys(id).prefix })
    cleanUp.defer(() => jobs.close())
    // Nobody takes a job, and then it is lost.
    await jobs.pause()
    const ends: unknown[] = []
    calls.call({ key: 1, timeoutMs: MINUTE_MS, request: 1 }, (end) => ends.push(end))
    await expect.poll(() => jobs.count()).toBe(1)
    await jobs.drain()
    await jobs.resume()
    // Long before its time is over.
    await expect.poll(() => ends, { timeout: 20_000 }).toEqual([{ kind: 'again' }])
    expect(made).toEqual([])
    expect(await callFor(calls, 1)).toEqual({ kind: 'ended', result: 'done' })
  })

  test('are cut off when their service ends, and leave nothing behind', async () => {
    await addWorker('first')
    const calls = openCalls()
    await untilOpen(calls)
    result = null
    const ends: unknown[] = []
    calls.call({ key: 1, timeoutMs: MINUTE_MS, request: 1 }, (end) => ends.push(end))
    await expect.poll(() => made.length).toBe(1)
    await calls[Symbol.asyncDispose]()
    await expect.poll(() => closedMakers).toBe(1)
    expect(ends).toEqual([])
    expect(await link.redis.keys('hookcast:{e-*')).toEqual([])
  })

  test('go to no worker of another version, of which somebody is told once', async () => {
    await addWorker('old', '0.9.0')
    const notes: string[] = []
    const calls = openCalls(notes)
    calls.whenOpen(() => undefined)
    await expect.poll(() => notes.length, { timeout: 20_000 }).toBe(2)
    expect(notes[0]).toMatch(/^The worker on .* is hookcast 0\.9\.0, not 1\.0\.0, and is not used$/)
    expect(notes[1]).toMatch(/^Event webhooks wait for a worker/)
    expect(calls.isOpen).toBe(false)
  })

  test('reach a worker over a Redis that has lost everything, and whose clock is behind', async () => {
    await addWorker('first')
    await expect.poll(workerIds).toHaveLength(1)
    const [worker = ''] = await workerIds()
    const { inbox } = workerKeys(worker)
    const inAnHour = Date.now() + 3_600_000
    for (const number of [0, 1]) await link.redis.xadd(inbox, `${inAnHour}-${number}`, 'm', link.seal.seal([], inbox))
    // Both were read once the first is removed.
    await expect.poll(() => link.redis.xlen(inbox), { timeout: 10_000 }).toBe(1)
    await link.redis.del(inbox)
    const calls = openCalls()
    await untilOpen(calls)
    expect(await callFor(calls, 1)).toEqual({ kind: 'ended', result: 'done' })
  })

  test('are not begun late, nor for a service that is silent', { timeout: 30_000 }, async () => {
    await addWorker('first')
    await expect.poll(workerIds).toHaveLength(1)
    const [worker = ''] = await workerIds()
    const { prefix, inbox: key } = workerKeys(worker)
    const out = callsKey('handmade')
    const heard: FromCaller['message'][] = []
    const reader = new OutReader<FromCaller>(link, {
      key: out,
      keptMs: MINUTE_MS,
      onMessages: (messages) => heard.push(...messages.map(({ message }) => message)),
    })
    cleanUp.defer(() => reader.close())
    await reader.open()
    const inbox = new Outbox({ link, key, clock: systemClock, gatherMs: 0, makesStream: true })
    const jobs = new JobQueue('calls', { connection: link.redis, prefix })
    cleanUp.defer(() => jobs.close())
    const add = async (id: number, beat: number): Promise<void> => {
      const sealed = link.seal.seal({ beat, calls: [{ id, request: id }] }, callPlace({ out, id })).toString('base64')
      await jobs.add('calls', { out, id, sealed }, { removeOnComplete: true })
    }
    const hand = async (id: number, beat: number): Promise<FromCaller['message'] | undefined> => {
      await add(id, beat)
      const about = (message: FromCaller['message']): boolean =>
        (message.kind === 'ended' && message.id === id) || (message.kind === 'back' && message.ids.includes(id))
      await expect.poll(() => heard.find(about)).toBeDefined()
      return heard.find(about)
    }
    inbox.put({ kind: 'attend', out, beat: 5, brief: 'brief' })
    await expect.poll(() => heard.some(({ kind }) => kind === 'holds')).toBe(true)
    expect(await hand(1, 3)).toMatchObject({ kind: 'ended' })
    expect(await hand(2, 2)).toEqual({ kind: 'back', ids: [2] })
    // One that BullMQ brings once more is known again.
    const begunBefore = made.length
    await add(1, 5)
    expect(await hand(3, 5)).toMatchObject({ kind: 'ended' })
    await expect.poll(() => jobs.count()).toBe(0)
    await expect.poll(() => jobs.getActiveCount()).toBe(0)
    expect(made.length).toBe(begunBefore + 1)
    // Until it has heard nothing for four seconds.
    let id = 4
    await expect.poll(async () => (await hand(id++, 5))?.kind, { timeout: 20_000 }).toBe('back')
    expect(made.map(({ request }) => request)).not.toContain(id - 1)
    const begun = made.length
    inbox.put({ kind: 'attend', out, beat: 6, brief: 'brief' })
    await expect.poll(async () => (await hand(id++, 6))?.kind).toBe('ended')
    expect(made.length).toBe(begun + 1)
    // What it has heard does not stay.
    await expect.poll(() => link.redis.xlen(key), { timeout: 10_000 }).toBe(1)
  })
})
