import { constantFrom, integer, assert as holds, asyncProperty, uniqueArray } from 'fast-check'
import { describe, expect } from 'vitest'
import {
  CHECK_IDS,
  createEndpoint,
  parsePayload,
  planContract,
  referencePayload,
  type Payload,
} from '../../src/contract/contract.ts'
import { check, rightfulApi, test, USER } from './fixture.ts'

const MESSAGE = { customer_id: 'c-1', to: '+447700900123', text: 'Hi', shop: 'acme', lang: 'en', note: 'x' }

function requestsOf(payload: Payload, url = 'https://sms.example.com/v1'): number {
  const endpoint = createEndpoint({ url, headers: [], credentials: USER, payload, ca: null, networkAllow: [] })
  return planContract(endpoint, { only: null, skip: [], maxRequests: 600 }).requests
}

describe('a plan', () => {
  test('of everything stays below what is allowed without saying so', () => {
    expect(requestsOf(referencePayload({ isBatch: false }))).toBe(593)
    expect(requestsOf(referencePayload({ isBatch: true }))).toBe(593)
    expect(requestsOf(parsePayload(JSON.stringify(MESSAGE), { isBatch: false }))).toBe(596)
    expect(requestsOf(parsePayload('{}', { isBatch: false }))).toBe(591)
  })

  test('of a call that would travel in the clear sends nothing', () => {
    expect(requestsOf(referencePayload({ isBatch: false }), 'http://sms.example.com/v1')).toBe(0)
  })
})

describe('a check', () => {
  test('sends what it has told and no more, each request a test with a key of its own', async ({ serve }) => {
    const receiver = await serve()
    await check(`${receiver.url}/v1/messages?a=1`)
    expect(receiver.count).toBe(593)
    const [first] = receiver.requests
    expect(first).toMatchObject({
      method: 'POST',
      path: '/v1/messages?a=1',
      attempt: 1,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/plain;q=0.5',
        'user-agent': 'hookcast/0.0.0',
      },
    })
    for (const { headers, key } of receiver.requests) {
      expect(headers['x-hookcast-test']).toBe('1')
      expect(headers['x-hookcast-run']).toBe(first?.headers['x-hookcast-run'])
      expect(key).toMatch(/^[A-Za-z0-9_-]{26,64}$/)
    }
    // One key comes twice, on purpose.
    expect(new Set(receiver.requests.map(({ key }) => key)).size).toBe(592)
  })

  test('never sends more than it may, whatever is asked for', { timeout: 60_000 }, async ({ serve }) => {
    const receiver = await serve({ isForgetful: true })
    const some = uniqueArray(constantFrom(...CHECK_IDS), { minLength: 1 })
    await holds(
      asyncProperty(some, some, integer({ min: 1, max: 160 }), async (only, skip, maxRequests) => {
        const before = receiver.count
        const report = await check(receiver.url, { only, skip, maxRequests })
        expect(receiver.count - before).toBeLessThanOrEqual(maxRequests)
        expect(report.checks.map(({ id }) => id)).toEqual(
          CHECK_IDS.filter((id) => only.includes(id) && !skip.includes(id)),
        )
      }),
      { numRuns: 40 },
    )
  })

  test('sends nothing twice over an idle connection that broke', async ({ serve }) => {
    // The API drops every connection at its second request, before it answers: nothing is sent again at once.
    const answer = rightfulApi()
    const seen = new Set<number>()
    const receiver = await serve({
      answer(request) {
        if (seen.has(request.connection)) return { misbehave: 'close' }
        seen.add(request.connection)
        return answer(request)
      },
    })
    const { checks } = await check(receiver.url, { only: ['keep_alive', 'latency_1'] })
    expect(receiver.count).toBe(45)
    expect(checks).toMatchObject([{ id: 'keep_alive', status: 'warn' }, { id: 'latency_1' }])
  })

  test('tells which checks would have taken too many requests', async ({ serve }) => {
    const { url } = await serve()
    const { checks, grade } = await check(url, { only: ['latency_50', 'latency_1'], maxRequests: 60 })
    expect(checks).toMatchObject([
      { id: 'latency_1', status: 'pass' },
      { id: 'latency_50', status: 'cannot_tell', fix: 'Allow more by --max-requests' },
    ])
    expect(grade).toBe('pass')
  })

  test('of which nothing can be told is no pass', async ({ serve }) => {
    const { url } = await serve()
    expect((await check(url, { only: ['latency_50'], maxRequests: 2 })).grade).toBe('warn')
  })

  test('begins no more calls of a load when its time is over', async ({ serve }) => {
    const receiver = await serve({ answer: () => ({ delayMs: 50 }) })
    // At a thousand times the pace its ten seconds are ten milliseconds.
    await check(receiver.url, { only: ['latency_1'], pace: 1000 })
    expect(receiver.count).toBe(2)
  })

  test('breaks no bodies, and loads no API, whose valid call was refused', async ({ serve }) => {
    const receiver = await serve({ answer: () => ({ status: 400 }) })
    await check(receiver.url, { skip: ['no_credentials', 'wrong_credentials', 'www_authenticate', 'keep_alive'] })
    expect(receiver.count).toBe(1)
  })

  test('gives up at once when it is interrupted', async ({ serve }) => {
    const receiver = await serve({ answer: () => ({ delayMs: 60_000 }) })
    const interrupt = new AbortController()
    const checking = check(receiver.url, { signal: interrupt.signal })
    await receiver.waitFor(1)
    interrupt.abort(new Error('stop'))
    await expect(checking).rejects.toThrow('stop')
    await receiver.waitUntil(() => receiver.openConnections === 0)
    expect(receiver.count).toBe(1)
  })
})
