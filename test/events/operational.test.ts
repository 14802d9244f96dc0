import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import type { EventsProcessConfig } from '../support/events-process.ts'
import { test as it, type EventsFixture } from './fixture.ts'

const PROCESS = fileURLToPath(new URL('../support/events-process.ts', import.meta.url))
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
  return { receiver, others, told, until }
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

  it('are told in a notice of endpoints that are called no more, but not of what people did', async ({ on }) => {
    const others = await on.receiver({ answer: () => ({ status: 410 }) })
    const app = await on.app()
    const [gone, byHand, suspended] = [
      await on.endpoint(app, others, { uid: 'gone' }),
      await on.endpoint(app, others, { uid: 'by-hand', channels: ['none'] }),
      await on.endpoint(app, others, { uid: 'registration', channels: ['none'] }),
    ]
    await on.events.endpoints.happen(byHand.key, { kind: 'disable' })
    await on.events.endpoints.happen(suspended.key, { kind: 'suspend' })
    await on.events.endpoints.happen(gone.key, { kind: 'refused' })
    await expect
      .poll(() => [...on.suspended.values()], { timeout: 20_000 })
      .toEqual([
        {
          app_id: app.id,
          app_uid: null,
          endpoint_id: suspended.id,
          endpoint_uid: 'registration',
          state: 'suspended',
          failing_since: null,
        },
        {
          app_id: app.id,
          app_uid: null,
          endpoint_id: gone.id,
          endpoint_uid: 'gone',
          state: 'disabled',
          failing_since: null,
        },
      ])
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

describe('a service that is killed between a change and its event', () => {
  it('tells of every change that was made, once', async ({ on }) => {
    const { receiver, told } = await operators(on)
    const app = await on.app()
    await on.close()
    const made = new Set<string>()
    let untold = 0
    for (const count of [1, 30, 75]) {
      const config: EventsProcessConfig = {
        folder: on.folder,
        port: receiver.port,
        app: app.id,
        count: 5000,
        makesEndpoints: true,
      }
      const child = spawn(process.execPath, [PROCESS, JSON.stringify(config)], { stdio: ['pipe', 'pipe', 'inherit'] })
      const ended = once(child, 'close')
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
      while (said.split('\n').length <= count) await once(child.stdout, 'data')
      child.kill('SIGKILL')
      await ended
      for (const [id] of said.matchAll(/^ep_\w+/gm)) made.add(id)
      using database = new DatabaseSync(join(on.folder, 'events/events.db'))
      untold += Number(database.prepare('SELECT count(*) AS count FROM operational').get()!['count'])
    }
    // Those whose event was not a message yet: what this is about.
    expect(untold).toBeGreaterThan(0)
    await on.reopen()
    const toldOf = (): readonly unknown[] => told().map(({ data }) => data['endpointId'])
    await receiver.waitUntil(
      () => new Set(toldOf()).size >= made.size && [...made].every((id) => toldOf().includes(id)),
    )
    const ids = receiver.requests.map(({ headers, body }) => `${headers['svix-id']} ${body}`)
    // Twice at most with the same id, for what was being sent.
    expect(new Set(ids).size).toBe(new Set(toldOf()).size)
  })
})
