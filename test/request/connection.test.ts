import { setImmediate, setTimeout } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type { CallResult } from '../../src/request/request.ts'
import { CallClient } from '../../src/request/request.ts'
import type { Reply } from '../support/receiver.ts'
import { answered, callInChild, callOnce, failed, LOOPBACK, test } from './fixture.ts'
import { listenDeaf, receiveElsewhere, standStill } from './elsewhere.ts'

const MINUTE_MS = 60_000

describe('connections', () => {
  test('carry one call each, all at once, and nothing waits in line', async ({ receive, connect }) => {
    const released = Promise.withResolvers<Reply>()
    const receiver = await receive({ answer: () => released.promise })
    const client = connect(receiver.url, { connections: 50 })
    const pending = Array.from({ length: 50 }, () => callOnce(client))
    await receiver.waitFor(50)

    expect([client.inFlight, client.idle]).toEqual([50, 0])
    expect(() => client.call({ path: '/', method: 'POST', headers: [], body: null }, () => {})).toThrow(
      'expected `call` to find a free connection, got one more than 50',
    )
    released.resolve({})
    for (const result of await Promise.all(pending)) answered(result)
    expect(receiver).toMatchObject({ count: 50, connections: 50, maxInFlight: 50 })
    expect([client.inFlight, client.idle]).toEqual([0, 50])
  })

  test('are used again, the last one first', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url, { connections: 3 })
    await Promise.all([callOnce(client), callOnce(client), callOnce(client)])
    const results: CallResult[] = []
    for (let n = 0; n < 5; n++) results.push(await callOnce(client))

    expect(results.every(({ wasReusedConnection }) => wasReusedConnection)).toBe(true)
    expect(receiver.connections).toBe(3)
    expect(new Set(receiver.requests.slice(3).map(({ connection }) => connection)).size).toBe(1)
  })

  test('are used again when the next call begins inside the result of the last', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    const results = await new Promise<CallResult[]>((resolve) => {
      const seen: CallResult[] = []
      const next = (): void =>
        client.call({ path: `/${seen.length}`, method: 'POST', headers: [], body: '{}' }, (result) => {
          seen.push(result)
          if (seen.length < 100) next()
          else resolve(seen)
        })
      next()
    })

    expect(results.map((result) => answered(result).httpStatus)).toEqual(Array<number>(100).fill(200))
    expect(results.map(({ wasReusedConnection }) => wasReusedConnection).indexOf(true)).toBe(1)
    expect(receiver.requests.map(({ path }) => path)).toEqual(results.map((_, n) => `/${n}`))
    expect(receiver.connections).toBe(1)
  })

  test.for([
    [0, 4],
    [0.5, 5],
    [1, 6],
  ])(
    'are retired when they are old: with a draw of %d after %d minutes',
    async ([draw, minutes], { receive, connect }) => {
      const receiver = await receive()
      let shiftMs = 0
      const now = (): number => performance.now() + shiftMs
      const client = connect(receiver.url, { now, random: () => draw! })
      const connectionAt = async (atMs: number): Promise<number | undefined> => {
        shiftMs = atMs
        answered(await callOnce(client))
        return receiver.requests.at(-1)?.connection
      }

      expect(await connectionAt(0)).toBe(0)
      expect(await connectionAt(minutes! * MINUTE_MS - 2_000)).toBe(0)
      expect(await connectionAt(minutes! * MINUTE_MS + 100)).toBe(1)
      expect(await connectionAt(minutes! * MINUTE_MS * 2 - 2_000)).toBe(1)
    },
  )

  test('closed by the receiver while idle are made anew', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    for (const how of ['close', 'reset', 'close', 'reset'] as const) {
      answered(await callOnce(client))
      receiver.dropConnections(how)
      await receiver.waitUntil(() => receiver.openConnections === 0)
    }
    expect(receiver).toMatchObject({ count: 4, connections: 4 })
  })
})

describe('the instant second try', () => {
  test('is none when a used connection is found dead before anything has left', async ({ connect }) => {
    const receiver = await receiveElsewhere()
    const client = connect(receiver.url)
    answered(await callOnce(client))
    // The end of the connection arrives while this process stands still: undici looks before it writes.
    await setTimeout(10)
    process.kill(receiver.pid, 'SIGKILL')
    standStill(300)
    const result = await callOnce(client)

    expect(failed(result)).toMatchObject({ code: 'connect', mayHaveArrived: false })
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: false })
  })

  test('is not told when a used connection is reset before anything has left', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url)
    await callOnce(client)
    // From here the event loop reads what has arrived before it writes the request.
    await setImmediate()
    receiver.dropConnections('reset')
    const result = await callOnce(client)

    expect(answered(result).httpStatus).toBe(200)
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: false })
    expect(receiver.count).toBe(2)
  })

  test.for(['close', 'reset'] as const)(
    'hides that used connections were dropped (%s) at the very moment of the call',
    async (how, { receive, connect }) => {
      const receiver = await receive()
      const client = connect(receiver.url)
      await callOnce(client)
      receiver.dropConnections(how)

      expect(await callOnce(client)).toMatchObject({ wasReusedConnection: false, answer: { kind: 'answered' } })
    },
  )

  test('is left out where each call is one request', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n === 1 ? { misbehave: 'reset' } : {}) })
    const client = connect(receiver.url, { isSingleTry: true })
    await callOnce(client)
    const result = await callOnce(client)

    expect(failed(result)).toMatchObject({ code: 'reset', mayHaveArrived: true })
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: true })
    expect(receiver.count).toBe(2)
    answered(await callOnce(client))
    // Dropped before anything has left: nobody can have received it twice.
    await setImmediate()
    receiver.dropConnections('reset')
    expect(answered(await callOnce(client)).httpStatus).toBe(200)
    expect(receiver.count).toBe(4)
  })

  test('follows when a used connection breaks before an answer, with the same bytes', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n === 1 ? { misbehave: 'reset' } : {}) })
    const client = connect(receiver.url)
    const call = { path: '/v1', headers: ['Idempotency-Key', 'k-1', 'X-Hookcast-Attempt', '1'], body: '{"a":1}' }
    expect(await callOnce(client)).toMatchObject({ hadInstantRetry: false, wasReusedConnection: false })
    const result = await callOnce(client, call)

    expect(answered(result).httpStatus).toBe(200)
    expect(result).toMatchObject({ hadInstantRetry: true, wasReusedConnection: false })
    const [, first, second] = receiver.requests
    expect(receiver.count).toBe(3)
    expect({ ...second, at: 0, connection: 0 }).toEqual({ ...first, at: 0, connection: 0 })
    expect(second?.connection).toBe(1)
  })

  test('follows a clean end as well', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n === 1 ? { misbehave: 'close' } : {}) })
    const client = connect(receiver.url)
    await callOnce(client)

    expect(await callOnce(client)).toMatchObject({ hadInstantRetry: true, answer: { kind: 'answered' } })
  })

  test('is one: the second failure is final', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n > 0 ? { misbehave: 'reset' } : {}) })
    const client = connect(receiver.url)
    await callOnce(client)
    const result = await callOnce(client)

    expect(failed(result)).toMatchObject({ code: 'reset', mayHaveArrived: true })
    expect(result.hadInstantRetry).toBe(true)
    expect(receiver.count).toBe(3)
  })

  test('keeps in mind that the first one may have arrived', async ({ receive, connect }) => {
    const receiver = await receive({
      answer: (_request, n) => {
        if (n === 1) void receiver.stop('reset')
        return n === 1 ? { misbehave: 'hang' } : {}
      },
    })
    const client = connect(receiver.url)
    await callOnce(client)
    const result = await callOnce(client)

    expect(failed(result)).toMatchObject({
      code: 'connect',
      message: `Connection was refused: ${receiver.url}`,
      mayHaveArrived: true,
    })
    expect(result.hadInstantRetry).toBe(true)
  })

  test.for<[string, Reply]>([
    ['the first byte of an answer', { misbehave: 'half-headers' }],
    ['a part of an answer', { misbehave: 'reset-body' }],
    ['a second', { misbehave: 'reset', delayMs: 1_100 }],
  ])('does not follow after %s', async ([, reply], { receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n === 1 ? reply : {}) })
    const client = connect(receiver.url)
    await callOnce(client)
    const result = await callOnce(client)

    expect(failed(result).mayHaveArrived).toBe(true)
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: true })
    expect(receiver.count).toBe(2)
  })

  test('does not follow the deadline', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n === 1 ? { misbehave: 'hang' } : {}) })
    const client = connect(receiver.url, { timeoutMs: 200 })
    await callOnce(client)
    const result = await callOnce(client)

    expect(failed(result).code).toBe('timeout')
    expect(receiver.count).toBe(2)
  })

  test('leaves a 408 to the caller, and says that the connection was used', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => ({ status: n === 1 ? 408 : 200 }) })
    const client = connect(receiver.url)
    await callOnce(client)
    const result = await callOnce(client)

    expect(answered(result).httpStatus).toBe(408)
    expect(result).toMatchObject({ hadInstantRetry: false, wasReusedConnection: true })
  })

  test('carries 200 calls over a receiver that drops them all and goes on', async ({ receive, connect }) => {
    const receiver = await receive({
      answer: (_request, n) => (n >= 200 && n < 400 ? { misbehave: 'reset' } : {}),
    })
    const client = connect(receiver.url, { connections: 200 })
    const callAll = (): Promise<CallResult[]> => Promise.all(Array.from({ length: 200 }, () => callOnce(client)))
    await callAll()
    const results = await callAll()

    for (const result of results) answered(result)
    expect(results.filter(({ hadInstantRetry }) => hadInstantRetry)).toHaveLength(200)
    expect(receiver.count).toBe(600)
  })
})

describe('destroy', () => {
  test('ends what is in flight as our own trouble and closes every connection', async ({ receive, connect }) => {
    const receiver = await receive({ answer: (_request, n) => (n < 5 ? {} : { misbehave: 'hang' }) })
    const client = connect(receiver.url, { connections: 10 })
    await Promise.all(Array.from({ length: 5 }, () => callOnce(client)))
    const pending = Array.from({ length: 10 }, () => callOnce(client))
    await receiver.waitFor(15)
    const startedAt = performance.now()
    await client.destroy()

    expect(performance.now() - startedAt).toBeLessThan(500)
    for (const result of await Promise.all(pending)) {
      expect(failed(result)).toEqual({
        kind: 'failed',
        code: 'local',
        message: `Call was given up, its client is closing: ${receiver.url}`,
        mayHaveArrived: true,
      })
    }
    await receiver.waitUntil(() => receiver.openConnections === 0)
    await client.destroy()
    expect(client.idle).toBe(0)
    expect(() => client.call({ path: '/', method: 'POST', headers: [], body: null }, () => {})).toThrow(
      'expected `call` to find a free connection, got a closed client',
    )
  })

  test('lets the process end at once while connections are being made', async () => {
    const options = { connections: 8, timeoutMs: 8_000, ca: null, network: LOOPBACK }
    const child = await callInChild({
      options: { ...options, origin: await listenDeaf() },
      calls: Array.from({ length: 8 }, () => ({})),
      isParallel: true,
      destroyAfterMs: 100,
    })

    expect(child.exitCode).toBe(0)
    expect(child.results.map((result) => failed(result).code)).toEqual(Array<string>(8).fill('local'))
    // The kernel took the first few; the rest never left.
    expect(child.results.some((result) => !failed(result).mayHaveArrived)).toBe(true)
    expect(child.lingeredMs).toBeLessThan(1_000)
  })

  test('is safe before the first call', async () => {
    const client = new CallClient({
      origin: 'http://127.0.0.1:9',
      connections: 1,
      timeoutMs: 100,
      ca: null,
      network: LOOPBACK,
    })
    await client.destroy()
  })
})
