import { describe, expect } from 'vitest'
import { seriousFindings, startShop, test, type Desk } from './fixture.ts'
import { FOREIGN, NAME, OWN, TEXTS } from './hostile-texts.ts'
import { openSubscriber, type Subscriber } from './subscribers.ts'
import { post, signIn, tokenOf } from './visitor.ts'

startShop({ customers: 2 })

interface Told {
  readonly acme: Subscriber
  /** Path of one of its endpoints. */
  readonly endpoint: string
  readonly message: string
}

/** Somebody with an endpoint that was told of something, and said no. */
async function tell(desk: Desk, name: string, payload: object = { order_id: 'A-7' }): Promise<Told> {
  const acme = await openSubscriber(desk.shop, name)
  const id = await acme.endpoint('echo', { metadata: { 'hookcast.on_failure': 'suspend' } })
  const message = await acme.publish('order.paid', payload)
  await acme.untilState(id, 'suspended')
  return { acme, endpoint: `${acme.at}/endpoints/${id}`, message: `${acme.at}/messages/${message}` }
}

const pathsOf = ({ acme, endpoint, message }: Told): readonly string[] => [
  '/events',
  acme.at,
  `${acme.at}/messages`,
  endpoint,
  `${endpoint}/attempts`,
  `${endpoint}/messages?state=open`,
  message,
  '/events/types',
  '/events/types/order.paid',
]

describe('pages of event webhooks', () => {
  test('are readable for everybody, in light and dark, on a desk and on a phone', async ({ desk }) => {
    const told = await tell(desk, 'Acme Bikes')
    const views = [
      { colorScheme: 'light', viewport: { width: 1440, height: 900 } },
      { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
    ] as const
    for (const view of views) {
      const { page, complaints } = await desk.open('/events', view)
      for (const path of pathsOf(told)) {
        await page.goto(desk.url + path)
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        expect.soft([path, await seriousFindings(page)]).toEqual([path, []])
        expect.soft([path, await page.evaluate('document.documentElement.scrollWidth - innerWidth')]).toEqual([path, 0])
      }
      expect(complaints).toEqual([])
      await page.context().close()
    }
  })

  test('show what others wrote as text: nothing of it runs, and nothing becomes an element', async ({ desk }) => {
    const told = await tell(desk, NAME, { texts: TEXTS, '<b>key</b>': OWN })
    const { acme } = told
    const [first = '', second = ''] = OWN
    await acme.call('PUT', '/event-type/order.evil', {
      description: first,
      groupName: second,
      featureFlags: OWN,
      schemas: {
        '1': {
          properties: { [first]: { type: 'string', description: second } },
          required: [first],
          examples: [Object.fromEntries(OWN.map((text) => [text, text]))],
        },
      },
    })
    const evil = await acme.endpoint('echo/"><script>alert(9)</script>', {
      description: second,
      filter: { [first]: second },
      headers: { 'x-evil': 'secret-of-a-header' },
      metadata: { 'hookcast.on_failure': 'keep' },
    })
    const tagged = { eventType: 'order.evil', payload: OWN, tags: OWN.slice(0, 3), eventId: 'evil' }
    const { id } = await acme.call<{ id: string }>('POST', `/app/${acme.app}/msg`, tagged)
    const { page, complaints } = await desk.open('/events')
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    const paths = [
      ...pathsOf(told),
      '/events/types/order.evil',
      `${acme.at}/endpoints/${evil}`,
      `${acme.at}/messages/${id}`,
      `/events?search=${encodeURIComponent(first)}`,
      `${acme.at}/messages?type=${encodeURIComponent(second)}&after=${encodeURIComponent(first)}`,
      `${told.endpoint}/attempts?result=${encodeURIComponent(second)}`,
      `/events/types/${encodeURIComponent(first)}`,
      `/events/apps/${encodeURIComponent(first)}`,
    ]
    for (const path of paths) {
      await page.goto(desk.url + path)
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
      expect([await page.evaluate(FOREIGN), path]).toEqual([0, path])
      expect(await page.content()).not.toContain('secret-of-a-header')
    }
    await page.goto(`${desk.url}/events/types/order.evil`)
    expect(await page.innerText('h1 + p')).toBe(first)
    await page.goto(desk.url + told.message)
    await page.locator('.attempts summary').first().click()
    expect(await page.innerText('.attempts pre')).toContain('<img src=x onerror=alert(1)>')
    expect(dialogs).toEqual([])
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([])
    await page.context().close()
  })

  test('let a role press what it may, and refuse it the rest; payloads are for those who may read them', async ({
    desk,
  }) => {
    const { endpoint, message, acme } = await tell(desk, 'Roles', { order_id: 'payload-of-a-customer' })
    const id = endpoint.split('/').at(-1)!
    const { key } = await acme.call<{ key: string }>('GET', `/app/${acme.app}/endpoint/${id}/secret`)
    const actions = ['enable', 'disable', 'restart', 'test', 'recover', 'replay-missing', 'secret', 'rotate']
    const allowed: Readonly<Record<string, readonly string[]>> = {
      viewer: [],
      editor: [],
      operator: ['restart', 'enable', 'disable', 'test', 'recover', 'replay-missing', 'resend'],
    }
    for (const role of ['viewer', 'editor', 'operator']) {
      const { cookie, formToken: form_token } = await signIn(desk, await tokenOf(desk, role))
      const read = async (path: string): Promise<string> =>
        await (await fetch(desk.url + path, { headers: { Cookie: cookie } })).text()
      const [endpointPage, messagePage] = [await read(endpoint), await read(message)]
      expect(messagePage.includes('payload-of-a-customer')).toBe(role !== 'viewer')
      expect(endpointPage.includes('payload-of-a-customer')).toBe(role !== 'viewer')
      for (const action of ['restart', 'test', 'recover', 'replay-missing', 'disable']) {
        const isShown = endpointPage.includes(`action="${endpoint}/${action}"`)
        expect([role, action, isShown]).toEqual([role, action, role === 'operator'])
      }
      for (const button of ['Show the secret', 'Rotate…', key]) expect(endpointPage).not.toContain(button)
      expect((await post(desk, `${acme.at}/portal`, { Cookie: cookie, form: { form_token } })).status).toBe(403)
      expect((await post(desk, `${acme.at}/portal/end`, { Cookie: cookie, form: { form_token } })).status).toBe(403)
      const form = { form_token, since: '2026-01-01T00:00', event_type: 'order.paid', endpoint: id }
      for (const action of [...actions.map((name) => `${endpoint}/${name}`), `${message}/resend`]) {
        const { status } = await post(desk, action, { Cookie: cookie, form })
        const isAllowed = allowed[role]!.some((name) => action.endsWith(`/${name}`))
        expect([role, action, status === 403]).toEqual([role, action, !isAllowed])
      }
    }
  })

  test('take forms of their own session only, and say nothing of what another app has', async ({ desk }) => {
    const { acme, endpoint, message } = await tell(desk, 'Own')
    const other = await openSubscriber(desk.shop, 'Other')
    const { cookie, formToken: form_token } = await signIn(desk, await tokenOf(desk, 'admin'))
    const actions = ['enable', 'disable', 'restart', 'test', 'recover', 'replay-missing', 'secret', 'rotate']
    for (const action of [...actions.map((name) => `${endpoint}/${name}`), `${message}/resend`]) {
      const refused = [
        await post(desk, action, { Cookie: cookie }),
        await post(desk, action, { Cookie: cookie, Origin: 'https://evil.example', form: { form_token } }),
        await post(desk, action, { form: { form_token } }),
      ]
      expect([action, ...refused.map(({ status }) => status)]).toEqual([action, 403, 403, 401])
      const elsewhere = action.replace(acme.app, other.app)
      expect((await post(desk, elsewhere, { Cookie: cookie, form: { form_token } })).status).toBe(404)
    }
    for (const path of [endpoint, `${endpoint}/attempts`, `${endpoint}/messages`, `${endpoint}/live`, message]) {
      const answer = await fetch(desk.url + path.replace(acme.app, other.app), { headers: { Cookie: cookie } })
      expect([path, answer.status]).toEqual([path, 404])
    }
    const bad = await post(desk, `${endpoint}/recover`, { Cookie: cookie, form: { form_token, since: 'yesterday' } })
    expect([bad.status, (await bad.text()).includes('to be a date and time')]).toEqual([422, true])
  })
})
