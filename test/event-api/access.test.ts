import { describe, expect } from 'vitest'
import { SVIX_ROUTES } from '../../src/event-api/svix/svix.ts'
import { test, type EventDesk } from './fixture.ts'

interface Owned {
  readonly id: string
  readonly endpoint: string
  readonly message: string
  readonly attempt: string
  readonly token: string
}

/** An app with an endpoint, a message, an attempt, and a token of its own. */
async function createOwner({ svix, receiver, on, tokenOf }: EventDesk, uid: string): Promise<Owned> {
  const { id } = await svix.application.create({ name: uid, uid })
  const { id: endpoint } = await svix.endpoint.create(id, { url: receiver.url })
  const before = on.attempts.length
  const { id: message } = await svix.message.create(id, { eventType: 'user.created', payload: {} })
  await on.untilAttempts(before + 1)
  const { data } = await svix.messageAttempt.listByMsg(id, message)
  return { id, endpoint, message, attempt: data[0]!.id, token: await tokenOf(id) }
}

const pathFor = (path: string, { id, endpoint, message, attempt }: Omit<Owned, 'token'>): string =>
  path
    .replace(':app', id)
    .replace(':endpoint', endpoint)
    .replace(':message', message)
    .replace(':attempt', attempt)
    .replace(':name', 'user.created')

/** Enough for every operation to get beyond its checks of the body. */
const BODY = JSON.stringify({
  name: 'x',
  description: 'x',
  url: 'https://example.com',
  headers: {},
  eventType: 'user.created',
  payload: {},
  since: '2026-01-01T00:00:00Z',
})

describe('every operation', () => {
  test('asks for a token, and for one that is good', async ({ desk }) => {
    for (const { method, path } of SVIX_ROUTES) {
      for (const token of [null, 'hc_nobody']) {
        const from = `${method} ${path}`
        const response = await desk.send(path, { method: method.toUpperCase(), token, from, ...bodyFor(method) })
        expect([method, path, response.status]).toEqual([method, path, 401])
      }
    }
  })

  test('makes whoever guesses wait', async ({ desk }) => {
    const statuses = new Set<number>()
    for (let guess = 0; guess < 30; guess++) statuses.add((await desk.send('/app', { token: 'hc_guess' })).status)
    expect([...statuses]).toEqual([401, 429])
    expect((await desk.send('/app')).headers.get('Retry-After')).toMatch(/^[1-9]\d?$/)
  })

  test('is closed to roles of campaigns', async ({ desk }) => {
    const token = await desk.tokenOf(null, 'viewer')
    for (const { method, path } of SVIX_ROUTES) {
      const response = await desk.send(path, { method: method.toUpperCase(), token, ...bodyFor(method) })
      expect([method, path, response.status]).toEqual([method, path, 403])
    }
  })

  test('shows an app nothing of another: it answers as if there was nothing', async ({ desk }) => {
    const [mine, other] = [await createOwner(desk, 'mine'), await createOwner(desk, 'other')]
    const missing = { ...other, id: `app_${'0'.repeat(27)}` }
    for (const { method, path, access } of SVIX_ROUTES.filter(({ path }) => path.includes(':app'))) {
      const send = async (owned: Owned): Promise<[number, string]> => {
        const options = { method: method.toUpperCase(), token: mine.token, ...bodyFor(method) }
        const response = await desk.send(pathFor(path, owned), options)
        return [response.status, await response.text()]
      }
      const [seen, unseen] = [await send(other), await send(missing)]
      expect([method, path, seen]).toEqual([method, path, unseen])
      expect([method, path, seen[0]]).toEqual([method, path, access === 'admin' ? 403 : 404])
      // Nor does its own app lead to what is another's.
      const crossed = { ...other, id: mine.id }
      if (access === 'app' && /:(endpoint|message)/.test(path) && method !== 'put') {
        expect([method, path, (await send(crossed))[0]]).toEqual([method, path, 404])
      }
    }
    expect((await desk.svix.endpoint.list(other.id)).data).toHaveLength(1)
  })

  test('is open to an app for what is its own', async ({ desk }) => {
    const mine = await createOwner(desk, 'mine')
    await desk.svix.eventType.create({ name: 'user.created', description: '' })
    const open = SVIX_ROUTES.filter(({ access, method }) => access === 'app' && method === 'get')
    for (const { path } of open) {
      const response = await desk.send(pathFor(path, mine), { token: mine.token })
      expect([path, response.status]).toEqual([path, 200])
    }
  })
})

describe('an app', () => {
  test('cannot choose its own profile, nor lose it', async ({ desk }) => {
    const { svix, receiver } = desk
    const { id } = await svix.application.create({ name: 'a', metadata: { 'hookcast.profile': 'standard' } })
    const token = await desk.tokenOf(id)
    const body = JSON.stringify({ url: receiver.url, metadata: { 'hookcast.profile': 'raw' } })
    expect((await desk.send(`/app/${id}/endpoint`, { method: 'POST', token, body })).status).toBe(403)
    const metadata = { 'hookcast.on_failure': 'suspend' }
    const endpoint = await svix.endpoint.create(id, { url: receiver.url, metadata })
    const path = `/app/${id}/endpoint/${endpoint.id}`
    const patch = JSON.stringify({ metadata: { color: 'red' } })
    const patched = await desk.send(path, { method: 'PATCH', token, body: patch })
    expect(await patched.json()).toMatchObject({ metadata: { ...metadata, color: 'red' } })
  })

  test('leaves its endpoints to administrators where the profile says so', async ({ desk }) => {
    const { svix, receiver } = desk
    const { id } = await svix.application.create({ name: 'a', metadata: { 'hookcast.profile': 'bridge' } })
    const token = await desk.tokenOf(id)
    const body = JSON.stringify({ url: receiver.url })
    const path = `/app/${id}/endpoint`
    expect((await desk.send(path, { method: 'POST', token, body })).status).toBe(403)
    for (let count = 0; count < 10; count++) expect((await desk.send(path, { method: 'POST', body })).status).toBe(201)
    const eleventh = await desk.send(path, { method: 'POST', body })
    expect([eleventh.status, await eleventh.text()]).toEqual([409, expect.stringContaining('at most 10 endpoints')])
    expect((await desk.send(path, { token })).status).toBe(200)
  })
})

function bodyFor(method: string): { readonly body?: string } {
  return method === 'get' || method === 'delete' ? {} : { body: BODY }
}
