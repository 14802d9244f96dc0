import { setImmediate, setTimeout } from 'node:timers/promises'
import { describe, expect, vi } from 'vitest'
import type { CallResult } from '../../src/request/request.ts'
import { Resolver } from '../../src/request/request.ts'
import { answered, callOnce, failed, overdueMs, test } from './fixture.ts'
import { answerWhenTold, listenDeaf, receiveElsewhere, standStill } from './elsewhere.ts'

describe('the deadline', () => {
  test('ends 200 calls in flight within 250 ms of it', async ({ receive, connect }) => {
    const receiver = await receive({ answer: () => ({ misbehave: 'hang' }) })
    const client = connect(receiver.url, { connections: 200, timeoutMs: 700 })
    const before = overdueMs(700)
    const calls = Array.from({ length: 200 }, () => callOnce(client))
    const overdue = await Promise.all([before, overdueMs(700)])
    const results = await Promise.all(calls)

    expect(results.map((result) => failed(result).code)).toEqual(Array<string>(200).fill('timeout'))
    const spans = results.map(({ latencyMs }) => latencyMs)
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(699)
    expect(Math.max(...spans)).toBeLessThanOrEqual(950 + Math.max(...overdue))
    await receiver.waitUntil(() => receiver.openConnections === 0)
  })

  test('covers the wait for a slow name, and says that nothing has left', async ({ connect }) => {
    const resolver = new Resolver({ lookup: () => {} })
    const client = connect('http://slow.test', { resolver, timeoutMs: 200 })
    const overdue = overdueMs(200)
    const result = await callOnce(client)

    expect(failed(result)).toEqual({
      kind: 'failed',
      code: 'dns',
      message: 'Name was not resolved within 200 ms: slow.test',
      mayHaveArrived: false,
    })
    expect(result.latencyMs).toBeLessThan(450 + (await overdue))
  })

  test('gives connecting a part of its time only', async ({ connect }) => {
    const origin = await listenDeaf()
    const clients = Array.from({ length: 4 }, () => connect(origin, { timeoutMs: 5_000, connectTimeoutMs: 300 }))
    const overdue = overdueMs(300)
    const results = await Promise.all(clients.map((client) => callOnce(client)))

    // The kernel takes the first few connections without the server's doing; these time out as unanswered.
    const unmade = results.filter((result) => failed(result).code === 'connect')
    expect(unmade.length).toBeGreaterThan(0)
    for (const result of unmade) {
      expect(failed(result)).toMatchObject({
        message: `Connection was not made within 300 ms: ${origin}`,
        mayHaveArrived: false,
      })
      expect(result.latencyMs).toBeLessThan(550 + (await overdue))
    }
  })

  test('gives a TLS handshake that never ends a part of its time only', async ({ receive, connect }) => {
    const receiver = await receive({ onConnection: () => 'hang' })
    const origin = receiver.url.replace('http:', 'https:')
    const result = await callOnce(connect(origin, { connectTimeoutMs: 300 }))

    expect(failed(result)).toEqual({
      kind: 'failed',
      code: 'connect',
      message: `TLS handshake did not end within 300 ms: ${origin}`,
      mayHaveArrived: false,
    })
    await receiver.waitUntil(() => receiver.openConnections === 0)
  })

  test('counts an answer that came while the event loop stood still', async ({ connect }) => {
    const { origin, wasAsked, tellToAnswer, hasAnswered } = await answerWhenTold()
    const timeoutMs = 1_500
    const client = connect(origin, { timeoutMs })
    const from = performance.now()
    const pending = callOnce(client)
    await vi.waitUntil(wasAsked, { interval: 10, timeout: 10_000 })
    // From here the next thing that the event loop does is run its timers.
    await setImmediate()
    tellToAnswer()
    while (!hasAnswered() || performance.now() - from < timeoutMs + 100) standStill(10)

    const result = await pending
    expect(answered(result).httpStatus).toBe(200)
    expect(result.latencyMs).toBeGreaterThan(timeoutMs)
  })

  test('ends a call as late when no answer had come while the event loop stood still', async ({ connect }) => {
    const receiver = await receiveElsewhere({ delayMs: 2_000 })
    const client = connect(receiver.url, { timeoutMs: 400 })
    const pending = callOnce(client)
    await setTimeout(100)
    // From here the next thing that the event loop does is run its timers.
    await setImmediate()
    standStill(600)

    expect(failed(await pending).code).toBe('timeout')
  })

  test('is not heard any more once the answer is there', async ({ receive, connect }) => {
    const receiver = await receive()
    const client = connect(receiver.url, { timeoutMs: 100 })
    const results: CallResult[] = []
    client.call({ path: '/', method: 'POST', headers: [], body: '{}' }, (result) => results.push(result))
    await receiver.waitFor(1)
    await setTimeout(200)

    expect(results).toHaveLength(1)
  })
})
