import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test as it } from './fixture.ts'

const DAY = 86_400_000
const FIRST = { limit: 250, cursor: null, order: 'ascending' } as const

describe('a day whose time is over', () => {
  it('goes as a file, with its messages and attempts', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    await on.publish(app, { eventId: 'old' })
    await on.untilAttempts(1)
    on.clock.skip(29 * DAY)
    await on.publish(app, { eventId: 'young' })
    await on.untilAttempts(2)
    expect(on.events.messages.list(app, FIRST).rows).toHaveLength(2)
    on.clock.skip(3 * DAY)
    await expect.poll(() => on.events.messages.list(app, FIRST).rows.map(({ eventId }) => eventId)).toEqual(['young'])
    expect(on.events.attempts.ofEndpoint(endpoint, FIRST).rows).toHaveLength(1)
    const files = readdirSync(join(on.folder, 'events', 'days')).filter((name) => name.endsWith('.db'))
    expect(files).toHaveLength(1)
    await on.reopen()
    expect(on.events.messages.find(app, 'old')).toBeNull()
  })

  it('stays for what is held, up to 30 days longer', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    const { message } = await on.publish(app, { text: '"kept"' })
    on.clock.skip(50 * DAY)
    await on.reopen()
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await on.untilAttempts(1)
    expect(receiver.requests[0]!.body).toBe('"kept"')
    on.clock.skip(20_000)
    await expect.poll(() => on.events.messages.at(message.seq)).toBeNull()
  })

  it('loses its payloads first, where they are kept for less long', async ({ on }) => {
    const app = await on.app()
    await on.reopen({ payloadsKeptMs: 2 * DAY })
    const { message } = await on.publish(app)
    on.clock.skip(1 * DAY)
    expect(on.events.messages.payloadOf(message)).not.toBeNull()
    on.clock.skip(3 * DAY)
    await expect.poll(() => on.events.messages.payloadOf(message)).toBeNull()
    expect(on.events.messages.get(app, message.id)).toEqual(message)
  })
})

describe('a message beyond what event webhooks may take', () => {
  it('is not accepted, and those before it still arrive', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    await on.endpoint(app, receiver)
    await on.reopen({ storageBytes: 300_000 })
    const text = JSON.stringify('x'.repeat(50_000))
    const publish = async (): Promise<unknown> => await on.publish(app, { text })
    await publish()
    await expect(
      (async () => {
        for (let n = 0; n < 10; n++) await publish()
      })(),
    ).rejects.toMatchObject({ code: 'HOOKCAST_STORAGE_FULL' })
    const accepted = on.events.messages.list(app, FIRST).rows.length
    await on.untilAttempts(accepted)
    await on.reopen({ storageBytes: 20_000_000 })
    await publish()
  })
})
