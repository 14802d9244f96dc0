import { describe, expect } from 'vitest'
import { test as it, type EventsFixture } from './fixture.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

async function untilEnded(on: EventsFixture, id: string): Promise<void> {
  await expect.poll(() => on.events.tasks.find(id)?.state, { timeout: 20_000 }).not.toBe('running')
}

describe('recover', () => {
  it('sends again what has failed since a time, over days, and nothing else', async ({ on }) => {
    let isDown = true
    const abort = { status: 500, headers: { 'webhook-delivery': 'abort-message' } }
    const receiver = await on.receiver({ answer: () => (isDown ? abort : {}) })
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    await on.publish(app, { text: '"before"' })
    await on.untilAttempts(1)
    on.clock.skip(HOUR)
    const since = on.clock.now()
    for (let n = 0; n < 4; n++) {
      await on.publish(app, { text: String(n) })
      await on.untilAttempts(n + 2)
      on.clock.skip(DAY / 2)
    }
    isDown = false
    await on.publish(app, { text: '"sent"' })
    await on.untilAttempts(6)
    const task = await on.events.replays.begin('recover', endpoint, { since, until: null })
    await untilEnded(on, task.id)
    expect(on.events.tasks.find(task.id)).toMatchObject({ state: 'finished', done: 4, since, kind: 'recover' })
    await on.untilAttempts(10)
    expect(
      receiver.requests
        .slice(6)
        .map(({ body }) => body)
        .toSorted(),
    ).toEqual(['0', '1', '2', '3'])
    expect(on.attempts.slice(6).every(({ trigger, hasSucceeded }) => trigger === 'manual' && hasSucceeded)).toBe(true)
  })

  it('brings back what a disabled endpoint had open when it is enabled', async ({ on }) => {
    const receiver = await on.receiver({ answer: (_, n) => ({ status: n === 0 ? 500 : 200 }) })
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    const { message } = await on.publish(app)
    await on.untilAttempts(1)
    await on.events.endpoints.happen(endpoint.key, { kind: 'disable' })
    const again = { since: message.acceptedAt, until: null }
    await expect(on.events.replays.begin('recover', on.events.endpoints.of(endpoint.key)!, again)).rejects.toThrow(
      'is disabled',
    )
    await on.reopen()
    await on.events.endpoints.happen(endpoint.key, { kind: 'enable' })
    await on.events.replays.begin('recover', on.events.endpoints.of(endpoint.key)!, again)
    await on.untilAttempts(2)
    expect(on.attempts[1]).toMatchObject({ hasSucceeded: true, message: message.seq })
  })

  it('lets live messages pass, with half of the calls at most, from one on', async ({ on }) => {
    let isDown = true
    const abort = { status: 500, headers: { 'webhook-delivery': 'abort-message' } }
    const waiting: (() => void)[] = []
    const receiver = await on.receiver({
      answer: async ({ body }) => {
        if (isDown) return abort
        if (body === '"live"') return {}
        return await new Promise((resolve) => waiting.push(() => resolve({})))
      },
    })
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    const since = on.clock.now()
    for (let n = 0; n < 20; n++) await on.publish(app, { text: String(n) })
    await on.untilAttempts(20)
    isDown = false
    await on.events.replays.begin('recover', endpoint, { since: since - 1, until: null })
    const inFlight: number[] = []
    for (let ended = 0; ended < 20; ended++) {
      await expect.poll(() => waiting.length, { timeout: 20_000 }).toBeGreaterThan(0)
      inFlight.push(waiting.length)
      if (ended === 10) {
        await on.publish(app, { text: '"live"' })
        await on.untilAttempts(31)
        expect(on.attempts.at(-1)!.trigger).toBe('scheduled')
      }
      const count = on.attempts.length
      waiting.shift()!()
      await on.untilAttempts(count + 1)
    }
    expect(inFlight[0]).toBe(1)
    expect(Math.max(...inFlight)).toBeLessThanOrEqual(4)
  })
})

describe('replay of what is missing', () => {
  it('sends what the endpoint would have wanted and never got', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const old = await on.endpoint(app, receiver, { url: `${receiver.url}/old` })
    const since = on.clock.now() - 1
    await on.publish(app, { text: '{"a":1}' })
    await on.publish(app, { text: '{"a":2}' })
    await on.publish(app, { text: '{"a":1}', eventType: 'order.made' })
    await on.untilAttempts(3)
    const change = { url: `${receiver.url}/new`, eventTypes: ['user.*'], filter: { a: 1 } }
    const endpoint = await on.endpoint(app, receiver, change)
    const task = await on.events.replays.begin('replay', endpoint, { since, until: null })
    await untilEnded(on, task.id)
    await on.untilAttempts(4)
    expect(on.events.tasks.find(task.id)).toMatchObject({ done: 1, state: 'finished' })
    expect(receiver.requests[3]).toMatchObject({ path: '/new', body: '{"a":1}' })
    const none = await on.events.replays.begin('replay', old, { since, until: null })
    await untilEnded(on, none.id)
    expect(on.events.tasks.find(none.id)).toMatchObject({ done: 0 })
    await expect(on.events.replays.begin('replay', old, { since, until: since })).rejects.toThrow('before `until`')
  })

  it('goes on after a restart, until somebody cancels it', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const since = on.clock.now() - 1
    await Promise.all(Array.from({ length: 350 }, async (_, n) => await on.publish(app, { text: String(n) })))
    const endpoint = await on.endpoint(app, receiver)
    const task = await on.events.replays.begin('replay', endpoint, { since, until: null })
    await on.reopen()
    await on.untilAttempts(350)
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(350)
    await untilEnded(on, task.id)
    const other = await on.endpoint(app, receiver, { url: `${receiver.url}/other` })
    const second = await on.events.replays.begin('replay', other, { since, until: null })
    await on.events.replays.cancel(second.id)
    expect(on.events.tasks.find(second.id)!.state).toBe('cancelled')
    expect(on.events.tasks.find(second.id)!.done).toBeLessThan(350)
  })
})
