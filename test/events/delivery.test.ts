import { describe, expect } from 'vitest'
import type { Reply } from '../support/receiver.ts'
import { test as it, type EventsFixture } from './fixture.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const FIRST = { limit: 250, cursor: null, order: 'ascending' } as const
const WAITS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]

/** An app with one endpoint whose receiver answers like this. */
async function to(
  on: EventsFixture,
  answer: (n: number, body: string) => Reply,
  metadata: Readonly<Record<string, string>> = {},
) {
  const receiver = await on.receiver({ answer: ({ body }, n) => answer(n, body) })
  const app = await on.app(metadata)
  return { receiver, app, endpoint: await on.endpoint(app, receiver) }
}

/** Puts the clock forward to just before the next attempt, then over it. */
async function overWait(on: EventsFixture, waitMs: number): Promise<void> {
  const count = on.attempts.length
  on.clock.skip(waitMs - 2 * SECOND)
  expect(on.attempts).toHaveLength(count)
  on.clock.skip(2 * SECOND)
  await on.untilAttempts(count + 1)
}

describe('a message that nobody takes', () => {
  it('is tried 8 times on the printed schedule, over restarts, and then no more', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, () => ({ status: 500 }))
    const { message } = await on.publish(app)
    await on.untilAttempts(1)
    for (const [at, waitMs] of WAITS.entries()) {
      if (at % 3 === 1) await on.reopen()
      await overWait(on, waitMs)
    }
    on.clock.skip(DAY)
    await on.reopen()
    expect(receiver.count).toBe(8)
    expect(new Set(receiver.requests.map(({ headers }) => headers['svix-id']))).toEqual(new Set([message.id]))
    const times = receiver.requests.map(({ headers }) => Number(headers['svix-timestamp']))
    expect(times.at(-1)! - times[0]!).toBeGreaterThanOrEqual(27 * 3600)
    expect(on.events.attempts.ofEndpoint(endpoint, FIRST).rows).toHaveLength(8)
  })

  it.for([
    ['429', { status: 429 }, MINUTE],
    ['Retry-After', { status: 503, headers: { 'retry-after': '8' } }, 8 * SECOND],
    ['Retry-After beyond twice the wait', { status: 503, headers: { 'retry-after': '3600' } }, 10 * SECOND],
    ['Retry-After below the wait', { status: 503, headers: { 'retry-after': '1' } }, 5 * SECOND],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 5 * SECOND],
    ['410, which says nothing more under svix', { status: 410 }, 5 * SECOND],
  ] as const)('is left alone as long as %s asks for', async ([, reply, waitMs], { on }) => {
    const { receiver, app } = await to(on, () => reply)
    await on.publish(app)
    await on.untilAttempts(1)
    await overWait(on, waitMs)
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook', '/hook'])
  })

  it('is not tried again when its receiver says so', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, () => ({
      status: 500,
      headers: { 'webhook-delivery': 'abort-message' },
    }))
    await on.publish(app)
    await on.untilAttempts(1)
    on.clock.skip(DAY)
    await on.publish(app)
    await on.untilAttempts(2)
    expect(receiver.count).toBe(2)
    expect(on.events.endpoints.of(endpoint.key)!.state).toBe('active')
  })

  it('may be expected at a receiver that is away, and arrives when it is back', async ({ on }) => {
    const { receiver, app } = await to(on, () => ({}))
    await on.publish(app)
    await on.untilAttempts(1)
    await receiver.stop()
    await on.publish(app)
    await on.untilAttempts(2)
    expect(on.attempts[1]).toMatchObject({ code: 'connect', answer: 'Endpoint could not be reached', latencyMs: 0 })
    await receiver.restart()
    await overWait(on, 5 * SECOND)
    expect(on.attempts[2]).toMatchObject({ hasSucceeded: true })
  })
})

describe('an endpoint', () => {
  it('is disabled after five days of failures, and hears of what comes later once it is enabled', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, () => ({ status: 500 }))
    await on.publish(app)
    await on.untilAttempts(1)
    for (const waitMs of WAITS) await overWait(on, waitMs)
    const state = (): string => on.events.endpoints.of(endpoint.key)!.state
    on.clock.skip(3 * DAY)
    expect(state()).toBe('active')
    on.clock.skip(1 * DAY)
    expect(state()).toBe('disabled')
    await on.publish(app)
    await on.reopen()
    expect(state()).toBe('disabled')
    await on.events.endpoints.happen(endpoint.key, { kind: 'enable' })
    await on.publish(app)
    await on.untilAttempts(9)
    expect(receiver.count).toBe(9)
  })

  it.for([
    ['410 under standard', { status: 410 }, 'standard'],
    ['webhook-delivery: disable', { status: 400, headers: { 'webhook-delivery': 'disable' } }, 'svix'],
    ['the same with success', { status: 200, headers: { 'webhook-delivery': 'disable' } }, 'svix'],
  ] as const)('hears no more after %s, and what was open is cancelled', async ([, reply, profile], { on }) => {
    const { receiver, app, endpoint } = await to(on, (n) => (n === 0 ? { status: 500 } : reply), {
      'hookcast.profile': profile,
    })
    await on.publish(app)
    await on.untilAttempts(1)
    await on.publish(app)
    await on.untilAttempts(2)
    expect(on.events.endpoints.of(endpoint.key)!.state).toBe('disabled')
    on.clock.skip(DAY)
    await on.events.endpoints.happen(endpoint.key, { kind: 'enable' })
    await on.publish(app)
    await on.untilAttempts(3)
    expect(receiver.count).toBe(3)
  })

  it('that was removed is called no more', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, () => ({ status: 500 }))
    await on.publish(app)
    await on.untilAttempts(1)
    await on.events.endpoints.remove(app, endpoint.id)
    on.clock.skip(DAY)
    await on.reopen()
    const other = await on.endpoint(app, receiver, { url: `${receiver.url}/other` })
    await on.publish(app)
    await on.untilAttempts(2)
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/hook', '/other'])
    expect(on.attempts[1]!.endpoint).toBe(other.key)
  })

  it('gets a message once more when somebody says so', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, (n) => ({ status: n === 1 ? 500 : 200 }))
    const { message } = await on.publish(app)
    await on.untilAttempts(1)
    await on.events.resend(message, endpoint)
    await on.untilAttempts(2)
    await overWait(on, 5 * SECOND)
    expect(on.attempts.map(({ trigger, httpStatus }) => [trigger, httpStatus])).toEqual([
      ['scheduled', 200],
      ['manual', 500],
      ['manual', 200],
    ])
    expect(receiver.count).toBe(3)
  })

  it('gets no more messages a second than it may', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    await on.endpoint(app, receiver, { throttleRate: 1 })
    for (let n = 0; n < 3; n++) await on.publish(app)
    await on.untilAttempts(1)
    expect(receiver.count).toBe(1)
    on.clock.skip(SECOND)
    await on.untilAttempts(2)
    on.clock.skip(SECOND)
    await on.untilAttempts(3)
  })
})

describe('the waits of an endpoint', () => {
  it('may be its own, in place of those of its app', async ({ on }) => {
    const { receiver, app } = await to(on, () => ({ status: 500 }), { 'hookcast.retry': 'none' })
    await on.endpoint(app, receiver, { url: `${receiver.url}/own`, metadata: { 'hookcast.retry': '10s, 1m' } })
    await on.publish(app)
    await on.untilAttempts(2)
    await on.reopen()
    await overWait(on, 10 * SECOND)
    await overWait(on, MINUTE)
    on.clock.skip(2 * DAY)
    await on.reopen()
    expect(receiver.requests.map(({ path }) => path).toSorted()).toEqual(['/hook', '/own', '/own', '/own'])
  })

  it.for(['', '5', '5s,', '8d', '-5s', Array.from({ length: 51 }, () => '1s').join()])(
    'are waits: not %j',
    async (waits, { on }) => {
      const { receiver, app } = await to(on, () => ({}))
      await expect(on.endpoint(app, receiver, { metadata: { 'hookcast.retry': waits } })).rejects.toMatchObject({
        problem: 'invalid',
        message: expect.stringContaining('waits of at most 7d') as string,
      })
    },
  )
})

describe('a message for later', () => {
  it('is sent when its time has come, over restarts, and not before', async ({ on }) => {
    const { receiver, app } = await to(on, () => ({}))
    const later = { deliverAt: on.clock.now() + HOUR, text: '"later"' }
    expect((await on.publish(app, later)).message.deliverAt).toBe(later.deliverAt)
    await on.publish(app, { text: '"now"' })
    await on.untilAttempts(1)
    on.clock.skip(50 * MINUTE)
    await on.reopen()
    await on.publish(app, { text: '"meanwhile"' })
    await on.untilAttempts(2)
    on.clock.skip(10 * MINUTE)
    await on.untilAttempts(3)
    expect(receiver.requests.map(({ body }) => body)).toEqual(['"now"', '"meanwhile"', '"later"'])
  })

  it('waits for its time with an endpoint that is suspended meanwhile, too', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, () => ({}))
    const deliverAt = on.clock.now() + HOUR
    await on.publish(app, { deliverAt, text: '1' })
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    await on.publish(app, { text: '2' })
    await on.publish(app, { deliverAt, text: '3' })
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await on.untilAttempts(1)
    on.clock.skip(59 * MINUTE)
    await on.publish(app, { text: '4' })
    await on.untilAttempts(2)
    on.clock.skip(MINUTE)
    await on.untilAttempts(4)
    expect(receiver.requests.map(({ body }) => body)).toEqual(['2', '4', '1', '3'])
  })

  it('is sent at once when its time is over, or when somebody says so', async ({ on }) => {
    const { receiver, app, endpoint } = await to(on, () => ({}))
    await on.publish(app, { deliverAt: on.clock.now() - HOUR })
    await on.untilAttempts(1)
    const { message } = await on.publish(app, { deliverAt: on.clock.now() + HOUR })
    await on.events.resend(message, endpoint)
    await on.untilAttempts(2)
    on.clock.skip(2 * HOUR)
    await on.publish(app)
    await on.untilAttempts(3)
    expect(receiver.count).toBe(3)
  })

  it('is none when nothing of it would be kept for so long, or when it is gathered', async ({ on }) => {
    const { app } = await to(on, () => ({}))
    const deliverAt = on.clock.now() + 3 * DAY
    const tooLate = { problem: 'invalid', message: expect.stringContaining('expected `deliverAt`') as string }
    await expect(on.publish(app, { deliverAt: deliverAt + 30 * DAY })).rejects.toMatchObject(tooLate)
    await expect(on.publish(app, { deliverAt, payloadKeptMs: 2 * DAY })).rejects.toMatchObject(tooLate)
    const gathering = await on.app({ 'hookcast.profile': 'crossriver' })
    const refused = on.publish(gathering, { deliverAt, text: '{"resources":["a"]}' })
    await expect(refused).rejects.toMatchObject({
      problem: 'invalid',
      message: expect.stringContaining('expected no `deliverAt`') as string,
    })
  })
})

describe('an endpoint that suspends', () => {
  const METADATA = { 'hookcast.on_failure': 'suspend' }

  it('holds everything, tries one on restart, and drains in order', async ({ on }) => {
    let isDown = true
    const { receiver, app, endpoint } = await to(on, () => ({ status: isDown ? 500 : 200 }), METADATA)
    const state = (): string => on.events.endpoints.of(endpoint.key)!.state
    await on.publish(app, { text: '0' })
    await on.untilAttempts(1)
    for (const waitMs of WAITS) await overWait(on, waitMs)
    expect(state()).toBe('suspended')
    for (let n = 1; n < 30; n++) await on.publish(app, { text: String(n) })
    on.clock.skip(2 * DAY)
    await on.publish(app, { text: '30' })
    await on.reopen()
    expect(receiver.count).toBe(8)

    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await on.untilAttempts(9)
    expect(state()).toBe('suspended')
    expect(receiver.requests[8]!.body).toBe('0')

    isDown = false
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await on.untilAttempts(9 + 31)
    expect(state()).toBe('active')
    expect(receiver.requests.slice(9).map(({ body }) => Number(body))).toEqual(Array.from({ length: 31 }, (_, n) => n))
    expect(receiver.maxInFlight).toBe(1)
  })

  it('keeps the order of its drain when one of them fails, and lets live messages pass', async ({ on }) => {
    const failed = new Set<string>()
    const { receiver, app, endpoint } = await to(
      on,
      (_, body) => {
        if (body !== '2' || failed.has(body)) return {}
        failed.add(body)
        return { status: 503 }
      },
      METADATA,
    )
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    for (let n = 0; n < 5; n++) await on.publish(app, { text: String(n) })
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await on.untilAttempts(3)
    await on.publish(app, { text: '"live"' })
    await on.untilAttempts(4)
    on.clock.skip(5 * SECOND)
    await on.untilAttempts(7)
    expect(receiver.requests.map(({ body }) => body)).toEqual(['0', '1', '2', '"live"', '2', '3', '4'])
  })
})

describe('many messages', () => {
  it('all arrive once, at most 8 at a time, also those that wait in the files', async ({ on }) => {
    const { receiver, app } = await to(on, () => ({ delayMs: 1 }))
    await Promise.all(Array.from({ length: 500 }, async (_, n) => await on.publish(app, { text: String(n) })))
    await on.untilAttempts(500)
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(500)
    expect(receiver.count).toBe(500)
    expect(receiver.maxInFlight).toBeLessThanOrEqual(8)
  })

  it('for endpoints that do not answer keep no other waiting, not even of the same app', async ({ on }) => {
    const dead = await on.receiver({ answer: async () => await new Promise(() => undefined) })
    const alive = await on.receiver()
    const [app, other] = [await on.app(), await on.app()]
    for (let n = 0; n < 20; n++) await on.endpoint(app, dead, { url: `${dead.url}/${n}` })
    await on.endpoint(other, alive)
    await on.endpoint(app, alive)
    for (let n = 0; n < 20; n++) await on.publish(app)
    await dead.waitFor(100)
    for (let n = 0; n < 20; n++) await on.publish(other)
    await alive.waitFor(40)
    expect(on.attempts.every(({ hasSucceeded }) => hasSucceeded)).toBe(true)
    expect(dead.maxInFlight).toBeLessThanOrEqual(128)
  })
})
