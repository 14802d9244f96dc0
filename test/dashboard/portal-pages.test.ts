import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { describe, expect } from 'vitest'
import { sharedSecret, signRequest } from '../../src/profile/profile.ts'
import { seriousFindings } from './fixture.ts'
import { FOREIGN, NAME, TEXTS } from './hostile-texts.ts'
import { startPortalBrowser, test, type PortalDesk } from './portal-fixture.ts'

startPortalBrowser()

const ORDER_PAID = {
  name: 'order.paid',
  description: 'An order was paid in full',
  schemas: { '1': { type: 'object', examples: [{ order_id: 'A-1001', amount: 1990 }] } },
  featureFlags: null,
  groupName: 'orders',
  isDeprecated: false,
  isArchived: false,
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
}

/** What the console says of answers that are no success is no complaint of the page's. */
const realOf = (complaints: readonly string[]): readonly string[] =>
  complaints.filter((text) => !/status of 4\d\d/.test(text))

async function addEndpoint(page: Page, url: string): Promise<void> {
  await page.getByRole('link', { name: 'Add an endpoint' }).click()
  await page.getByLabel('URL').fill(url)
  await page.getByLabel('Only what is chosen here').check()
  await page.getByLabel('order.paid').check()
  await press(page, 'Add the endpoint')
}

describe('whoever has a link', () => {
  test('adds an endpoint, edits it, sees a test arrive, and deletes it', async ({ desk }) => {
    const { on, receiver } = desk
    await on.events.eventTypes.create(ORDER_PAID)
    const acme = await on.app()
    const { page, complaints } = await desk.open(await desk.link(acme))
    await addEndpoint(page, 'http://192.168.1.1/hook')
    expect(await page.innerText('[role=alert]')).toContain('expected url to be')
    expect(await page.getByLabel('order.paid').isChecked()).toBe(true)
    await page.getByLabel('URL').fill(`${receiver.url}/orders`)
    await press(page, 'Add the endpoint')
    await page.getByRole('link', { name: 'Edit', exact: true }).click()
    await page.getByLabel('Description').fill('Orders of the shop')
    await page.getByText('Filter and rate').click()
    await page.getByLabel('Filter on the payload').fill('{"amount": ')
    await press(page, 'Save')
    expect(await page.innerText('[role=alert]')).toContain('expected filter to be JSON')
    await page.getByLabel('Filter on the payload').fill('{"amount": {"$in": [1990]}}')
    await press(page, 'Save')
    const known = on.events.endpoints.ofApp(acme)[0]
    expect(known).toMatchObject({
      description: 'Orders of the shop',
      eventTypes: ['order.paid'],
      filter: { amount: { $in: [1990] } },
    })
    await page.getByText('Send a test…').click()
    await press(page, 'Send it')
    await page.waitForSelector('.state:text-is("sent")')
    expect(receiver.requests[0]!.body).toBe('{"order_id":"A-1001","amount":1990}')
    await page.getByRole('link', { name: 'Endpoints' }).click()
    await page.getByRole('link', { name: /orders$/ }).click()
    await page.getByText('Delete…').click()
    await press(page, 'Delete this endpoint')
    await page.waitForSelector('text=There is no endpoint yet')
    expect(on.events.endpoints.ofApp(acme)).toEqual([])
    expect(desk.audit.list({ after: null, limit: 10 }).map(({ action }) => action)).toEqual([
      'endpoint.removed',
      'endpoint.tested',
      'endpoint.changed',
      'endpoint.created',
    ])
    expect(realOf(complaints)).toEqual([])
  })

  test('saves an endpoint as it was when nothing was changed, also what the form has no field for', async ({
    desk,
  }) => {
    const { on } = desk
    await on.events.eventTypes.create(ORDER_PAID)
    const acme = await on.app()
    const endpoint = await on.endpoint(acme, desk.receiver, {
      uid: 'mine',
      description: 'Orders "of" the <shop>',
      eventTypes: ['order.paid', 'user.*', 'not.in.the.catalogue'],
      channels: ['a', 'b'],
      filter: { $or: [{ 'data.name': 'O\'Neil "x"' }, { n: { $exist: false } }] },
      headers: { 'X-Key': 'theirs' },
      metadata: { crm: '1' },
      throttleRate: 5,
    })
    const { page } = await desk.open(`${await desk.link(acme)}/endpoints/${endpoint.id}/edit`)
    await press(page, 'Save')
    await page.waitForSelector('text=Nothing has been sent to it yet.')
    const { changedAt: _, ...saved } = on.events.endpoints.ofApp(acme)[0]!
    expect(endpoint).toMatchObject(saved)
  })

  test('chooses one event type where the profile has one for each endpoint', async ({ desk }) => {
    const { on } = desk
    for (const name of ['Core.Ach', 'Core.Wire']) await on.events.eventTypes.create({ ...ORDER_PAID, name })
    const river = await on.app({ 'hookcast.profile': 'crossriver' })
    const { page } = await desk.open(`${await desk.link(river)}/endpoints/new`)
    await page.getByLabel('URL').fill(`${desk.receiver.url}/river`)
    await press(page, 'Add the endpoint')
    expect(await page.innerText('[role=alert]')).toContain('Choose at least one event type')
    await page.getByLabel('Core.Ach').check()
    await page.getByLabel('Core.Wire').check()
    await page.getByLabel('Secret').fill('river:open sesame')
    await press(page, 'Add the endpoint')
    await page.waitForSelector('text=Nothing has been sent to it yet.')
    const [endpoint] = on.events.endpoints.ofApp(river)
    expect(endpoint).toMatchObject({ eventTypes: ['Core.Wire'] })
    expect(on.events.secrets.current(endpoint!)).toBe('river:open sesame')
  })

  test('sees the secret by a press, rotates it, and verifies what was received with either', async ({ desk }) => {
    const { on } = desk
    const acme = await on.app()
    const endpoint = await on.endpoint(acme, desk.receiver)
    const { message } = await on.publish(acme)
    await on.untilAttempts(1)
    const before = on.events.secrets.current(endpoint)
    const link = await desk.link(acme)
    const { page, complaints } = await desk.open(`${link}/endpoints/${endpoint.id}`)
    expect(await page.content()).not.toContain('whsec_')
    await press(page, 'Show the secret')
    expect(await page.innerText('.secret')).toBe(before)
    await page.getByText('Rotate…').click()
    await press(page, 'Make a new secret')
    await press(page, 'Show the secret')
    const after = on.events.secrets.current(endpoint)
    expect(await page.innerText('.secret')).toBe(after)
    expect(after).not.toBe(before)

    const [received] = desk.receiver.requests
    const headers = ['svix-id', 'svix-timestamp', 'svix-signature'].map((name) => `${name}: ${received!.headers[name]}`)
    expect(received!.headers['svix-id']).toBe(message.id)
    await page.getByRole('link', { name: 'Verify signatures' }).click()
    expect(await page.innerText('main')).toContain('createHmac')
    const verify = async (lines: readonly string[], body: string): Promise<string> => {
      await page.getByLabel('Headers').fill(lines.join('\n'))
      await page.getByLabel('Body').fill(body)
      await press(page, 'Verify')
      return await page.innerText('[role=status], [role=alert]')
    }
    expect(await verify(headers, received!.body)).toContain('It fits')
    expect(await verify(headers, '{"n":2}')).toContain('another secret, or another body')
    expect(await verify(headers.slice(0, 2), received!.body)).toContain('missing header: svix-signature')
    expect(await page.getByLabel('Headers').inputValue()).toBe(headers.slice(0, 2).join('\n'))
    expect(realOf(complaints)).toEqual([])
  })

  test('finds what failed, sends one again, recovers the rest, and replays what was missed', async ({ desk }) => {
    const { on, script } = desk
    script.answer = () => ({ status: 500, body: 'out of stock' })
    const acme = await on.app({ 'hookcast.on_failure': 'keep' })
    const early = await on.publish(acme)
    const endpoint = await on.endpoint(acme, desk.receiver)
    for (let n = 0; n < 2; n++) await on.publish(acme, { text: `{"n":${n}}` })
    await on.untilAttempts(2)
    for (let tries = 1; tries < 8; tries++) {
      on.clock.skip(13 * 3_600_000)
      await on.untilAttempts(2 * (tries + 1))
    }
    const link = await desk.link(acme)
    const { page, complaints } = await desk.open(`${link}/endpoints/${endpoint.id}`)
    await page.locator('.attempts summary').first().click()
    expect(await page.innerText('.attempts')).toContain('out of stock')
    await page.locator('.attempts .about a').first().click()
    script.answer = () => ({})
    await press(page, 'Send again')
    await page.waitForSelector('.state:text-is("sent")')
    expect(await page.innerText('.attempts')).toContain('by hand')
    await page.goto(`${link}/endpoints/${endpoint.id}`)
    const since = new Date(on.clock.now() - 10 * 86_400_000).toISOString().slice(0, 16)
    await page.getByLabel('Since (UTC)').first().fill(since)
    await press(page, 'Recover')
    await page.waitForSelector('text=1 message in line')
    await page.getByLabel('Since (UTC)').last().fill(since)
    await press(page, 'Replay missing')
    await expect.poll(async () => await page.locator('.tasks li:has-text("1 message in line")').count()).toBe(2)
    await on.untilAttempts(19)
    const arrived = on.attempts.filter(({ hasSucceeded }) => hasSucceeded).map(({ message }) => message)
    expect(new Set(arrived).size).toBe(3)
    expect(arrived).toContain(early.message.seq)
    expect(complaints).toEqual([])
  })

  test('restarts a suspended endpoint, and sees what was kept arrive', async ({ desk }) => {
    const { on, script } = desk
    script.answer = () => ({ status: 500 })
    const acme = await on.app({ 'hookcast.profile': 'crossriver' })
    const types = { eventTypes: ['user.created'] }
    const endpoint = await on.endpoint(acme, desk.receiver, types)
    await on.events.endpoints.happen(endpoint.key, { kind: 'suspend' })
    await on.events.sendTest(
      { app: acme, endpoint: on.events.endpoints.of(endpoint.key)! },
      { eventType: 'user.created' },
    )
    const { page, complaints } = await desk.open(`${await desk.link(acme)}/endpoints/${endpoint.id}`)
    expect(await page.innerText('main')).toContain('1 message is kept')
    script.answer = () => ({})
    await press(page, 'Restart')
    await page.waitForSelector('.state:text-is("active")')
    expect(desk.receiver.requests).toHaveLength(1)
    await page.getByText('Disable…').click()
    await press(page, 'Disable this endpoint')
    await press(page, 'Enable')
    expect(on.events.endpoints.of(endpoint.key)!.state).toBe('active')
    expect(complaints).toEqual([])
  })
})

/** A page of somebody else, that shows another in a frame. */
async function embedder(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const source = new URL(request.url!, 'http://x').searchParams.get('portal') ?? ''
    response.setHeader('Content-Type', 'text/html')
    response.end(
      `<!doctype html><html lang="en"><title>Shop</title><iframe title="Webhooks" width="900" height="700" src="${source}"></iframe>`,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const inFrame = test.extend<{ shop: { readonly port: number }; ancestors: readonly string[] }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  shop: async ({}, use) => {
    await using shop = await embedder()
    await use(shop)
  },
  ancestors: async ({ shop }, use) => await use([`http://localhost:${shop.port}`]),
})

describe('the portal in a frame', () => {
  inFrame('works on pages of an origin that was named, without any cookie', async ({ desk, shop }) => {
    const acme = await desk.on.app()
    const link = await desk.link(acme)
    const { page, complaints } = await desk.open(`http://localhost:${shop.port}/?portal=${encodeURIComponent(link)}`)
    const referers: string[] = []
    page.on('request', (request) => referers.push(request.headers()['referer'] ?? ''))
    const portal = page.frameLocator('iframe')
    await portal.getByRole('link', { name: 'Add an endpoint' }).click()
    await portal.getByLabel('URL').fill(`${desk.receiver.url}/framed`)
    await portal.getByRole('button', { name: 'Add the endpoint' }).click()
    await portal.getByText('Nothing has been sent to it yet.').waitFor()
    expect(desk.on.events.endpoints.ofApp(acme)).toMatchObject([{ url: `${desk.receiver.url}/framed` }])
    expect(await page.context().cookies()).toEqual([])
    expect(new Set(referers)).toEqual(new Set(['']))
    expect(complaints).toEqual([])
  })

  inFrame('is not shown on pages of any other', async ({ desk, shop }) => {
    const link = await desk.link(await desk.on.app())
    const { page, complaints } = await desk.open(`http://127.0.0.1:${shop.port}/?portal=${encodeURIComponent(link)}`)
    await expect.poll(() => complaints.join()).toContain('frame-ancestors')
    expect(page.frames().map((frame) => frame.url())).not.toContain(link)
  })
})

/** Everything that subscribers see, with something on each page. */
async function everyPage(desk: PortalDesk): Promise<{ readonly link: string; readonly paths: readonly string[] }> {
  const { on, script } = desk
  script.answer = (request) => (request.path === '/down' ? { status: 503, body: TEXTS[0]! } : { body: TEXTS[1]! })
  await on.events.eventTypes.create({ ...ORDER_PAID, description: NAME, groupName: TEXTS[0]! })
  const app = await on.events.apps.create({ name: NAME, uid: null, throttleRate: null, metadata: {} })
  const texts = { description: NAME, headers: { 'X-Own': TEXTS[1]! } }
  const up = await on.endpoint(app, desk.receiver, {
    ...texts,
    eventTypes: ['order.paid'],
    filter: { $not: { '<b>': TEXTS[0] } },
  })
  const down = await on.events.endpoints.create(
    app,
    { ...up, url: `${desk.receiver.url}/down`, uid: null },
    { secret: null },
  )
  const payload = JSON.stringify(TEXTS)
  const { message } = await on.publish(app, {
    eventType: 'order.paid',
    text: payload,
    eventId: TEXTS[0]!,
    channels: ['<b>'],
    tags: [TEXTS[1]!],
  })
  await on.untilAttempts(2)
  const link = await desk.link(app)
  const paths = [
    '',
    '/endpoints/new',
    ...[up, down].flatMap(({ id }) => [`/endpoints/${id}`]),
    `/endpoints/${up.id}/edit`,
    `/endpoints/${up.id}/attempts`,
    `/endpoints/${up.id}/messages`,
    `/endpoints/${up.id}/verify`,
    '/messages',
    `/messages?type=${encodeURIComponent(TEXTS[1]!)}`,
    `/messages/${message.id}`,
    '/event-types',
    '/event-types/order.paid',
    '/nothing',
  ]
  return { link, paths }
}

const VIEWS = {
  'light, on a desk': { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  'dark, on a phone': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const

describe('every page of the portal', () => {
  for (const [name, view] of Object.entries(VIEWS)) {
    test(`is readable for everybody, and shows what others wrote as text: ${name}`, async ({ desk }) => {
      const { link, paths } = await everyPage(desk)
      const { page, complaints } = await desk.open(`${desk.url}/portal/hc_nobody`, view)
      const dialogs: string[] = []
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message())
        void dialog.dismiss()
      })
      expect.soft(await seriousFindings(page)).toEqual([])
      for (const path of paths) {
        await page.goto(link + path)
        expect.soft([path, await seriousFindings(page)]).toEqual([path, []])
        expect.soft([path, await page.evaluate(FOREIGN)]).toEqual([path, 0])
        expect.soft([path, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([path, 0])
      }
      expect(dialogs).toEqual([])
      expect(realOf(complaints)).toEqual([])
    })
  }

  test('can be read without a script', async ({ desk }) => {
    const { page } = await desk.open(await desk.link(await desk.on.app()), { javaScriptEnabled: false })
    await page.getByRole('link', { name: 'Add an endpoint' }).click()
    expect(await page.innerText('main')).toContain('Where messages are posted to')
  })

  test('shows how each profile is verified, and takes its requests', async ({ desk }) => {
    const { on } = desk
    for (const name of ['svix', 'standard', 'bridge', 'crossriver', 'receeve', 'raw']) {
      const app = await on.app({ 'hookcast.profile': name })
      const endpoint = await on.endpoint(app, desk.receiver, { eventTypes: ['user.created'] })
      const url = `${await desk.link(app)}/endpoints/${endpoint.id}/verify`
      const page = await (await fetch(url)).text()
      const { message } = await on.publish(app, { text: '{"resources":[]}' })
      const told = await (await fetch(url.replace(/endpoints.*/, `messages/${message.id}`))).text()
      expect([name, /(?:signature|authorization): •••/i.test(told)]).toEqual([
        name,
        name !== 'raw' && name !== 'receeve',
      ])
      if (name === 'bridge') expect(told).toContain('{&quot;content&quot;:{&quot;resources&quot;:[]}')
      expect([name, page.includes('In your code')]).toEqual([name, name !== 'raw'])
      if (name === 'raw') continue
      const profile = on.events.endpoints.profileOf(endpoint)
      const secret = on.events.secrets.current(endpoint)
      const payload = Buffer.from('{"resources":[]}')
      const { headers, body } = signRequest(profile, {
        message: { id: 'msg_1', eventType: 'user.created', payload, acceptedAt: on.clock.now() },
        sentAt: on.clock.now(),
        secrets: [secret],
      })
      const lines = headers.flatMap((text, at) => (at % 2 === 0 ? [`${text}: ${headers[at + 1]}`] : []))
      const form_token = /name="form_token" value="([\w-]+)"/.exec(page)![1]!
      const form = new URLSearchParams({ form_token, headers: lines.join('\r\n'), body: Buffer.from(body).toString() })
      const tried = await (await fetch(url, { method: 'POST', body: form })).text()
      expect([name, tried.includes('It fits')]).toEqual([name, true])
      expect(tried).not.toContain(sharedSecret(profile, secret))
    }
  })
})
