import { describe, expect } from 'vitest'
import { test as it } from './fixture.ts'

const SECOND = 1000
const isLimited = { problem: 'limited', retryAfterMs: expect.any(Number) as number }

describe('an app', () => {
  it('brings no more messages a second than it may, and others are not held up by it', async ({ on }) => {
    await on.reopen({ perSecond: 5 })
    const [app, other] = [await on.app(), await on.app()]
    const waits: number[] = []
    for (let n = 0; n < 10; n++) {
      await on.publish(app).catch((error: { retryAfterMs: number }) => {
        expect(error).toMatchObject(isLimited)
        waits.push(error.retryAfterMs)
      })
    }
    expect(waits.length).toBeGreaterThanOrEqual(4)
    expect(Math.max(...waits)).toBeLessThanOrEqual(SECOND)
    await on.publish(other)
    on.clock.skip(SECOND)
    await on.publish(app)
  })

  it('has no more deliveries waiting than it may, until some of them have arrived', async ({ on }) => {
    let status = 503
    const receiver = await on.receiver({ answer: () => ({ status }) })
    await on.reopen({ backlog: 3 })
    const app = await on.app()
    await on.endpoint(app, receiver)
    for (let n = 0; n < 3; n++) await on.publish(app)
    await expect(on.publish(app)).rejects.toMatchObject(isLimited)
    expect(on.events.ceilings.usageOf(app).backlog).toBe(3)
    await on.untilAttempts(3)
    status = 200
    on.clock.skip(6 * SECOND)
    await on.untilAttempts(6)
    await on.publish(app)
  })

  it('keeps no more than it may, also over a restart, and days whose time is over give it room', async ({ on }) => {
    await on.reopen({ bytes: 3000, payloadsKeptMs: 86_400_000, attemptsKeptMs: 86_400_000 })
    const app = await on.app()
    const publish = async (): Promise<unknown> => await on.publish(app, { text: JSON.stringify('x'.repeat(1000)) })
    await publish()
    await publish()
    await expect(publish()).rejects.toMatchObject(isLimited)
    await on.reopen()
    expect(on.events.ceilings.usageOf(app).bytes).toBeGreaterThan(2000)
    await expect(publish()).rejects.toMatchObject(isLimited)
    on.clock.skip(3 * 86_400_000)
    await expect.poll(() => on.events.ceilings.usageOf(app).bytes, { timeout: 20_000 }).toBe(0)
    await publish()
  })
})

describe('a disk with too little left', () => {
  it('takes no message before it is full', async ({ on }) => {
    await on.reopen({ reserveBytes: Number.MAX_SAFE_INTEGER })
    const app = await on.app()
    await expect(on.publish(app)).rejects.toMatchObject({ code: 'HOOKCAST_STORAGE_FULL' })
    await on.reopen({ reserveBytes: 0 })
    await on.publish(app)
  })
})
