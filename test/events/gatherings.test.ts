import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { EventsProcessConfig } from '../support/events-process.ts'
import type { Receiver } from '../support/receiver.ts'
import { test as it, type EventsFixture } from './fixture.ts'

const SECOND = 1000
const PROCESS = fileURLToPath(new URL('../support/events-process.ts', import.meta.url))
const TYPE = 'Core.Account.Opened'

interface EventObject {
  readonly id: string
  readonly eventName: string
  readonly status: string
  readonly partnerId: string
  readonly createdAt: string
  readonly lastAttemptedAt: string
  readonly resources: readonly string[]
  readonly details?: readonly unknown[]
}

async function registration(
  on: EventsFixture,
  { status = () => 200, format = 'basic' }: { readonly status?: () => number; readonly format?: string } = {},
) {
  const receiver = await on.receiver({ answer: () => ({ status: status() }) })
  const app = await on.app({ 'hookcast.profile': 'crossriver' })
  const endpoint = await on.endpoint(app, receiver, { eventTypes: [TYPE], metadata: { 'hookcast.format': format } })
  const happen = async (resources: readonly string[], details?: readonly unknown[]) =>
    await on.publish(app, { eventType: TYPE, text: JSON.stringify({ resources, details }) })
  return { receiver, app, endpoint, happen }
}

const objectsOf = ({ requests }: Pick<Receiver, 'requests'>): readonly EventObject[] =>
  requests.map(({ body }) => JSON.parse(body) as EventObject)

const accounts = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => `core/v1/dda/accounts/${from + n}`)

describe('what happens to a registration', () => {
  it('is one event of all resources, once nothing more has come for 30 s', async ({ on }) => {
    const { receiver, app, happen } = await registration(on)
    const { message } = await happen(accounts(2))
    on.clock.skip(20 * SECOND)
    await happen(accounts(1, 2))
    on.clock.skip(20 * SECOND)
    await happen(accounts(1, 3))
    on.clock.skip(25 * SECOND)
    expect(receiver.count).toBe(0)
    on.clock.skip(5 * SECOND)
    await receiver.waitFor(1)
    const [object] = objectsOf(receiver)
    expect(object).toEqual({
      id: message.id,
      eventName: TYPE,
      status: 'Pending',
      partnerId: app.id,
      createdAt: new Date(message.acceptedAt).toISOString(),
      lastAttemptedAt: expect.any(String) as string,
      resources: accounts(4),
    })
    expect(receiver.requests[0]!.headers['authorization']).toMatch(/^Basic /)
  })

  it('waits for no more than 120 s, however much goes on', async ({ on }) => {
    const { receiver, happen } = await registration(on)
    for (let n = 0; n < 5; n++) {
      await happen(accounts(1, n))
      on.clock.skip(24 * SECOND)
    }
    await receiver.waitFor(1)
    expect(objectsOf(receiver)[0]!.resources).toEqual(accounts(5))
  })

  it('is more than one event when it is too much for one', async ({ on }) => {
    const { receiver, happen } = await registration(on, { format: 'extended' })
    for (let n = 0; n < 3; n++) await happen(accounts(400, 400 * n), accounts(400, 400 * n))
    on.clock.skip(30 * SECOND)
    await receiver.waitFor(2)
    const objects = objectsOf(receiver).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    expect(objects.map(({ resources, details }) => [resources.length, details!.length])).toEqual([
      [800, 800],
      [400, 400],
    ])
    expect(objects.flatMap(({ details }) => details)).toEqual(accounts(1200))
  })

  it('is retried under the same id with the same resources, and lies between 30 and 60 s apart', async ({ on }) => {
    let status = 503
    const { receiver, happen } = await registration(on, { status: () => status })
    await happen(accounts(2))
    on.clock.skip(30 * SECOND)
    await on.untilAttempts(1)
    await happen(accounts(1, 2))
    status = 200
    await on.reopen()
    on.clock.skip(45 * SECOND)
    await on.untilAttempts(3)
    const objects = objectsOf(receiver)
    expect(objects.map(({ status }) => status)).toEqual(['Pending', 'Pending', 'Pending'])
    const counts = objects.map(({ resources }) => resources.length)
    expect(counts.toSorted((a, b) => a - b)).toEqual([1, 2, 2])
    expect(new Set(objects.map(({ id }) => id)).size).toBe(2)
  })

  it('is sent when its time is over, also when nothing else happens, over a restart', async ({ on }) => {
    const { receiver, happen } = await registration(on)
    await happen(accounts(2))
    on.clock.skip(20 * SECOND)
    await on.reopen()
    on.clock.skip(9 * SECOND)
    expect(receiver.count).toBe(0)
    on.clock.skip(1 * SECOND)
    await receiver.waitFor(1)
    await happen(accounts(1, 2))
    await on.close()
    on.clock.skip(3600 * SECOND)
    await on.reopen()
    await receiver.waitFor(2)
    expect(objectsOf(receiver).map(({ resources }) => resources)).toEqual([accounts(2), accounts(1, 2)])
  })

  it('waits no longer when the clock was put back', async ({ on }) => {
    const { receiver, happen } = await registration(on)
    await happen(accounts(1))
    await on.close()
    on.clock.skip(-7 * 3600 * SECOND)
    await on.reopen()
    on.clock.skip(30 * SECOND)
    await receiver.waitFor(1)
    // Its place in time lies behind that of the first, hours ahead.
    await happen(accounts(1, 1))
    on.clock.skip(30 * SECOND)
    await receiver.waitFor(2)
    expect(objectsOf(receiver).map(({ resources }) => resources)).toEqual([accounts(1), accounts(1, 1)])
  })

  it('is of one event type', async ({ on }) => {
    const { receiver, app } = await registration(on)
    await expect(on.endpoint(app, receiver, { eventTypes: [TYPE, 'Core.Account.Closed'] })).rejects.toMatchObject({
      problem: 'invalid',
      message: 'expected `eventTypes` to be at most 1, got 2',
    })
  })

  it('leaves out what was expunged meanwhile', async ({ on }) => {
    const { receiver, happen } = await registration(on)
    const { message } = await happen(accounts(1))
    await happen(accounts(1, 1))
    await on.events.messages.expunge(message)
    on.clock.skip(30 * SECOND)
    await receiver.waitFor(1)
    expect(objectsOf(receiver)[0]!.resources).toEqual(accounts(1, 1))
  })
})

describe('a suspended registration', () => {
  it('holds 50,000 resources and more, and drains them in order when its probe has arrived', async ({ on }) => {
    let status = 503
    const { receiver, endpoint, happen } = await registration(on, { status: () => status })
    await happen(['first'])
    on.clock.skip(30 * SECOND)
    for (let attempt = 1; attempt <= 4; attempt++) {
      await on.untilAttempts(attempt)
      on.clock.skip(60 * SECOND)
    }
    await expect.poll(() => on.events.endpoints.of(endpoint.key)!.state).toBe('suspended')
    for (let n = 0; n < 40; n++) await Promise.all(accounts(50, 50 * n).map(async () => await happen(accounts(26))))
    on.clock.skip(120 * SECOND)
    await expect.poll(() => on.events.load.gathering, { timeout: 20_000 }).toBe(0)
    expect(receiver.count).toBe(4)
    status = 200
    await on.events.endpoints.happen(endpoint.key, { kind: 'restart' })
    await receiver.waitFor(7)
    const drained = objectsOf(receiver).slice(4)
    expect(drained.map(({ resources }) => resources.length)).toEqual([1, 49_998, 2002])
    expect(on.events.endpoints.of(endpoint.key)!.state).toBe('active')
  })
})

describe('a service that is killed while it gathers', () => {
  it('loses no resource, and gives none under two ids', async ({ on }) => {
    const { receiver, app } = await registration(on)
    await on.close()
    const accepted = new Set<string>()
    for (const count of [40, 90, 15]) {
      const config: EventsProcessConfig = {
        folder: on.folder,
        port: receiver.port,
        app: app.id,
        count: 100_000,
        gathers: 7,
      }
      const child = spawn(process.execPath, [PROCESS, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
      const ended = once(child, 'close')
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
      while (said.split('\n').length <= count) await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await ended
      for (const [, resource = ''] of said.matchAll(/"resources":\["([^"]+)"\]/g)) accepted.add(resource)
    }
    await on.reopen()
    on.clock.skip(120 * SECOND)
    const idsOf = new Map<string, Set<string>>()
    const look = (): boolean => {
      for (const { id, resources } of objectsOf(receiver)) {
        for (const resource of resources) idsOf.set(resource, (idsOf.get(resource) ?? new Set()).add(id))
      }
      return [...accepted].every((resource) => idsOf.has(resource))
    }
    await receiver.waitUntil(look)
    expect([...idsOf].filter(([, ids]) => ids.size > 1)).toEqual([])
    expect(Math.max(...objectsOf(receiver).map(({ resources }) => resources.length))).toBeGreaterThan(1)
  })
})
