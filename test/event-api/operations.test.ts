import { describe, expect } from 'vitest'
import { Webhook } from 'svix'
import { test } from './fixture.ts'

const MAJORS = ['svix', 'older'] as const
const DAY_MS = 86_400_000

describe('operational webhooks', () => {
  for (const major of MAJORS) {
    test(`go to endpoints of those who run the instance: ${major}`, async ({ desk }) => {
      const { application } = desk[major]
      const { endpoint } = desk[major].operationalWebhook
      const { receiver, on } = desk
      expect(await endpoint.list()).toMatchObject({ data: [], done: true })
      const { id, uid } = await endpoint.create({ url: `${receiver.url}/ops`, uid: 'ops', description: 'Ours' })
      expect([uid, (await endpoint.get('ops')).id]).toEqual(['ops', id])
      await application.create({ name: 'Acme', uid: 'acme' })
      await desk[major].endpoint.create('acme', { url: receiver.url, uid: 'theirs' })
      await on.untilAttempts(1)
      const { key } = await endpoint.getSecret('ops')
      const [request] = receiver.requests
      expect(() => new Webhook(key).verify(request!.body, request!.headers as Record<string, string>)).not.toThrow()
      expect(JSON.parse(request!.body)).toMatchObject({
        type: 'endpoint.created',
        data: { appUid: 'acme', endpointUid: 'theirs' },
      })
      const { url } = receiver
      await ('upsert' in endpoint
        ? endpoint.upsert('ops', { url, description: 'x' })
        : endpoint.update('ops', { url, description: 'x' }))
      expect((await endpoint.list()).data).toMatchObject([{ id, description: 'x' }])
      const headers = { headers: { 'X-One': '1' } }
      await ('setHeaders' in endpoint ? endpoint.setHeaders('ops', headers) : endpoint.updateHeaders('ops', headers))
      expect((await endpoint.getHeaders('ops')).headers).toEqual({ 'X-One': '1' })
      await endpoint.rotateSecret('ops', {})
      expect((await endpoint.getSecret('ops')).key).not.toBe(key)
      await endpoint.delete(id)
      await expect(endpoint.get(id)).rejects.toMatchObject({ code: 404 })
    })
  }

  test('may be put under a name before there are any', async ({ desk: { svix, receiver, send } }) => {
    const { endpoint } = svix.operationalWebhook
    await expect(endpoint.get('ops')).rejects.toMatchObject({ code: 404 })
    expect((await endpoint.upsert('ops', { url: receiver.url })).uid).toBe('ops')
    const patched = await send('/operational-webhook/endpoint/ops', { method: 'PATCH', body: '{}' })
    expect(patched.status).toBe(404)
  })
})

describe('the catalogue', () => {
  const document = {
    openapi: '3.1.0',
    webhooks: {
      'user.created': {
        post: {
          description: 'Somebody came',
          'x-svix-feature-flags': ['beta'],
          requestBody: {
            content: {
              'application/json': { schema: { $ref: '#/components/schemas/User' }, example: { id: '1' } },
            },
          },
        },
      },
      'invoice.paid': { post: { summary: 'Money came', deprecated: true, 'x-svix-group-name': 'money' } },
    },
    components: {
      schemas: {
        User: { type: 'object', properties: { id: { type: 'string' }, friend: { $ref: '#/components/schemas/User' } } },
      },
    },
  }

  for (const major of MAJORS) {
    test(`is taken from an OpenAPI document: ${major}`, async ({ desk: { [major]: client } }) => {
      const { eventType } = client
      await eventType.create({ name: 'old.one', description: '' })
      const planned = await eventType.importOpenapi({ spec: document, dryRun: true })
      expect(planned.data.toModify).toMatchObject([
        {
          name: 'user.created',
          description: 'Somebody came',
          deprecated: false,
          groupName: 'user',
          featureFlags: ['beta'],
        },
        { name: 'invoice.paid', description: 'Money came', deprecated: true, groupName: 'money' },
      ])
      expect((await eventType.list()).data.map(({ name }) => name)).toEqual(['old.one'])
      const made = await eventType.importOpenapi({ specRaw: JSON.stringify(document) })
      expect(made.data.modified).toEqual(['user.created', 'invoice.paid'])
      const { schemas } = await eventType.get('user.created')
      expect(schemas).toEqual({
        1: {
          $ref: '#/definitions/User',
          examples: [{ id: '1' }],
          definitions: {
            User: { type: 'object', properties: { id: { type: 'string' }, friend: { $ref: '#/definitions/User' } } },
          },
        },
      })
      // What is the same as before is not written again.
      expect((await eventType.importOpenapi({ spec: document })).data.modified).toEqual([])
      const replaced = await eventType.importOpenapi({ spec: document, replaceAll: true })
      expect(replaced.data.modified).toEqual(['old.one'])
      expect((await eventType.get('old.one')).archived).toBe(true)
      expect((await eventType.list()).data.map(({ name }) => name)).toEqual(['invoice.paid', 'user.created'])
    })
  }

  test('is taken from nothing else', async ({ desk: { svix } }) => {
    const bomb = 'a: &a [x, x]\nb: &b [*a, *a]\n'
    const inputs = [{}, { spec: {}, specRaw: '{}' }, { specRaw: ': [' }, { specRaw: bomb }, { spec: { webhooks: [] } }]
    for (const input of inputs) {
      await expect(svix.eventType.importOpenapi(input)).rejects.toMatchObject({ code: 422 })
    }
  })
})

describe('a message', () => {
  for (const major of MAJORS) {
    test(`is asked about before it is made: ${major}`, async ({ desk }) => {
      const { application, message, endpoint } = desk[major]
      await application.create({ name: 'Acme', uid: 'acme' })
      const isHeard = async (eventType: string, channels?: string[]): Promise<boolean> =>
        (await message.precheck('acme', { eventType, ...(channels === undefined ? {} : { channels }) })).active
      expect(await isHeard('user.created')).toBe(false)
      await desk.svix.endpoint.create('acme', {
        url: desk.receiver.url,
        uid: 'e',
        eventTypes: ['user.*'],
        channels: ['a'],
      })
      expect([
        await isHeard('user.created', ['a']),
        await isHeard('user.created', ['b']),
        await isHeard('other', ['a']),
      ]).toEqual([true, false, false])
      await endpoint.patch('acme', 'e', { disabled: true })
      expect(await isHeard('user.created', ['a'])).toBe(false)
    })
  }

  test('is forgotten with others', async ({ desk: { svix } }) => {
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    const { id } = await svix.message.create('acme', { eventType: 'a', payload: { n: 1 } })
    const { results } = await svix.message.bulkExpungeContent('acme', { ids: [id, 'nothing'] })
    expect(results).toEqual({ [id]: 'expunged', nothing: 'not-found' })
    expect((await svix.message.get('acme', id, { withContent: true })).payload).toEqual({})
  })

  for (const major of MAJORS) {
    test(`keeps its payload no longer than was said: ${major}`, async ({ desk }) => {
      const { application, message } = desk[major]
      const { clock } = desk.on
      await application.create({ name: 'Acme', uid: 'acme' })
      const [short, usual] = [
        await message.create('acme', { eventType: 'a', payload: { n: 1 }, payloadRetentionPeriod: 5 }),
        await message.create('acme', { eventType: 'a', payload: { n: 2 } }),
      ]
      const payloadOf = async (id: string): Promise<unknown> =>
        (await message.get('acme', id, { withContent: true })).payload
      clock.skip(5 * DAY_MS - 60_000)
      expect(await payloadOf(short.id)).toEqual({ n: 1 })
      clock.skip(80_000)
      await expect.poll(() => payloadOf(short.id)).toEqual({})
      expect(await payloadOf(usual.id)).toEqual({ n: 2 })
    })
  }

  test('is not promised to be kept for longer than all are', async ({ desk: { svix, send } }) => {
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    const { message } = svix
    await expect(
      message.create('acme', { eventType: 'a', payload: {}, payloadRetentionPeriod: 31 }),
    ).rejects.toMatchObject({
      code: 422,
      body: { detail: [{ loc: ['body', 'payloadRetentionPeriod'], msg: expect.stringContaining('at most 30 days') }] },
    })
    const both = '{"eventType":"a","payload":{},"payloadRetentionPeriod":5,"payloadRetentionHours":5}'
    expect((await send('/app/acme/msg', { method: 'POST', body: both })).status).toBe(422)
  })
})

describe('an answer', () => {
  test('that is not UTF-8 is kept in base64', async ({ desk: { svix, script, receiver, on } }) => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80])
    script.answer = ({ path }) => ({ status: 500, body: path === '/text' ? Buffer.from('ü') : bytes })
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    for (const uid of ['text', 'bytes']) await svix.endpoint.create('acme', { url: `${receiver.url}/${uid}`, uid })
    await svix.message.create('acme', { eventType: 'a', payload: {} })
    await on.untilAttempts(2)
    const answerTo = async (uid: string): Promise<string> =>
      (await svix.messageAttempt.listByEndpoint('acme', uid, { withContent: true })).data[0]!.response
    expect(await answerTo('text')).toBe('ü')
    expect(Buffer.from(await answerTo('bytes'), 'base64')).toEqual(bytes)
  })

  test('with `webhook-delivery` ends a message, or all of them', async ({ desk: { svix, script, receiver, on } }) => {
    script.answer = ({ path }) => ({ status: 500, headers: { 'webhook-delivery': path.slice(1) } })
    await svix.application.create({ name: 'Acme', uid: 'acme' })
    for (const uid of ['abort-message', 'disable'])
      await svix.endpoint.create('acme', { url: `${receiver.url}/${uid}`, uid })
    await svix.message.create('acme', { eventType: 'a', payload: {} })
    await on.untilAttempts(2)
    await expect.poll(() => svix.endpoint.get('acme', 'disable')).toMatchObject({ disabled: true })
    expect(await svix.endpoint.get('acme', 'abort-message')).toMatchObject({ disabled: false })
    for (const uid of ['abort-message', 'disable'])
      expect(await svix.endpoint.getStats('acme', uid)).toMatchObject({ pending: 0, fail: 1 })
  })
})

test('an endpoint gets no more a second than was said', async ({ desk: { svix, receiver, on } }) => {
  await svix.application.create({ name: 'Acme', uid: 'acme' })
  await svix.endpoint.create('acme', { url: receiver.url, throttleRate: 5 })
  for (let n = 0; n < 5; n++) await svix.message.create('acme', { eventType: 'a', payload: { n } })
  await on.untilAttempts(5)
  const begunAt = on.attempts.map(({ at }) => at).toSorted((a, b) => a - b)
  const waits = begunAt.slice(1).map((at, index) => at - begunAt[index]!)
  for (const waitMs of waits) expect(waitMs).toBeGreaterThanOrEqual(199)
})
