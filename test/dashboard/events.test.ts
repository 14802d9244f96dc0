import { describe, expect } from 'vitest'
import { startShop, test, textOf } from './fixture.ts'
import { openSubscriber } from './subscribers.ts'

startShop({ customers: 2 })

const ORDER = { order_id: 'A-7', amount: 4200 }

describe('an endpoint on the dashboard', () => {
  test('is found by its app, gets a test, and its answer is seen as it comes', async ({ desk }) => {
    const acme = await openSubscriber(desk.shop)
    await acme.endpoint('orders', { eventTypes: ['order.paid'] })
    const { page, complaints } = await desk.open('/events')
    await page.getByRole('link', { name: 'Acme Bikes' }).click()
    await page.getByRole('link', { name: /hooks\/orders/ }).click()
    expect(await textOf(page)).toContain('Nothing has been sent to it yet.')
    await page.getByText('Send a test…').click()
    await page.getByRole('button', { name: 'Send it' }).click()
    await page.waitForSelector('.state:text-is("arrived")')
    expect(await textOf(page)).toContain('"order_id": "A-1001"')
    await page
      .getByRole('link', { name: /hooks\/orders/ })
      .first()
      .click()
    expect(await textOf(page)).toContain('The last attempt arrived.')
    // What comes while somebody looks is seen, too.
    await acme.publish('order.paid', ORDER)
    await page.waitForSelector('text=2 of the last 2 attempts arrived.')
    expect(await page.innerText('#health')).toContain('100 %')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('tells why it is suspended and what is kept, and gets all of it once it is restarted', async ({ desk }) => {
    const globex = await openSubscriber(desk.shop, 'Globex')
    desk.shop.hookStatus = 503
    const id = await globex.endpoint('flaky', { metadata: { 'hookcast.on_failure': 'suspend' } })
    for (let at = 0; at < 3; at++) await globex.publish('order.paid', { order_id: `G-${at}`, amount: at })
    await globex.untilState(id, 'suspended')
    const { page, complaints } = await desk.open('/events')
    await page.getByRole('link', { name: /hooks\/flaky/ }).click()
    const told = await page.innerText('#health')
    expect(told).toContain('3 messages are kept, and what comes is kept too.')
    expect(told).toContain('503 Service Unavailable The queue behind this is down')
    await page.getByRole('link', { name: 'See what is kept' }).click()
    expect(await page.locator('tbody tr').count()).toBe(3)
    await page.goBack()
    // One that still fails keeps everything.
    const tried = await page.locator('.attempts li').count()
    await page.getByRole('button', { name: 'Restart' }).click()
    await page.waitForSelector(`.attempts li:nth-child(${tried + 1})`)
    await page.waitForSelector('h1 .state:text-is("suspended")')
    desk.shop.hookStatus = 200
    const before = desk.shop.receiver.count
    await page.getByRole('button', { name: 'Restart' }).click()
    await page.waitForSelector('h1 .state:text-is("active")')
    await page.waitForSelector('text=Messages are sent as they come, and arrive.')
    await expect.poll(() => desk.shop.receiver.count).toBe(before + 3)
    const bodies = desk.shop.receiver.requests.slice(-3).map(({ body }) => (JSON.parse(body) as typeof ORDER).order_id)
    expect(bodies).toEqual(['G-0', 'G-1', 'G-2'])
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('gets again what has failed, and what came before it was there', async ({ desk }) => {
    const initech = await openSubscriber(desk.shop, 'Initech')
    desk.shop.hookStatus = 500
    const id = await initech.endpoint('flaky/crm')
    const lost = await initech.publish('order.paid', ORDER)
    const { page, complaints } = await desk.open(`${initech.at}/messages/${lost}`)
    await page.waitForSelector('.state:text-is("failed") >> nth=2')
    expect(await page.locator('.attempts li').count()).toBe(2)
    await page.locator('.attempts summary').first().click()
    expect(await page.innerText('.attempts')).toContain('The queue behind this is down')
    desk.shop.hookStatus = 200
    await page.goto(`${desk.url}${initech.at}/endpoints/${id}`)
    expect(await page.innerText('#health')).toContain('Attempts have been failing since')
    await page.getByRole('button', { name: 'Recover' }).click()
    await page.waitForSelector('.tasks >> text=1 message in line')
    await page.waitForSelector('text=1 of the last 3 attempts arrived.')
    const late = await initech.endpoint('late')
    await page.goto(`${desk.url}${initech.at}/endpoints/${late}`)
    await page.getByRole('button', { name: 'Replay missing' }).click()
    await page.waitForSelector('text=The last attempt arrived.')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('shows its secret by a press, gets another, and is disabled and enabled', async ({ desk }) => {
    const hooli = await openSubscriber(desk.shop, 'Hooli')
    const id = await hooli.endpoint('hooli')
    const secret = async (): Promise<string> =>
      (await hooli.call<{ key: string }>('GET', `/app/${hooli.app}/endpoint/${id}/secret`)).key
    const first = await secret()
    const { page, complaints } = await desk.open(`${hooli.at}/endpoints/${id}`)
    expect(await page.content()).not.toContain(first)
    await page.getByRole('button', { name: 'Show the secret' }).click()
    await page.waitForSelector('#secret pre')
    expect(await page.innerText('#secret pre')).toBe(first)
    expect(page.url()).not.toContain(first)
    await page.getByText('Rotate…').click()
    await page.selectOption('select[name=overlap_ms]', '0')
    await page.getByRole('button', { name: 'Make a new secret' }).click()
    await page.waitForSelector('text=Show the secret')
    expect(await secret()).not.toBe(first)
    await page.getByText('Disable…').click()
    await page.getByRole('button', { name: 'Disable this endpoint' }).click()
    await page.waitForSelector('h1 .state:text-is("disabled")')
    expect(await textOf(page)).toContain('nothing is kept for it, until it is enabled')
    await page.getByRole('button', { name: 'Enable' }).click()
    await page.waitForSelector('h1 .state:text-is("active")')
    await page.click('nav >> text=Access')
    const told = await textOf(page)
    for (const done of ['secret.revealed', 'secret.rotated', 'endpoint.disabled', 'endpoint.enabled']) {
      expect(told).toContain(done)
    }
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

describe('a message on the dashboard', () => {
  test('promises no next attempt while it is gathered with others', async ({ desk }) => {
    const { call } = await openSubscriber(desk.shop)
    const river = { name: 'River', uid: 'river', metadata: { 'hookcast.profile': 'crossriver' } }
    const { id: app } = await call<{ id: string }>('POST', '/app', river)
    const endpoint = { url: `${desk.shop.receiver.url}/hooks/river`, secret: 'user:password' }
    await call('POST', `/app/${app}/endpoint`, endpoint)
    const message = { eventType: 'Core.Account.Opened', payload: { resources: ['core/v1/accounts/1'] } }
    const { id } = await call<{ id: string }>('POST', `/app/${app}/msg`, message)
    const { page, complaints } = await desk.open(`/events/apps/${app}/messages/${id}`)
    expect(await textOf(page)).toContain('/hooks/river')
    expect(await textOf(page)).not.toContain('Next attempt')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is sent again to one endpoint, and to one that it was not for', async ({ desk }) => {
    const wayne = await openSubscriber(desk.shop, 'Wayne')
    await wayne.endpoint('wayne', { eventTypes: ['order.paid'] })
    await wayne.endpoint('other', { eventTypes: ['user.registered'] })
    await wayne.publish('order.paid', ORDER)
    const { page, complaints } = await desk.open(`${wayne.at}/messages`)
    await page.getByRole('link', { name: 'order.paid' }).click()
    await page.waitForSelector('.attempts li')
    await page.locator('td').getByRole('button', { name: 'Send again' }).click()
    await page.waitForSelector('.attempts li:nth-child(2)')
    expect(await page.innerText('.attempts')).toContain('by hand')
    await page.getByLabel('Send it to an endpoint that did not get it').selectOption({ index: 0 })
    await page.locator('form.line').getByRole('button', { name: 'Send again' }).click()
    await page.waitForSelector('.attempts li:nth-child(3)')
    expect(await page.locator('tbody .state:text-is("sent")').count()).toBe(2)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is on a page of its own time: lists go on behind what they ended with', async ({ desk }) => {
    const umbrella = await openSubscriber(desk.shop, 'Umbrella')
    for (let at = 0; at < 30; at++) await umbrella.publish(at === 0 ? 'order.first' : 'order.paid', { at })
    const { page } = await desk.open(`${umbrella.at}/messages`)
    expect(await page.locator('tbody tr').count()).toBe(25)
    await page.getByRole('link', { name: 'Older' }).click()
    expect(await page.locator('tbody tr').count()).toBe(5)
    expect(await page.locator('tbody tr').last().innerText()).toContain('order.first')
    await page.getByRole('link', { name: 'Newest' }).click()
    await page.fill('input[name=type]', 'order.first')
    await page.getByRole('button', { name: 'Show' }).click()
    expect(await page.locator('tbody tr').count()).toBe(1)
    await page.context().close()
  })
})

describe('an event type on the dashboard', () => {
  test('shows its fields, its example and its schema', async ({ desk }) => {
    await openSubscriber(desk.shop)
    const { page, complaints } = await desk.open('/events/types')
    await page.getByRole('link', { name: 'order.paid' }).click()
    const told = await textOf(page)
    expect(told).toContain('The number that the customer knows')
    expect(told).toContain('"order_id": "A-1001"')
    await page.getByText('The whole schema').click()
    expect(await textOf(page)).toContain('"title": "An order was paid"')
    expect(complaints).toEqual([])
    await page.context().close()
  })
})

describe('an app on the dashboard', () => {
  test('is opened to its own people by a link, until all its links are ended', async ({ desk }) => {
    const stark = await openSubscriber(desk.shop, 'Stark')
    const { page, complaints } = await desk.open(stark.at)
    await page.getByText('Portal…').click()
    await page.getByRole('button', { name: 'Make a link' }).click()
    const url = await page.innerText('.secret')
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/portal\/[\w-]{20,}$/)
    expect((await fetch(url)).status).toBe(200)
    await page.getByText('Portal…').click()
    await page.getByRole('button', { name: 'End all links' }).click()
    await page.waitForURL(desk.url + stark.at)
    expect((await fetch(url)).status).toBe(404)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})
