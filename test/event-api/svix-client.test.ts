import { Webhook } from 'svix'
import { describe, expect } from 'vitest'
import { test } from './fixture.ts'

const isoDate = /^\d{4}-\d\d-\d\dT/

describe('the official client', () => {
  for (const major of ['svix', 'older'] as const) {
    test(`makes, reads, changes and removes apps: ${major}`, async ({ desk }) => {
      const { application } = desk[major]
      const made = await application.create({ name: 'Acme', uid: 'acme', metadata: { plan: 'pro' } })
      expect(made).toMatchObject({ name: 'Acme', uid: 'acme', metadata: { plan: 'pro' } })
      expect(made.id).toMatch(/^app_[0-9A-Za-z]{27}$/)
      expect(made.createdAt.toISOString()).toMatch(isoDate)
      expect(await application.get('acme')).toEqual(await application.get(made.id))
      expect((await application.getOrCreate({ name: 'Other', uid: 'acme' })).id).toBe(made.id)
      expect((await application.getOrCreate({ name: 'New', uid: 'new' })).name).toBe('New')
      expect(await application.patch('acme', { name: 'Acme 2' })).toMatchObject({ name: 'Acme 2', uid: 'acme' })
      expect(await application.patch('acme', { uid: null })).toMatchObject({ uid: null })
      await application.delete(made.id)
      await expect(application.get(made.id)).rejects.toMatchObject({ code: 404, body: { code: 'not_found' } })
    })

    test(`puts the same thing under its uid again and again: ${major}`, async ({ desk }) => {
      const { application } = desk[major]
      const put = async (name: string): Promise<{ id: string; uid?: string | null }> =>
        await ('upsert' in application ? application.upsert('acme', { name }) : application.update('acme', { name }))
      const made = await put('Acme')
      expect(made.uid).toBe('acme')
      expect(await put('Acme 2')).toMatchObject({ id: made.id, uid: 'acme', name: 'Acme 2' })
      const { endpoint } = desk.svix
      const { url } = desk.receiver
      const { id } = await endpoint.upsert('acme', 'main', { url })
      expect(await endpoint.upsert('acme', 'main', { url, description: 'x' })).toMatchObject({ id, uid: 'main' })
    })

    test(`pages both ways: ${major}`, async ({ desk }) => {
      const { application } = desk[major]
      for (const name of ['a', 'b', 'c', 'd', 'e']) await application.create({ name })
      const names = async (options: object): Promise<[string, boolean, string | null, string | null]> => {
        const { data, done, iterator, prevIterator } = await application.list(options)
        return [data.map(({ name }) => name).join(''), done, iterator ?? null, prevIterator ?? null]
      }
      const [first, isDone, iterator] = await names({ limit: 2 })
      expect([first, isDone]).toEqual(['ab', false])
      const [second, , next, previous] = await names({ limit: 2, iterator })
      expect(second).toBe('cd')
      expect((await names({ limit: 2, iterator: next })).slice(0, 2)).toEqual(['e', true])
      expect((await names({ limit: 2, iterator: previous })).slice(0, 2)).toEqual(['ab', true])
      expect((await names({ limit: 9, order: 'descending' }))[0]).toBe('edcba')
    })

    test(`keeps a catalogue of event types: ${major}`, async ({ desk }) => {
      const { eventType } = desk[major]
      const schemas = { 1: { type: 'object', properties: { id: { type: 'string' } } } }
      const made = await eventType.create({ name: 'user.created', description: 'A user', schemas })
      expect(made).toMatchObject({ name: 'user.created', archived: false, schemas })
      await expect(eventType.create({ name: 'user.created', description: '' })).rejects.toMatchObject({ code: 409 })
      await eventType.create({ name: 'user.closed', description: 'Gone', archived: true })
      const listed = await eventType.list()
      expect(listed.data.map(({ name }) => name)).toEqual(['user.created'])
      expect((await eventType.list({ includeArchived: true })).data).toHaveLength(2)
      expect(await eventType.patch('user.created', { description: 'A new user' })).toMatchObject({
        description: 'A new user',
        schemas,
      })
      await eventType.delete('user.created')
      expect((await eventType.get('user.created')).archived).toBe(true)
      await eventType.delete('user.created', { expunge: true })
      await expect(eventType.get('user.created')).rejects.toMatchObject({ code: 404 })
    })

    test(`sends a message, and reads what became of it: ${major}`, async ({ desk }) => {
      const { on, receiver } = desk
      const client = desk[major]
      const { id: app } = await client.application.create({ name: 'Acme', uid: 'acme' })
      const url = `${receiver.url}/hook`
      const endpoint = await client.endpoint.create('acme', { url, uid: 'main', description: 'Main' })
      expect(endpoint).toMatchObject({ url, uid: 'main', description: 'Main', disabled: false })
      const payload = { type: 'user.created', data: { id: 'ü' } }
      const message = await client.message.create('acme', { eventType: 'user.created', payload, eventId: 'e-1' })
      expect(message).toMatchObject({ eventType: 'user.created', eventId: 'e-1', payload: {} })
      await on.untilAttempts(1)
      const [request] = receiver.requests
      const { key } = await client.endpoint.getSecret(app, 'main')
      expect(() => new Webhook(key).verify(request!.body, request!.headers as Record<string, string>)).not.toThrow()
      expect(request!.headers['svix-id']).toBe(message.id)
      const read = await client.message.get(app, 'e-1', { withContent: true })
      expect(read).toMatchObject({ id: message.id, payload })
      const { data: attempts } = await client.messageAttempt.listByMsg(app, message.id)
      expect(attempts).toMatchObject([
        { endpointId: endpoint.id, msgId: message.id, responseStatusCode: 200, status: 0 },
      ])
      const { data: ofEndpoint } = await client.messageAttempt.listByEndpoint(app, 'main', { withMsg: true })
      expect(ofEndpoint).toMatchObject([{ id: attempts[0]!.id, msg: { id: message.id } }])
      expect(await client.messageAttempt.get(app, message.id, attempts[0]!.id)).toMatchObject({ id: attempts[0]!.id })
      await client.messageAttempt.resend(app, message.id, 'main')
      await on.untilAttempts(2)
      const again = await client.messageAttempt.listByMsg(app, message.id, { endpointId: endpoint.id })
      expect(again.data.map(({ triggerType }) => triggerType)).toEqual([1, 0])
      expect(receiver.requests[1]!.headers['svix-id']).toBe(message.id)
      await client.message.expungeContent(app, message.id)
      expect((await client.message.get(app, message.id, { withContent: true })).payload).toEqual({})
      await expect(client.messageAttempt.resend(app, message.id, 'main')).rejects.toMatchObject({
        code: 400,
        body: { code: 'missing_payload' },
      })
    })

    test(`sends a message later: ${major}`, async ({ desk }) => {
      const { on, receiver } = desk
      const client = desk[major]
      await client.application.create({ name: 'Acme', uid: 'acme' })
      await client.endpoint.create('acme', { url: `${receiver.url}/hook` })
      const deliverAt = new Date(on.clock.now() + 3_600_000)
      const { id } = await client.message.create('acme', { eventType: 'a', payload: {}, deliverAt })
      expect((await client.message.get('acme', id)).deliverAt).toEqual(deliverAt)
      on.clock.skip(3_590_000)
      expect(receiver.count).toBe(0)
      on.clock.skip(10_000)
      await on.untilAttempts(1)
      expect(receiver.requests[0]!.headers['svix-id']).toBe(id)
    })

    test(`changes endpoints, their headers and their secrets: ${major}`, async ({ desk }) => {
      const { endpoint, application } = desk[major]
      const { receiver } = desk
      await application.create({ name: 'Acme', uid: 'acme' })
      const { id } = await endpoint.create('acme', { url: receiver.url, channels: ['a'], metadata: { a: '1' } })
      const types = major === 'svix' ? { eventTypes: ['user.*'] } : { filterTypes: ['user.*'] }
      const patched = await endpoint.patch('acme', id, { ...types, disabled: true })
      expect(patched).toMatchObject({ ...types, disabled: true, channels: ['a'], metadata: { a: '1' } })
      expect(await endpoint.patch('acme', id, { disabled: false })).toMatchObject({ ...types, disabled: false })
      const headers = { 'X-One': '1', 'X-Api-Key': 'k' }
      await (major === 'svix'
        ? desk.svix.endpoint.setHeaders('acme', id, { headers })
        : desk.older.endpoint.headersUpdate('acme', id, { headers }))
      const added = { headers: { 'x-two': '2' } }
      await (major === 'svix'
        ? desk.svix.endpoint.patchHeaders('acme', id, added)
        : desk.older.endpoint.headersPatch('acme', id, added))
      expect(await endpoint.getHeaders('acme', id)).toEqual({
        headers: { 'X-One': '1', 'x-two': '2' },
        sensitive: ['X-Api-Key'],
      })
      const before = await endpoint.getSecret('acme', id)
      await endpoint.rotateSecret('acme', id, {})
      const after = await endpoint.getSecret('acme', id)
      expect(after.key).not.toBe(before.key)
      const key = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
      await endpoint.rotateSecret('acme', id, { key })
      expect((await endpoint.getSecret('acme', id)).key).toBe(key)
      await expect(endpoint.rotateSecret('acme', id, { key: 'whsec_short' })).rejects.toMatchObject({ code: 422 })
      await endpoint.delete('acme', id)
      expect((await endpoint.list('acme')).data).toEqual([])
    })
  }

  for (const major of ['svix', 'older'] as const) {
    test(`sends again what has failed, and what an endpoint never got: ${major}`, async ({ desk }) => {
      const { on, receiver } = desk
      const { application, endpoint, message, backgroundTask } = desk[major]
      await application.create({ name: 'Acme', uid: 'acme' })
      await message.create('acme', { eventType: 'user.created', payload: { n: 1 } })
      await endpoint.create('acme', { url: receiver.url, uid: 'late' })
      const since = new Date(on.clock.now() - 3_600_000)
      const task = await endpoint.replayMissing('acme', 'late', { since })
      expect(task).toMatchObject({ task: 'endpoint.replay' })
      await on.untilAttempts(1)
      await expect.poll(async () => (await backgroundTask.get(task.id)).status).toBe('finished')
      const recovered = await endpoint.recover('acme', 'late', { since })
      await expect.poll(async () => (await backgroundTask.get(recovered.id)).status).toBe('finished')
      expect(receiver.requests.map(({ body }) => body)).toEqual(['{"n":1}'])
      await expect(endpoint.recover('acme', 'late', { since, until: since })).rejects.toMatchObject({ code: 422 })
    })
  }

  test('restarts an endpoint that was suspended', async ({ desk }) => {
    const { svix, on, receiver } = desk
    const { id } = await svix.application.create({ name: 'a', metadata: { 'hookcast.on_failure': 'suspend' } })
    const endpoint = await svix.endpoint.create(id, { url: receiver.url })
    await on.events.endpoints.happen(on.events.endpoints.all()[0]!.key, { kind: 'suspend' })
    await svix.message.create(id, { eventType: 'user.created', payload: { n: 1 } })
    expect(receiver.count).toBe(0)
    expect((await desk.send(`/app/${id}/endpoint/${endpoint.id}/restart`, { method: 'POST' })).status).toBe(204)
    await on.untilAttempts(1)
    const path = `/app/${id}/endpoint/${endpoint.id}`
    await expect.poll(async () => ((await (await desk.send(path)).json()) as { state: string }).state).toBe('active')
  })

  test('is told which place is wrong', async ({ desk: { svix } }) => {
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    await expect(svix.application.create({ name: '' })).rejects.toMatchObject({
      code: 422,
      body: { detail: [{ loc: ['body', 'name'], type: 'value_error' }] },
    })
    await expect(svix.endpoint.create('acme', { url: 'ftp://example.com' })).rejects.toMatchObject({
      code: 422,
      body: { detail: [{ loc: ['body', 'url'] }] },
    })
    await expect(svix.application.create({ name: 'Other', uid: 'acme' })).rejects.toMatchObject({
      code: 409,
      body: { code: 'conflict' },
    })
  })

  test('makes an app along with its first message', async ({ desk: { svix } }) => {
    const application = { name: 'Acme', uid: 'acme' }
    const message = { eventType: 'user.created', payload: {}, application }
    await svix.message.create('acme', message)
    await svix.message.create('acme', message)
    expect((await svix.message.list('acme')).data).toHaveLength(2)
    await expect(svix.message.create('nobody', { eventType: 'a', payload: {} })).rejects.toMatchObject({ code: 404 })
  })
})

describe('a message', () => {
  test('is sent with the bytes of its payload as they came', async ({ desk }) => {
    const { receiver } = desk
    await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
    await desk.svix.endpoint.create('acme', { url: receiver.url })
    const payload = '{ "b" : 1.0,\n "a\\"}": [12345678901234567890, "}\\u00fc{"] , "b":2e0}'
    const body = `{"eventType":"a", "payload" :${payload} ,"tags":["payload"]}`
    const response = await desk.send('/app/acme/msg/', { method: 'POST', body })
    expect(response.status).toBe(202)
    await desk.on.untilAttempts(1)
    expect(receiver.requests[0]!.body).toBe(payload)
  })

  test('may be raw bytes of another type', async ({ desk }) => {
    const { receiver } = desk
    await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
    await desk.svix.endpoint.create('acme', { url: receiver.url })
    const { messageInRaw } = await import('svix')
    await desk.svix.message.create('acme', messageInRaw('a', '<x/>', 'text/xml'))
    await desk.on.untilAttempts(1)
    expect([receiver.requests[0]!.body, receiver.requests[0]!.headers['content-type']]).toEqual(['<x/>', 'text/xml'])
  })

  test('comes once of a request that is sent again, and never of another with its event id', async ({ desk }) => {
    await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
    const body = '{"eventType":"a","payload":{},"eventId":"e-1"}'
    const send = async (key: string): Promise<[number, string]> => {
      const response = await desk.send('/app/acme/msg', { method: 'POST', body, key })
      return [response.status, ((await response.json()) as { id: string }).id]
    }
    const [first, again, other] = [await send('k-1'), await send('k-1'), await send('k-2')]
    expect(first[0]).toBe(202)
    expect(again).toEqual(first)
    expect(other[0]).toBe(409)
    expect((await desk.svix.message.list('acme')).data).toHaveLength(1)
  })

  test.for([
    ['no JSON', '{', 422],
    ['no payload', '{"eventType":"a"}', 422],
    ['an odd event type', '{"eventType":"a b","payload":{}}', 422],
    ['too many channels', '{"eventType":"a","payload":{},"channels":["a","b","c","d","e","f"]}', 422],
    ['a payload over 1 MiB', `{"eventType":"a","payload":"${'x'.repeat(1024 ** 2)}"}`, 413],
    ['a body over 4 MiB', `{"eventType":"a","payload":"${'x'.repeat(5 * 1024 ** 2)}"}`, 413],
  ] as const)('is refused with %s', async ([, body, status], { desk }) => {
    await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
    const response = await desk.send('/app/acme/msg', { method: 'POST', body })
    expect(response.status).toBe(status)
  })
})

test('a POST under its key is done once', async ({ desk }) => {
  const send = (): Promise<Response> => desk.send('/app', { method: 'POST', body: '{"name":"Acme"}', key: 'k-1' })
  const [first, second] = [await send(), await send()]
  expect(await second.json()).toEqual(await first.json())
  expect((await desk.svix.application.list()).data).toHaveLength(1)
})

test('nobody needs a token to hear that it is alive', async ({ desk }) => {
  expect((await desk.send('/health', { token: null })).status).toBe(204)
  expect((await desk.send('/nothing')).status).toBe(404)
})
