import { AppPortalCapability, Svix, type AppPortalAccessIn } from 'svix'
import { Svix as OlderSvix } from 'svix-1'
import { describe, expect } from 'vitest'
import { SVIX_ROUTES } from '../../src/event-api/svix/svix.ts'
import { test, type EventDesk } from './fixture.ts'

const DAY_MS = 86_400_000

/** How those who have a link see the API. */
const viewOf = ({ url }: EventDesk, token: string): Svix => new Svix(token, { serverUrl: url })

describe('a link to the portal', () => {
  for (const major of ['svix', 'older'] as const) {
    test(`is for one app, and good for seven days: ${major}`, async ({ desk }) => {
      const { id } = await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
      await desk.svix.application.create({ name: 'Other', uid: 'other' })
      const { url, token } = await desk[major].authentication.appPortalAccess('acme')
      expect(url).toBe(`${desk.url}/portal/${token}`)
      const { application, endpoint } = viewOf(desk, token)
      expect(await application.get('acme')).toMatchObject({ id })
      await expect(application.get('other')).rejects.toMatchObject({ code: 404 })
      await expect(application.list()).rejects.toMatchObject({ code: 403 })
      expect((await endpoint.create('acme', { url: desk.receiver.url })).id).toMatch(/^ep_/)
      const [record] = desk.tokens.list({ after: null, limit: 1 })
      expect(record).toMatchObject({ name: 'portal', role: 'app', app: id })
      expect(record!.expiresAt! - record!.madeAt).toBe(7 * DAY_MS)
    })

    test(`ends with a logout: ${major}`, async ({ desk }) => {
      await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
      const { token } = await desk.svix.authentication.appPortalAccess('acme')
      const Client = major === 'svix' ? Svix : OlderSvix
      const holder = new Client(token, { serverUrl: desk.url })
      await holder.authentication.logout()
      await expect(holder.application.get('acme')).rejects.toMatchObject({ code: 401 })
      await expect(desk[major].authentication.logout()).rejects.toMatchObject({ code: 403 })
    })

    test(`ends with all others of its app, or of its session: ${major}`, async ({ desk }) => {
      const { authentication, application } = desk[major]
      for (const uid of ['acme', 'other']) await application.create({ name: uid, uid })
      const open = async (uid: string, sessionId: string | null): Promise<Svix> =>
        viewOf(desk, (await authentication.appPortalAccess(uid, { sessionId })).token)
      const [first, second, other] = [await open('acme', 's-1'), await open('acme', null), await open('other', 's-1')]
      await authentication.expireAll('acme', { sessionIds: ['s-1'] })
      await expect(first.application.get('acme')).rejects.toMatchObject({ code: 401 })
      await second.application.get('acme')
      await authentication.expireAll('acme', { expiry: 3600 })
      await second.application.get('acme')
      await authentication.expireAll('acme')
      await expect(second.application.get('acme')).rejects.toMatchObject({ code: 401 })
      await other.application.get('other')
    })
  }

  test('makes the app, if it is described', async ({ desk }) => {
    const { authentication, application } = desk.svix
    await expect(authentication.appPortalAccess('acme')).rejects.toMatchObject({ code: 404 })
    await authentication.appPortalAccess('acme', { application: { name: 'Acme', uid: 'acme' }, expiry: 3600 })
    expect((await application.get('acme')).name).toBe('Acme')
    await expect(authentication.appPortalAccess('acme', { expiry: 3599 })).rejects.toMatchObject({ code: 422 })
    await expect(authentication.appPortalAccess('acme', { expiry: 604_801 })).rejects.toMatchObject({ code: 422 })
  })

  test('allows what it was made for, and nothing else', async ({ desk }) => {
    const { id } = await desk.svix.application.create({ name: 'Acme', uid: 'acme' })
    const cases: readonly (readonly [AppPortalAccessIn, readonly string[]])[] = [
      [{ readOnly: true }, []],
      [{ capabilities: [AppPortalCapability.ViewBase] }, []],
      [{ capabilities: [AppPortalCapability.ViewEndpointSecret] }, ['ViewEndpointSecret']],
      [{ capabilities: [AppPortalCapability.ManageEndpointSecret] }, ['ViewEndpointSecret', 'ManageEndpointSecret']],
      [
        { capabilities: [AppPortalCapability.ManageEndpoint] },
        ['ViewEndpointSecret', 'ManageEndpointSecret', 'ManageEndpoint'],
      ],
      [{ capabilities: [AppPortalCapability.CreateAttempts] }, ['CreateAttempts']],
    ]
    for (const [access, allowed] of cases) {
      const { token } = await desk.svix.authentication.appPortalAccess(id, access)
      for (const { method, path, capability, access: who } of SVIX_ROUTES) {
        // A logout would be the end of the others.
        if (who !== 'app' || path === '/auth/logout') continue
        const response = await desk.send(path.replace(':app', id), {
          method: method.toUpperCase(),
          token,
          ...(method === 'get' || method === 'delete' ? {} : { body: '{}' }),
        })
        const isAllowed = capability === undefined || allowed.includes(capability)
        expect([access, method, path, response.status !== 403]).toEqual([access, method, path, isAllowed])
      }
    }
  })

  test('is written down: who made it, who ended it, who saw a secret', async ({ desk }) => {
    const { authentication, application, endpoint } = desk.svix
    const { id } = await application.create({ name: 'Acme' })
    const made = await endpoint.create(id, { url: desk.receiver.url })
    const { token } = await authentication.appPortalAccess(id)
    await viewOf(desk, token).endpoint.getSecret(id, made.id)
    await authentication.expireAll(id)
    const entries = desk.audit.list({ after: null, limit: 10 })
    expect(entries.map(({ action, subject, actor }) => [action, subject, actor.name])).toEqual([
      ['portal.closed', id, 'admin'],
      ['secret.revealed', made.id, 'portal'],
      ['portal.opened', id, 'admin'],
    ])
    expect(JSON.stringify(entries)).not.toContain(token)
  })
})
