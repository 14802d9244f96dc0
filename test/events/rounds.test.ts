import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect } from 'vitest'
import { Days } from '../../src/events/days.ts'
import { Deliveries } from '../../src/events/deliveries.ts'
import { EVENTS_MIGRATIONS } from '../../src/events/events-schema.ts'
import { Operational } from '../../src/events/operational.ts'
import { Rounds } from '../../src/events/rounds.ts'
import { GroupStore } from '../../src/ledger/group-store.ts'
import type { Receiver } from '../support/receiver.ts'
import { SkippingClock } from '../support/skipping-clock.ts'
import { test as it, type EventsFixture } from './fixture.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const SUSPENDS = { 'hookcast.on_failure': 'suspend' }

interface Told {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What operators hear. */
async function operators(on: EventsFixture): Promise<(type: string) => Promise<readonly Told[]>> {
  const receiver: Receiver = await on.receiver()
  const uid = 'hookcast.operational'
  const app = await on.events.apps.create({ name: 'Ops', uid, throttleRate: null, metadata: {} })
  await on.endpoint(app, receiver)
  return async (type) => {
    const told = (): Told[] =>
      receiver.requests.map(({ body }) => JSON.parse(body) as Told).filter((one) => one.type === type)
    await receiver.waitUntil(() => told().length > 0)
    return told()
  }
}

/** Opens a delivery again behind the back of whoever delivers it. */
function openUnseen(
  on: EventsFixture,
  { endpoint, message }: { readonly endpoint: number; readonly message: number },
): void {
  const [file] = readdirSync(join(on.folder, 'events/days')).filter((name) => name.endsWith('.db'))
  using database = new DatabaseSync(join(on.folder, 'events/days', file!), { timeout: 5000 })
  database
    .prepare('UPDATE delivery SET state = 0, due_at = 1 WHERE endpoint = ? AND message = ?')
    .run(endpoint, message)
}

describe('something that is due and not tried', () => {
  it('is begun as soon as somebody looks', async ({ on }) => {
    const receiver = await on.receiver()
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    const { message } = await on.publish(app)
    await on.untilAttempts(1)
    on.clock.skip(10 * MINUTE)
    openUnseen(on, { endpoint: endpoint.key, message: message.seq })
    on.clock.skip(MINUTE)
    await on.untilAttempts(2)
    expect(on.events.load.stalled).toBe(0)
  })

  it('is shown, and told of once, while that does not help', async ({ on }) => {
    const untilTold = await operators(on)
    const receiver = await on.receiver()
    await on.reopen()
    const app = await on.app()
    const endpoint = await on.endpoint(app, receiver)
    const { message } = await on.publish(app)
    await on.untilAttempts(2)
    const clock = new SkippingClock()
    const folder = join(on.folder, 'events')
    using days = new Days(join(folder, 'days'), clock)
    using store = new GroupStore({
      path: join(folder, 'events.db'),
      clock,
      migrations: EVENTS_MIGRATIONS,
      name: 'The store',
    })
    openUnseen(on, { endpoint: endpoint.key, message: message.seq })
    const { apps, endpoints, messages } = on.events
    const onError = (error: unknown): void => {
      throw error
    }
    await using operational = new Operational({
      apps,
      endpoints,
      messages: () => messages,
      stores: () => [store],
      onSuspended: () => Promise.resolve(),
      onError,
    })
    // Whoever delivers has stopped.
    const courier = { outbox: () => null, wake: () => undefined }
    const deliveries = new Deliveries(days)
    await using rounds = new Rounds({
      clock,
      store,
      endpoints,
      deliveries,
      courier,
      gatherings: { look: () => undefined },
      operational,
      mostHeld: 10,
      onError,
    })
    rounds.start()
    for (let minute = 0; minute < 4; minute++) clock.skip(MINUTE)
    expect(rounds.stalled).toBe(0)
    for (let minute = 0; minute < 4; minute++) {
      clock.skip(MINUTE)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await expect.poll(() => rounds.stalled).toBe(1)
    const told = await untilTold('endpoint.stalled')
    expect(told.map(({ data }) => data)).toMatchObject([
      { endpointId: endpoint.id, dueSince: '1970-01-01T00:00:00.001Z' },
    ])
  })
})

describe('an endpoint that holds more than it may', () => {
  it('loses the oldest, and operators are told how many', async ({ on }) => {
    const untilTold = await operators(on)
    const receiver = await on.receiver()
    await on.reopen({ mostHeld: 3 })
    const app = await on.app(SUSPENDS)
    const endpoint = await on.endpoint(app, receiver)
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    for (let n = 0; n < 5; n++) await on.publish(app, { text: JSON.stringify({ n }) })
    on.clock.skip(MINUTE)
    const [told] = await untilTold('message.expired')
    expect(told!.data).toMatchObject({ endpointId: endpoint.id, expired: 2, mostHeld: 3 })
    expect(on.events.keptFor(endpoint)).toBe(3)
    const third = on.events.messages.list(app, { limit: 3, cursor: null, order: 'descending' }).rows.at(-1)
    expect(on.events.progress.heldSince(endpoint)).toBe(third?.acceptedAt)
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await receiver.waitFor(3)
    expect(receiver.requests.map(({ body }) => body)).toEqual(['{"n":2}', '{"n":3}', '{"n":4}'])
  })

  it('holds none for longer than 30 days beyond their time, and operators are told', async ({ on }) => {
    const untilTold = await operators(on)
    const receiver = await on.receiver()
    await on.reopen({ payloadsKeptMs: DAY, attemptsKeptMs: DAY })
    const app = await on.app(SUSPENDS)
    const endpoint = await on.endpoint(app, receiver)
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    await on.publish(app)
    on.clock.skip(33 * DAY)
    const [told] = await untilTold('message.expired')
    expect(told!.data).toMatchObject({ endpointId: endpoint.id, expired: 1 })
    await expect.poll(() => on.events.keptFor(endpoint)).toBe(0)
  })
})
