import { describe, expect } from 'vitest'
import { test as it, type EventsFixture } from './fixture.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const WAITS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR]

interface Told {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

async function operators(on: EventsFixture) {
  const receiver = await on.receiver()
  const others = await on.receiver({ answer: ({ body }) => ({ status: body === '"good"' ? 200 : 503 }) })
  const app = await on.events.apps.create({
    name: 'Ops',
    uid: 'hookcast.operational',
    throttleRate: null,
    metadata: {},
  })
  await on.endpoint(app, receiver)
  const told = (): readonly Told[] => receiver.requests.map(({ body }) => JSON.parse(body) as Told)
  const until = async (type: string): Promise<Told> => {
    await receiver.waitUntil(() => told().some((one) => one.type === type))
    return told().findLast((one) => one.type === type)!
  }
  return { others, told, until }
}

describe('operators who ask for it', () => {
  it('are told of endpoints: made, changed, suspended, back, disabled, removed', async ({ on }) => {
    const { others, until, told } = await operators(on)
    const app = await on.app()
    const endpoint = await on.endpoint(app, others, { uid: 'e-1' })
    const whose = { appId: app.id, appUid: null, endpointId: endpoint.id, endpointUid: 'e-1' }
    expect(await until('endpoint.created')).toEqual({ type: 'endpoint.created', data: whose })
    on.clock.skip(SECOND)
    await on.events.endpoints.update(app, 'e-1', { description: 'other' })
    await until('endpoint.updated')
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    await until('endpoint.suspended')
    await on.publish(app, { text: '"good"' })
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await until('endpoint.activated')
    await on.events.endpoints.happen(endpoint.key, { kind: 'disable' })
    await until('endpoint.disabled')
    await on.events.endpoints.remove(app, 'e-1')
    expect((await until('endpoint.deleted')).data).toEqual(whose)
    // Of their own endpoint, nothing.
    expect(told().every(({ data }) => data['endpointId'] === endpoint.id)).toBe(true)
  })

  it('are told of messages that fail, and of those that nobody took', async ({ on }) => {
    const { others, until, told } = await operators(on)
    const app = await on.app()
    await on.endpoint(app, others)
    const { message } = await on.publish(app, { eventId: 'm-1' })
    const mine = (): number => on.attempts.filter(({ message: seq }) => seq === message.seq).length
    for (const [at, waitMs] of WAITS.entries()) {
      await others.waitUntil(() => others.count === at + 1)
      await expect.poll(mine, { timeout: 20_000 }).toBe(at + 1)
      on.clock.skip(waitMs)
    }
    const facts = { msgId: message.id, msgEventId: 'm-1', lastAttempt: { responseStatusCode: 503 } }
    expect((await until('message.attempt.exhausted')).data).toMatchObject(facts)
    const types = told().map(({ type }) => type)
    expect(types.filter((type) => type.startsWith('message.'))).toEqual([
      'message.attempt.failing',
      'message.attempt.exhausted',
    ])
  })
})
