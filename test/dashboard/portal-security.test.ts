import { describe, expect } from 'vitest'
import { CAPABILITIES, formTokenOf as tokenForForms } from '../../src/access/access.ts'
import { PORTAL_ROUTES } from '../../src/dashboard/portal/portal-routes.ts'
import type { App, Endpoint, Message } from '../../src/events/events.ts'
import { test, type PortalDesk } from './portal-fixture.ts'

const FORM = 'application/x-www-form-urlencoded'
const DAY_MS = 86_400_000
const SECOND_MS = 1000

/** What stands in the forms of a link. */
const formTokenOf = (link: string): string => tokenForForms(link.split('/portal/')[1]!)

/** Sends a form as a browser does from a page without a `Referer`. */
async function post(
  url: string,
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': FORM, Origin: 'null', 'Sec-Fetch-Site': 'same-origin', ...headers },
    body: new URLSearchParams(form).toString(),
  })
}

const isPressable = (page: string, button: string): boolean =>
  new RegExp(`<(?:button|a)[^>]*>\\s*${button}\\s*<`).test(page)

interface Owned {
  readonly app: App
  readonly endpoint: Endpoint
  readonly message: Message
  readonly link: string
}

async function owner({ on, receiver, link }: PortalDesk, name: string): Promise<Owned> {
  const app = await on.events.apps.create({ name, uid: name, throttleRate: null, metadata: {} })
  const endpoint = await on.endpoint(app, receiver, { description: `of ${name}` })
  const { message } = await on.publish(app, { text: `{"of":"${name}"}`, eventId: `event-${name}` })
  return { app, endpoint, message, link: await link(app) }
}

/** A call a second, and two at once. */
const slow = test.extend<{ callsPerSecond: number }>({ callsPerSecond: 1 })

describe('a link', () => {
  test('shows and does nothing of another app, by whatever path', async ({ desk }) => {
    const [acme, other] = [await owner(desk, 'acme'), await owner(desk, 'other')]
    await desk.on.untilAttempts(2)
    const form_token = formTokenOf(acme.link)
    const before = JSON.stringify(desk.on.events.endpoints.ofApp(other.app))
    const told = new Set<string>()
    let looked = 0
    for (const { method, path } of PORTAL_ROUTES.filter(({ path }) => /:(?:endpoint|message)/.test(path))) {
      const named = (endpoint: string, message: string): string =>
        acme.link + path.replace(':endpoint', endpoint).replace(':message', message)
      const paths = [
        named(other.endpoint.id, other.message.id),
        named(other.endpoint.id, 'event-other'),
        named('ep_000000000000000000000000000', 'msg_000000000000000000000000000'),
      ]
      for (const url of paths) {
        const form = { form_token, endpoint: other.endpoint.id, url: `${desk.receiver.url}/stolen`, hears: 'all' }
        const answer =
          method === 'get' ? await fetch(url) : await post(url, { ...form, event_type: 'x', since: '2026-01-01T00:00' })
        expect([answer.status, method, path]).toEqual([404, method, path])
        told.add(await answer.text())
        looked++
      }
    }
    expect(looked).toBeGreaterThan(50)
    // What is another's looks like what is not there.
    expect(told.size).toBe(1)
    expect([...told].join()).not.toContain('other')
    const resent = await post(`${acme.link}/messages/${acme.message.id}/resend`, {
      form_token,
      endpoint: other.endpoint.id,
    })
    expect(resent.status).toBe(404)
    for (const path of ['', '/messages', `/messages?type=user.created`, '/event-types']) {
      expect(await (await fetch(acme.link + path)).text()).not.toContain(other.endpoint.id)
    }
    expect(JSON.stringify(desk.on.events.endpoints.ofApp(other.app))).toBe(before)
    expect(desk.receiver.requests.filter(({ path }) => path !== '/hook')).toEqual([])
    expect(desk.on.attempts).toHaveLength(2)
  })

  test('takes a form from its own pages only', async ({ desk }) => {
    const [acme, other] = [await owner(desk, 'acme'), await owner(desk, 'other')]
    const form_token = formTokenOf(acme.link)
    const url = `${acme.link}/endpoints`
    const form = { form_token, url: `${desk.receiver.url}/new`, hears: 'all' }
    const refused = [
      await post(url, { ...form, form_token: '' }),
      await post(url, { ...form, form_token: formTokenOf(other.link) }),
      await post(url, form, { 'Sec-Fetch-Site': 'cross-site' }),
      await post(url, form, { 'Sec-Fetch-Site': 'same-site' }),
      await post(url, form, { Origin: 'https://evil.example' }),
      await post(url, form, { 'Content-Type': 'text/plain' }),
      await fetch(`${url}?${new URLSearchParams(form).toString()}`),
    ]
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 415, 200])
    expect(desk.on.events.endpoints.ofApp(acme.app)).toHaveLength(1)
    expect((await post(url, form)).status).toBe(303)
    expect(desk.on.events.endpoints.ofApp(acme.app)).toHaveLength(2)
  })

  test('is good for seven days and no second more; one that has ended looks like one that never was', async ({
    desk,
  }) => {
    const { app, link, endpoint } = await owner(desk, 'acme')
    const revoked = await desk.link(app)
    await desk.tokens.revoke(desk.tokens.list({ after: null, limit: 1 })[0]!.id)
    const statusOf = async (url: string): Promise<number> => (await fetch(url)).status
    desk.on.clock.skip(7 * DAY_MS - 60 * SECOND_MS)
    expect(await statusOf(link)).toBe(200)
    desk.on.clock.skip(61 * SECOND_MS)
    const paths = [
      link,
      `${link}/endpoints/${endpoint.id}`,
      `${link}/nothing`,
      revoked,
      `${desk.url}/portal/hc_nobody`,
      `${desk.url}/portal/%2e%2e`,
    ]
    const pages = new Set<string>()
    for (const path of paths) {
      const answer = await fetch(path)
      expect([answer.status, path]).toEqual([404, path])
      pages.add(await answer.text())
    }
    expect(pages.size).toBe(1)
    const [page = ''] = pages
    expect(page).toContain('This link is not good any more')
    expect(page).toContain('seven days')
    expect(page).not.toContain('acme')
  })

  test('lets nobody try links, and keeps nobody out who has one', async ({ desk }) => {
    const { link } = await owner(desk, 'acme')
    const tried: number[] = []
    for (let at = 0; at < 11; at++) {
      const { status, headers } = await fetch(`${desk.url}/portal/hc_${at}`)
      tried.push(status)
      if (status === 429) expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0)
    }
    expect(tried).toEqual([...Array.from({ length: 10 }, () => 404), 429])
    expect((await fetch(link)).status).toBe(200)
    const elsewhere = await fetch(`${desk.url}/portal/hc_x`, { headers: { 'x-test-address': '10.0.0.9' } })
    expect(elsewhere.status).toBe(404)
  })

  slow('may be used so often a second, as a token of the API', async ({ desk }) => {
    const link = await desk.link(await desk.on.app())
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await fetch(link)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 429]))
    expect(answers.find(({ status }) => status === 429)!.headers.get('Retry-After')).toBe('1')
  })

  test('tells twelve pages of what changes, and frees the place of each that is left', async ({ desk }) => {
    const { link, endpoint } = await owner(desk, 'acme')
    const open = async (): Promise<{ readonly status: number; leave: () => void }> => {
      const left = new AbortController()
      const { status } = await fetch(`${link}/endpoints/${endpoint.id}/live`, { signal: left.signal })
      return { status, leave: () => left.abort() }
    }
    const head = await fetch(`${link}/endpoints/${endpoint.id}/live`, { method: 'HEAD' })
    expect(head.status).toBe(204)
    const pages = await Promise.all(Array.from({ length: 12 }, open))
    expect(pages.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 200))
    expect((await open()).status).toBe(429)
    pages[0]!.leave()
    await expect.poll(async () => (await open()).status).toBe(200)
    for (const { leave } of pages) leave()
  })

  test('is no token of another kind: those of the API are not for addresses', async ({ desk }) => {
    const { app } = await owner(desk, 'acme')
    const issue = async (role: 'admin' | 'app', of: string | null): Promise<string> =>
      (
        await desk.tokens.issue(
          { name: 'mine', role, grants: [], app: of, expiresAt: desk.on.clock.now() + DAY_MS },
          null,
        )
      ).text
    for (const token of [await issue('admin', null), await issue('app', app.id)]) {
      expect((await fetch(`${desk.url}/portal/${token}`)).status).toBe(404)
    }
  })

  test('tells nobody of what is ours to mend', async ({ desk }) => {
    const { link } = await owner(desk, 'acme')
    await desk.on.close()
    const answer = await fetch(`${link}/messages`)
    const page = await answer.text()
    expect(answer.status).toBe(500)
    expect(page).toContain('Something went wrong here')
    expect(page).not.toMatch(/database|sqlite|\/tmp/i)
    expect(desk.unexpected.splice(0)).toHaveLength(1)
  })

  test('has headers that keep it where it is: no Referer, no cache, no cookie, no frame but those named', async ({
    desk,
  }) => {
    const { link } = await owner(desk, 'acme')
    for (const url of [link, `${link}/nothing`, `${desk.url}/portal/hc_nobody`]) {
      const { headers } = await fetch(url)
      expect(headers.get('Content-Security-Policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors https://app.example.com",
      )
      expect(headers.get('Referrer-Policy')).toBe('no-referrer')
      expect(headers.get('Cache-Control')).toBe('no-store')
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Set-Cookie')).toBe(null)
    }
  })

  test('does what it allows, shows the buttons of that, and refuses all else', async ({ desk }) => {
    const { app, endpoint, message } = await owner(desk, 'acme')
    const acts: readonly (readonly [path: string, capability: (typeof CAPABILITIES)[number], button: string])[] = [
      ['/endpoints', 'ManageEndpoint', 'Add an endpoint'],
      [`/endpoints/${endpoint.id}/edit`, 'ManageEndpoint', 'Edit'],
      [`/endpoints/${endpoint.id}/disable`, 'ManageEndpoint', 'Disable this endpoint'],
      [`/endpoints/${endpoint.id}/enable`, 'ManageEndpoint', ''],
      [`/endpoints/${endpoint.id}/secret`, 'ViewEndpointSecret', 'Show the secret'],
      [`/endpoints/${endpoint.id}/verify`, 'ViewEndpointSecret', ''],
      [`/endpoints/${endpoint.id}/rotate`, 'ManageEndpointSecret', 'Make a new secret'],
      [`/endpoints/${endpoint.id}/test`, 'CreateAttempts', 'Send it'],
      [`/endpoints/${endpoint.id}/recover`, 'CreateAttempts', 'Recover'],
      [`/endpoints/${endpoint.id}/replay-missing`, 'CreateAttempts', 'Replay missing'],
      [`/messages/${message.id}/resend`, 'CreateAttempts', 'Send again'],
    ]
    const wider = {
      ViewEndpointSecret: ['ManageEndpointSecret', 'ManageEndpoint'],
      ManageEndpointSecret: ['ManageEndpoint'],
    }
    for (const capability of CAPABILITIES) {
      const link = await desk.link(app, [capability])
      const pages = await Promise.all(
        ['', `/endpoints/${endpoint.id}`, `/messages/${message.id}`].map(
          async (path) => await (await fetch(link + path)).text(),
        ),
      )
      for (const [path, needed, button] of acts) {
        const isAllowed =
          needed === capability || (wider as Record<string, string[]>)[needed]?.includes(capability) === true
        if (button !== '' && path !== `/endpoints/${endpoint.id}/edit`) {
          expect([capability, button, isPressable(pages.join(), button)]).toEqual([capability, button, isAllowed])
        }
        if (isAllowed) continue
        const { status } = await post(link + path, {
          form_token: formTokenOf(link),
          endpoint: endpoint.id,
          hears: 'all',
        })
        expect([capability, path, status]).toEqual([capability, path, 403])
      }
    }
    const [known] = desk.on.events.endpoints.ofApp(app)
    expect(known).toEqual(endpoint)
  })

  test('leaves endpoints to those who run the service where the profile says so', async ({ desk }) => {
    const app = await desk.on.app({ 'hookcast.profile': 'bridge' })
    const endpoint = await desk.on.endpoint(app, desk.receiver)
    const link = await desk.link(app)
    const list = await (await fetch(link)).text()
    expect(list).toContain('1 of at most 10.')
    expect(list).toContain('Those who run this service add and change them')
    expect(list).not.toContain('Add an endpoint')
    const form = { form_token: formTokenOf(link), url: `${desk.receiver.url}/x`, hears: 'all' }
    for (const path of [
      '/endpoints',
      `/endpoints/${endpoint.id}/edit`,
      `/endpoints/${endpoint.id}/delete`,
      `/endpoints/${endpoint.id}/rotate`,
    ]) {
      expect([(await post(link + path, form)).status, path]).toEqual([403, path])
    }
    expect((await fetch(`${link}/endpoints/new`)).status).toBe(403)
    expect(await (await fetch(`${link}/endpoints/${endpoint.id}/verify`)).text()).toContain('BridgeApi-Signature')
  })

  test('does not say why an endpoint could not be reached: that would map the network around us', async ({ desk }) => {
    const { app, link, endpoint } = await owner(desk, 'acme')
    await desk.on.untilAttempts(1)
    await desk.receiver.stop()
    await desk.on.publish(app)
    await desk.on.untilAttempts(2)
    expect(desk.on.attempts[1]!.code).toBe('connect')
    const page = await (await fetch(`${link}/endpoints/${endpoint.id}`)).text()
    expect(page).toContain('no answer')
    expect(page).not.toMatch(/connect|refused/i)
  })
})
