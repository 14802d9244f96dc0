import { describe, expect } from 'vitest'
import { test, type EventDesk } from './fixture.ts'

const MAJORS = ['svix', 'older'] as const
/** Each of the two clients has an enumeration of its own for the same numbers. */
const [SUCCESS, FAIL, OK_CLASS] = [0 as never, 2 as never, 200 as never]

/** An app with two endpoints: one that takes everything, one that fails until it is mended. */
async function createAcme({
  svix,
  script,
  receiver,
}: EventDesk): Promise<{ good: string; bad: string; mend: () => void }> {
  await svix.application.create({ name: 'Acme', uid: 'acme' })
  let status = 500
  script.answer = (request) => ({ status: request.path === '/bad' ? status : 200 })
  const { id: good } = await svix.endpoint.create('acme', { url: `${receiver.url}/good`, uid: 'good' })
  const { id: bad } = await svix.endpoint.create('acme', { url: `${receiver.url}/bad`, uid: 'bad' })
  return { good, bad, mend: () => (status = 200) }
}

describe('what became of messages', () => {
  for (const major of MAJORS) {
    test(`is listed by endpoint and by message: ${major}`, async ({ desk }) => {
      const { good, bad } = await createAcme(desk)
      const { message, messageAttempt } = desk[major]
      const types = ['user.created', 'user.closed', 'user.created']
      const ids: string[] = []
      for (const eventType of types)
        ids.push((await message.create('acme', { eventType, payload: { n: 1 }, tags: [eventType] })).id)
      await desk.on.untilAttempts(6)
      const failing = await messageAttempt.listAttemptedMessages('acme', 'bad', { withContent: true })
      expect(failing.data.map(({ id }) => id)).toEqual(ids.toReversed())
      expect(failing.data[0]).toMatchObject({
        status: 1,
        statusText: 'pending',
        payload: { n: 1 },
        eventType: 'user.created',
      })
      expect(failing.data[0]!.nextAttempt!.getTime()).toBeGreaterThan(failing.data[0]!.timestamp.getTime())
      const first = await messageAttempt.listAttemptedMessages('acme', 'good', { limit: 2, status: SUCCESS })
      expect([first.data.map(({ id }) => id), first.done]).toEqual([[ids[2], ids[1]], false])
      const second = await messageAttempt.listAttemptedMessages('acme', 'good', { limit: 2, iterator: first.iterator })
      expect([second.data.map(({ id, nextAttempt }) => [id, nextAttempt]), second.done]).toEqual([
        [[ids[0], null]],
        true,
      ])
      const closed = await messageAttempt.listAttemptedMessages('acme', 'good', { eventTypes: ['user.closed'] })
      expect(closed.data.map(({ id }) => id)).toEqual([ids[1]])
      expect((await messageAttempt.listAttemptedMessages('acme', 'good', { status: FAIL })).data).toEqual([])
      const where = await messageAttempt.listAttemptedDestinations('acme', ids[0]!)
      expect(where.data.map(({ id, status, uid }) => [id, status, uid])).toEqual([
        [good, 0, 'good'],
        [bad, 1, 'bad'],
      ])
    })

    test(`is counted: ${major}`, async ({ desk }) => {
      const { bad } = await createAcme(desk)
      const { message, endpoint, statistics, backgroundTask, application } = desk[major]
      await application.create({ name: 'Empty', uid: 'empty' })
      for (let n = 0; n < 3; n++) await message.create('acme', { eventType: 'user.created', payload: { n } })
      await desk.on.untilAttempts(6)
      const none = { success: 0, pending: 0, sending: 0, fail: 0, canceled: 0 }
      expect(await endpoint.getStats('acme', 'good')).toEqual({ ...none, success: 3 })
      expect(await endpoint.getStats('acme', bad)).toEqual({ ...none, pending: 3 })
      const range = { since: new Date(0), until: new Date(desk.on.clock.now() + 1) }
      expect(await endpoint.getStats('acme', 'good', { since: new Date(0), until: new Date(1) })).toEqual(none)
      await endpoint.delete('acme', bad)
      const { id, unresolvedAppIds } = await statistics.aggregateAppStats({
        ...range,
        appIds: ['acme', 'empty', 'nobody'],
      })
      expect(unresolvedAppIds).toEqual(['nobody'])
      await expect.poll(() => backgroundTask.get(id)).toMatchObject({ status: 'finished', task: 'application.stats' })
      expect((await backgroundTask.get(id)).data).toMatchObject({
        appStats: [
          { appUid: 'acme', messageDestinations: 6 },
          { appUid: 'empty', messageDestinations: 0 },
        ],
      })
    })

    test(`tells calls that are under way from those that wait: ${major}`, async ({ desk }) => {
      const { on, receiver, script, [major]: client } = desk
      const answers: (() => void)[] = []
      script.answer = () => new Promise((resolve) => answers.push(() => resolve({})))
      await client.application.create({ name: 'Acme', uid: 'acme' })
      await client.endpoint.create('acme', { url: receiver.url, uid: 'main' })
      for (let n = 0; n < 9; n++) await client.message.create('acme', { eventType: 'a', payload: { n } })
      await receiver.waitFor(8)
      expect(await client.endpoint.getStats('acme', 'main')).toMatchObject({ success: 0, pending: 1, sending: 8 })
      answers.shift()!()
      await receiver.waitFor(9)
      await on.untilAttempts(1)
      expect(await client.endpoint.getStats('acme', 'main')).toMatchObject({ success: 1, pending: 0, sending: 8 })
      for (const answer of answers) answer()
      await on.untilAttempts(9)
      expect(await client.endpoint.getStats('acme', 'main')).toMatchObject({ success: 9, pending: 0, sending: 0 })
    })

    test(`says who has asked for what: ${major}`, async ({ desk }) => {
      const { application, statistics, backgroundTask } = desk[major]
      const { id } = await application.create({ name: 'Acme', uid: 'acme' })
      await desk.svix.endpoint.create('acme', { url: desk.receiver.url, eventTypes: ['user.created', 'user.closed'] })
      const { id: task } = await statistics.aggregateEventTypes()
      await expect
        .poll(() => backgroundTask.get(task))
        .toMatchObject({
          status: 'finished',
          task: 'event-type.aggregate',
          data: {
            event_types: [
              {
                appId: id,
                explicitlySubscribedEventTypes: ['user.closed', 'user.created'],
                hasCatchAllEndpoint: false,
              },
            ],
          },
        })
    })

    test(`may be sent anew, whatever it was: ${major}`, async ({ desk }) => {
      const { mend } = await createAcme(desk)
      const { message, endpoint, backgroundTask } = desk[major]
      const { on, receiver } = desk
      for (const [eventType, tags] of [
        ['user.created', ['a']],
        ['user.closed', ['b']],
        ['user.created', ['b']],
      ] as const)
        await message.create('acme', { eventType, payload: { eventType }, tags: [...tags] })
      await on.untilAttempts(6)
      mend()
      const since = new Date(on.clock.now() - 3_600_000)
      const sent = (): string[] => receiver.requests.filter(({ path }) => path === '/good').map(({ body }) => body)
      const before = sent().length
      const task = await endpoint.bulkReplay('acme', 'good', {
        since,
        eventTypes: ['user.created'],
        tag: 'b',
        status: SUCCESS,
        statusCodeClass: OK_CLASS,
      })
      expect(task).toMatchObject({ task: 'endpoint.bulk-replay' })
      await expect
        .poll(() => backgroundTask.get(task.id))
        .toMatchObject({ status: 'finished', data: { messagesSent: 1 } })
      await on.untilAttempts(7)
      expect(sent().slice(before)).toEqual(['{"eventType":"user.created"}'])
      for (const other of [{ status: FAIL }, { statusCodeClass: 500 as never }, { channel: 'x' }]) {
        const { id } = await endpoint.bulkReplay('acme', 'good', { since, ...other })
        await expect.poll(() => backgroundTask.get(id)).toMatchObject({ status: 'finished', data: { messagesSent: 0 } })
      }
      const all = await endpoint.bulkReplay('acme', 'good', { since })
      await expect
        .poll(() => backgroundTask.get(all.id))
        .toMatchObject({ status: 'finished', data: { messagesSent: 3 } })
      const listed = await backgroundTask.list({ limit: 2, task: 'endpoint.bulk-replay' as never })
      expect([listed.data[0]!.id, listed.data.length, listed.done]).toEqual([all.id, 2, false])
      const back = await backgroundTask.list({ limit: 9, iterator: listed.iterator, status: 'finished' as never })
      expect(back.data.at(-1)!.id).toBe(task.id)
      expect((await backgroundTask.list({ status: 'failed' as never })).data).toEqual([])
    })
  }

  test('of thousands is counted in steps', async ({ desk: { svix, on, receiver } }) => {
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    const { id } = await svix.endpoint.create('acme', { url: receiver.url })
    const endpoint = on.events.endpoints.all()[0]!
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    const app = on.events.apps.get('acme')
    await Promise.all(Array.from({ length: 5001 }, () => on.publish(app)))
    expect(await svix.endpoint.getStats('acme', id)).toMatchObject({ pending: 5001 })
  })
})

describe('a test message', () => {
  const schemas = {
    1: { type: 'object', examples: [{ v: 'old' }] },
    2: { type: 'object', examples: [{ n: 1 }, { n: 2 }] },
  }

  for (const major of MAJORS) {
    test(`goes to one endpoint, whatever that has asked for: ${major}`, async ({ desk }) => {
      const { application, endpoint, eventType } = desk[major]
      const { receiver, on } = desk
      await application.create({ name: 'Acme', uid: 'acme' })
      await eventType.create({ name: 'user.created', description: '', schemas })
      const { id } = await desk.svix.endpoint.create('acme', {
        url: receiver.url,
        eventTypes: ['other'],
        channels: ['x'],
      })
      await endpoint.create('acme', { url: `${receiver.url}/other` })
      const sent = await endpoint.sendExample('acme', id, { eventType: 'user.created' })
      expect(sent).toMatchObject({ eventType: 'user.created', payload: { n: 1 } })
      await endpoint.sendExample('acme', id, { eventType: 'user.created', exampleIndex: 1 })
      await endpoint.sendExample('acme', id, { eventType: 'unknown' })
      await on.untilAttempts(3)
      expect(receiver.requests.map(({ path, body }) => [path, body])).toEqual([
        ['/', '{"n":1}'],
        ['/', '{"n":2}'],
        ['/', '{"type":"unknown","data":{}}'],
      ])
      await expect(
        endpoint.sendExample('acme', id, { eventType: 'user.created', exampleIndex: 2 }),
      ).rejects.toMatchObject({ code: 422 })
      await endpoint.patch('acme', id, { disabled: true })
      await expect(endpoint.sendExample('acme', id, { eventType: 'user.created' })).rejects.toMatchObject({ code: 409 })
    })
  }

  test('is what the vendor of the profile sends', async ({ desk: { svix, receiver, on } }) => {
    const secrets = { bridge: null, crossriver: 'user:password' }
    for (const [profile, secret] of Object.entries(secrets)) {
      const { id } = await svix.application.create({ name: profile, metadata: { 'hookcast.profile': profile } })
      const endpoint = await svix.endpoint.create(id, {
        url: `${receiver.url}/${profile}`,
        secret,
        eventTypes: ['Core.Account.Opened'],
      })
      await svix.endpoint.sendExample(id, endpoint.id, { eventType: 'Core.Account.Opened' })
    }
    await on.untilAttempts(2)
    const bodies = new Map(receiver.requests.map(({ path, body }) => [path, JSON.parse(body) as { timestamp: number }]))
    expect(bodies.get('/bridge')).toMatchObject({ type: 'TEST_EVENT', content: { item_id: 1_234_567_890 } })
    // Seconds, where real events have milliseconds.
    expect(String(bodies.get('/bridge')!.timestamp)).toHaveLength(10)
    expect(bodies.get('/crossriver')).toMatchObject({ isPing: true, resources: [], eventName: 'Core.Account.Opened' })
  })
})

describe('what is removed', () => {
  test('takes kept messages along only if that is meant', async ({ desk: { svix, on, receiver, send } }) => {
    const { id } = await svix.application.create({ name: 'a', metadata: { 'hookcast.on_failure': 'suspend' } })
    const endpoint = await svix.endpoint.create(id, { url: receiver.url })
    await on.events.endpoints.happen(on.events.endpoints.all()[0]!.key, { kind: 'suspend' })
    for (let n = 0; n < 3; n++) await svix.message.create(id, { eventType: 'user.created', payload: { n } })
    await expect(svix.endpoint.delete(id, endpoint.id)).rejects.toMatchObject({
      code: 409,
      body: { code: 'messages_kept', detail: expect.stringContaining('3 messages are kept') },
    })
    expect((await svix.endpoint.get(id, endpoint.id)).id).toBe(endpoint.id)
    const forced = await send(`/app/${id}/endpoint/${endpoint.id}?force=true`, { method: 'DELETE' })
    expect(forced.status).toBe(204)
    expect((await svix.endpoint.list(id)).data).toEqual([])
  })

  test('takes its endpoints along: an app', async ({ desk: { svix, on, receiver, script } }) => {
    script.answer = () => ({ status: 500 })
    const { id } = await svix.application.create({ name: 'a' })
    await svix.endpoint.create(id, { url: receiver.url })
    await svix.message.create(id, { eventType: 'user.created', payload: {} })
    await on.untilAttempts(1)
    await svix.application.delete(id)
    expect(on.events.endpoints.all()).toEqual([])
  })
})
