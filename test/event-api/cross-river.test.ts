import { describe, expect } from 'vitest'
import { CROSS_RIVER_ROUTES } from '../../src/event-api/cross-river/cross-river.ts'
import { test, type EventDesk } from './fixture.ts'

const SECOND = 1000
const TYPE = 'Core.Account.Opened'

interface Registration {
  readonly id: string
  readonly partnerId: string
  readonly status: string
}

interface EventOut {
  readonly id: string
  readonly status: string
  readonly resources: readonly string[]
}

interface Told {
  readonly status: number
  readonly body: unknown
}

async function partner(desk: EventDesk, uid = 'acme') {
  const { id } = await desk.svix.application.create({ name: uid, uid, metadata: { 'hookcast.profile': 'crossriver' } })
  const token = await desk.tokenOf(id)
  const ask = async (
    path: string,
    { method = 'GET', body, by = token }: { method?: string; body?: object; by?: string } = {},
  ): Promise<Told> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    const headers = { authorization: `Bearer ${by}`, 'content-type': 'application/json' }
    const response = await fetch(`${desk.url}/webhooks/v1${path}`, { method, headers, ...sent })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : (JSON.parse(text) as unknown) }
  }
  const register = async (change: object = {}): Promise<Registration> => {
    const credentials = { authUsername: 'some_user', authPassword: 'secret_password' }
    const body = { eventName: TYPE, callbackUrl: desk.receiver.url, ...credentials, ...change }
    const { status, body: made } = await ask('/registrations', { method: 'POST', body })
    expect([status, made]).toEqual([201, made])
    return made as Registration
  }
  const happen = async (resources: readonly string[], details?: readonly object[]): Promise<void> => {
    await desk.svix.message.create(id, { eventType: TYPE, payload: { resources, details } })
  }
  const get = async (path: string): Promise<EventOut> => (await ask(path)).body as EventOut
  const events = async (query = ''): Promise<readonly EventOut[]> =>
    ((await ask(`/events${query}`)).body as { results: EventOut[] }).results
  return { id, token, ask, register, happen, get, events }
}

describe('a registration', () => {
  test('is made, listed, changed and deleted as Cross River has it', async ({ desk }) => {
    const { id, ask, register, happen } = await partner(desk)
    const made = await register()
    const shown = {
      id: made.id,
      partnerId: 'acme',
      eventName: TYPE,
      callbackUrl: desk.receiver.url,
      authUsername: 'some_user',
      type: 'Push',
      format: 'Basic',
      status: 'Active',
    }
    expect(made).toMatchObject(shown)
    expect(JSON.stringify(made)).not.toContain('secret_password')
    expect((await ask(`/registrations/${made.id}`)).body).toEqual(made)
    expect((await ask(`/registrations?eventName=${TYPE}&status=Active`)).body).toEqual({ results: [made] })
    expect((await ask('/registrations?status=Suspended')).body).toEqual({ results: [] })
    expect((await ask(`/registrations?partnerId=${id}`, { by: desk.admin })).body).toEqual({ results: [made] })
    const again = { method: 'POST', body: { eventName: TYPE, callbackUrl: desk.receiver.url } }
    expect((await ask('/registrations', again)).status).toBe(409)
    const change = { format: 'Extended', authUsername: 'other', authPassword: 'other_password' }
    const changed = await ask(`/registrations/${made.id}`, { method: 'PUT', body: change })
    expect(changed.body).toMatchObject({ ...shown, format: 'Extended', authUsername: 'other' })
    await happen(['core/v1/dda/accounts/1'], [{ accountNumber: '1' }])
    desk.on.clock.skip(30 * SECOND)
    await desk.receiver.waitFor(1)
    const [request] = desk.receiver.requests
    expect(request!.headers['authorization']).toBe(`Basic ${btoa('other:other_password')}`)
    expect(JSON.parse(request!.body)).toMatchObject({ status: 'Pending', details: [{ accountNumber: '1' }] })
    expect((await ask(`/registrations/${made.id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await ask(`/registrations/${made.id}`)).status).toBe(404)
  })

  test.for([
    ['no callback', { eventName: TYPE }, 'callbackUrl'],
    [
      'half of its credentials',
      { eventName: TYPE, callbackUrl: 'https://example.com', authUsername: 'x' },
      'authPassword',
    ],
    ['an event name that is none', { eventName: 'a b', callbackUrl: 'https://example.com' }, 'eventName'],
  ] as const)('is refused with %s', async ([, body, words], { desk }) => {
    const { ask } = await partner(desk)
    const answer = await ask('/registrations', { method: 'POST', body })
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([422, expect.stringContaining(words)])
  })

  test('is refused for an app of another profile, and to those who name none', async ({ desk }) => {
    const { ask } = await partner(desk)
    await desk.svix.application.create({ name: 'other', uid: 'other' })
    const body = { eventName: TYPE, callbackUrl: desk.receiver.url }
    const asAdmin = async (change: object): Promise<number> =>
      (await ask('/registrations', { method: 'POST', body: { ...body, ...change }, by: desk.admin })).status
    expect([await asAdmin({ partnerId: 'other' }), await asAdmin({}), await asAdmin({ partnerId: 'nobody' })]).toEqual([
      422, 422, 404,
    ])
    expect(await asAdmin({ partnerId: 'acme' })).toBe(201)
  })

  test('is pinged with an event without resources', async ({ desk }) => {
    const { ask, register, get } = await partner(desk)
    const { id } = await register()
    const { status, body } = await ask(`/registrations/${id}/ping`, { method: 'PUT' })
    expect([status, body]).toEqual([200, expect.objectContaining({ resources: [] })])
    await desk.receiver.waitFor(1)
    const sent = JSON.parse(desk.receiver.requests[0]!.body) as object
    expect(sent).toMatchObject({ isPing: true, resources: [], status: 'Pending', eventName: TYPE })
    await expect.poll(async () => (await get(`/events/${(body as EventOut).id}`)).status).toBe('Success')
  })
})

describe('events', () => {
  test('are found by what they are, and show what became of them', async ({ desk }) => {
    const { register, happen, events, ask, get } = await partner(desk)
    const registered = await register()
    await happen(['core/v1/1'])
    await happen(['core/v1/2'])
    expect(await events()).toEqual([])
    desk.on.clock.skip(30 * SECOND)
    await desk.receiver.waitFor(1)
    await expect.poll(async () => (await events('?status=Success')).length).toBe(1)
    const [event] = await events(`?eventName=${TYPE}&limit=1`)
    const { data } = await desk.svix.messageAttempt.listAttemptedMessages('acme', registered.id)
    expect(data.map(({ status }) => status)).toEqual([0, 0])
    expect(event).toMatchObject({ status: 'Success', resources: ['core/v1/1', 'core/v1/2'], partnerId: 'acme' })
    expect(await get(`/events/${event!.id}`)).toEqual(event)
    expect(await events('?status=Pending')).toEqual([])
    expect(await events('?eventName=Core.Account.Closed')).toEqual([])
    expect((await ask(`/events/${event!.id}/resend`, { method: 'POST' })).status).toBe(202)
    await desk.receiver.waitFor(2)
    const [first, second] = desk.receiver.requests.map(({ body }) => JSON.parse(body) as EventOut)
    expect([second!.id, second!.resources]).toEqual([first!.id, first!.resources])
  })

  test('of a suspended registration are kept, and follow its restart', async ({ desk }) => {
    const { id: app, register, happen, events, ask } = await partner(desk)
    const { id } = await register({ callbackUrl: `${desk.receiver.url}/gone` })
    const restart = async (): Promise<Told> => await ask(`/registrations/${id}/restart`, { method: 'PUT' })
    expect((await restart()).status).toBe(409)
    const { events: inside } = desk.on
    const endpoint = inside.endpoints.get(inside.apps.get(app), id)
    await inside.endpoints.happen(endpoint.key, { kind: 'suspend' })
    await happen(['core/v1/1'])
    desk.on.clock.skip(30 * SECOND)
    await expect.poll(async () => (await events('?status=Pending')).length).toBe(1)
    expect((await ask(`/registrations/${id}/ping`, { method: 'PUT' })).status).toBe(409)
    expect(desk.receiver.count).toBe(0)
    const deleted = await ask(`/registrations/${id}`, { method: 'DELETE' })
    expect([deleted.status, deleted.body]).toEqual([
      409,
      expect.objectContaining({ detail: expect.stringContaining('1 events are kept') as string }),
    ])
    expect((await restart()).body).toMatchObject({ status: 'Restarting' })
    await desk.receiver.waitFor(1)
    await expect.poll(async () => ((await ask(`/registrations/${id}`)).body as Registration).status).toBe('Active')
    await expect.poll(async () => (await events('?status=Success')).length).toBe(1)
  })

  test('of a registration that polls wait until they are acknowledged', async ({ desk }) => {
    const { register, happen, get, ask } = await partner(desk)
    await register({ type: 'Poll', callbackUrl: null })
    expect((await ask('/events/poll')).status).toBe(204)
    await happen(['core/v1/1'])
    desk.on.clock.skip(30 * SECOND)
    await expect.poll(async () => (await ask('/events/poll')).status).toBe(200)
    await happen(['core/v1/2'])
    desk.on.clock.skip(30 * SECOND)
    const first = await get('/events/poll')
    expect(first).toMatchObject({ status: 'Pending', resources: ['core/v1/1'] })
    expect(await get('/events/poll')).toEqual(first)
    const acknowledged = await ask(`/events/${first.id}/acknowledge`, { method: 'POST' })
    expect(acknowledged.body).toMatchObject({ id: first.id, status: 'Success' })
    await expect.poll(async () => (await ask('/events/poll')).body).toMatchObject({ resources: ['core/v1/2'] })
    expect(desk.receiver.count).toBe(0)
  })
})

describe('every call', () => {
  test('asks for a token, and shows one app to nobody else', async ({ desk }) => {
    const mine = await partner(desk)
    const { id } = await mine.register()
    await mine.happen(['core/v1/1'])
    desk.on.clock.skip(30 * SECOND)
    await expect.poll(async () => (await mine.events()).length).toBe(1)
    const [event] = await mine.events()
    const other = await partner(desk, 'other')
    for (const { method, path } of CROSS_RIVER_ROUTES) {
      const asked = path.replace('/webhooks/v1', '').replace(':registration', id).replace(':event', event!.id)
      const body =
        method === 'get' || method === 'delete' ? {} : { body: { eventName: 'Other', callbackUrl: desk.receiver.url } }
      const options = { method: method.toUpperCase(), ...body }
      expect([method, path, (await mine.ask(asked, { ...options, by: 'hc_nobody' })).status]).toEqual([
        method,
        path,
        401,
      ])
      const answer = await other.ask(asked, options)
      expect(JSON.stringify(answer.body)).not.toContain(id)
      expect(JSON.stringify(answer.body)).not.toContain('core/v1/1')
      if (path.includes(':')) expect([method, path, answer.status]).toEqual([method, path, 404])
    }
    expect((await other.ask('/events?partnerId=acme')).status).toBe(404)
  })
})
