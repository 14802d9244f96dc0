import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { startBrowser } from '../support/browser.ts'
import { ADMIN_TOKEN } from '../support/service.ts'
import { openShop } from './shop.ts'
import { openSubscriber } from './subscribers.ts'

// Pictures for the docs; with a folder, of every page into it, in light and dark, on a desk and on a phone.

const [folder] = process.argv.slice(2)
const FOLDER = folder ?? fileURLToPath(new URL('../../docs/images', import.meta.url))
const SHOWN = new Set([
  'runs-light',
  'run-light',
  'customer-light',
  'run-dark',
  'events-suspended-light',
  'portal-light',
])
const VIEWS = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1440, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1440, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  { name: 'phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
] as const

// One moment is no course of time: it is not drawn.
const ARE_CHARTS_DRAWN = `[...document.querySelectorAll('[data-chart]')].every(
  (place) => JSON.parse(place.dataset.chart).times.length < 2 || place.querySelector('canvas') !== null)`

mkdirSync(FOLDER, { recursive: true })
await using shop = await openShop({ customers: 1200 })
await using browser = await startBrowser()
const { service } = shop
const post = async (path: string, body: object = {}): Promise<Record<string, string>> =>
  (await (
    await service.call(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  ).json()) as Record<string, string>
const ended = async (runId: string): Promise<void> => {
  while ((await service.get(`/v1/runs/${runId}`))['state'] === 'running') await sleep(200)
}

shop.delayMs = 40
const { run_id: finished = '' } = await post('/v1/campaigns/spring-points/runs')
await ended(finished)
const { run_id: aborted = '' } = await post('/v1/campaigns/win-back/runs')
await ended(aborted)
await post('/v1/campaigns/weekly-digest/activate')
await post('/v1/campaigns/welcome/activate')
for (let at = 0; at < 9; at++) {
  await post('/v1/triggers', {
    id: `t-${at}`,
    type: 'user.registered',
    customer: { customer_id: `c-${at}`, phone: '+44' },
  })
}
while (((await service.get('/v1/holds'))['holds'] as object[]).length === 0) await sleep(200)

const acme = await openSubscriber(shop)
await openSubscriber(shop, 'Zenith Books')
const orders = await acme.endpoint('orders', { eventTypes: ['order.*'], description: 'The warehouse' })
const flaky = await acme.endpoint('flaky', {
  eventTypes: ['order.paid'],
  metadata: { 'hookcast.on_failure': 'suspend' },
})
const unsure = await acme.endpoint('flaky/crm', { eventTypes: ['order.paid', 'user.registered'] })
shop.hookStatus = 200
const cents = [1990, 4500, 999, 12_000, 2490, 8900, 350, 5600, 7800, 1500, 3300, 2100]
for (const [at, amount] of cents.entries()) {
  if (at === 8) shop.hookStatus = 503
  await acme.publish('order.paid', { order_id: `A-${1001 + at}`, amount, currency: 'EUR' })
  await sleep(60)
}
await acme.untilState(flaky, 'suspended')
for (const [at, amount] of cents.entries()) {
  await acme.publish('order.paid', { order_id: `A-${1013 + at}`, amount, currency: 'EUR' })
}
const since = new Date(new Date().setMinutes(0, 0, 0)).toISOString()
await acme.call('POST', `/app/${acme.app}/endpoint/${unsure}/recover`, { since })
const message = await acme.publish('order.paid', {
  order_id: 'A-1042',
  amount: 4200,
  currency: 'EUR',
  items: [{ sku: 'bell', count: 2 }],
})
await sleep(1500)

const failed = (await (await service.call(`/v1/runs/${finished}/results?status=failed`)).text()).split('\n')[1] ?? ''
const { seq } = JSON.parse(failed) as { seq: number }

const PAGES: Readonly<Record<string, string>> = {
  run: `/runs/${finished}`,
  'run-aborted': `/runs/${aborted}`,
  customers: `/runs/${finished}/customers?status=failed`,
  customer: `/runs/${finished}/customers/${seq}`,
  replay: `/runs/${finished}/replay`,
  campaigns: '/campaigns',
  campaign: '/campaigns/spring-points',
  'campaign-preview': '/campaigns/spring-points/preview?row=7',
  'campaign-versions': '/campaigns/weekly-digest/versions',
  'campaign-start': '/campaigns/spring-points/run',
  holds: '/holds',
  events: '/events',
  'events-app': acme.at,
  'events-messages': `${acme.at}/messages`,
  'events-endpoint': `${acme.at}/endpoints/${orders}`,
  'events-suspended': `${acme.at}/endpoints/${flaky}`,
  'events-failing': `${acme.at}/endpoints/${unsure}`,
  'events-kept': `${acme.at}/endpoints/${flaky}/messages?state=open`,
  'events-attempts': `${acme.at}/endpoints/${unsure}/attempts`,
  'events-message': `${acme.at}/messages/${message}`,
  'events-types': '/events/types',
  'events-type': '/events/types/order.paid',
  access: '/access',
}

const { url: portal } = await acme.call<{ url: string }>('POST', `/auth/app-portal-access/${acme.app}`, {})
/** As subscribers see it. */
const PORTAL: Readonly<Record<string, string>> = {
  portal: '',
  'portal-new': '/endpoints/new',
  'portal-endpoint': `/endpoints/${orders}`,
  'portal-suspended': `/endpoints/${flaky}`,
  'portal-edit': `/endpoints/${orders}/edit`,
  'portal-verify': `/endpoints/${orders}/verify`,
  'portal-messages': '/messages',
  'portal-message': `/messages/${message}`,
  'portal-types': '/event-types',
  'portal-type': '/event-types/order.paid',
  'portal-ended': '.',
}

const ADDRESSES = [
  ...Object.entries(PAGES).map(([what, path]) => [what, service.url + path] as const),
  ...Object.entries(PORTAL).map(([what, path]) => [what, portal + path] as const),
]

for (const { name, ...view } of VIEWS) {
  const { page } = await browser.open(`${service.url}/sign-in`, { ...view, deviceScaleFactor: 1 })
  await shoot(page, 'sign-in', name)
  await page.fill('input[name=token]', ADMIN_TOKEN)
  await page.click('button.main-action')
  for (const [what, address] of ADDRESSES) {
    if (folder === undefined && !SHOWN.has(`${what}-${name}`)) continue
    await page.goto(address)
    await shoot(page, what, name)
  }
  if (folder !== undefined || name === 'light') {
    shop.delayMs = 120
    const { run_id: going = '' } = await post('/v1/campaigns/spring-points/runs')
    await page.goto(`${service.url}/runs`)
    await page.waitForSelector('html[data-updates="3"]', { state: 'attached' })
    await shoot(page, 'runs', name)
    await page.goto(`${service.url}/runs/${going}`)
    await page.waitForSelector('html[data-updates="3"]', { state: 'attached' })
    await shoot(page, 'run-going', name)
    shop.delayMs = 0
    await ended(going)
  }
  await page.context().close()
}

async function shoot(page: Page, what: string, name: string): Promise<void> {
  if (folder !== undefined || SHOWN.has(`${what}-${name}`)) {
    while (!(await page.evaluate<boolean>(ARE_CHARTS_DRAWN))) await sleep(50)
    await page.screenshot({ path: join(FOLDER, `${what}-${name}.png`), fullPage: true })
  }
}
