import { describe, expect } from 'vitest'
import { startPortalBrowser, test } from './portal-fixture.ts'

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

describe('whoever has a link', () => {
  test('adds an endpoint, and sees a test arrive there', async ({ desk }) => {
    const { on } = desk
    await on.events.eventTypes.create(ORDER_PAID)
    const acme = await on.app()
    const { page, complaints } = await desk.open(await desk.link(acme))
    await page.getByRole('link', { name: 'Add an endpoint' }).click()
    await page.getByLabel('URL').fill('http://192.168.1.1/hook')
    await page.getByRole('button', { name: 'Add the endpoint' }).click()
    expect(await page.innerText('[role=alert]')).toContain('expected url to be')
    await page.getByLabel('URL').fill(`${desk.receiver.url}/orders`)
    await page.getByLabel('Description').fill('Orders of the shop')
    await page.getByLabel('Only what is chosen here').check()
    await page.getByLabel('order.paid').check()
    await page.getByRole('button', { name: 'Add the endpoint' }).click()
    await page.getByText('Send a test…').click()
    await page.getByRole('button', { name: 'Send it' }).click()
    await page.waitForSelector('.state:text-is("sent")')
    const [endpoint] = on.events.endpoints.ofApp(acme)
    expect(endpoint).toMatchObject({ description: 'Orders of the shop', eventTypes: ['order.paid'] })
    expect(desk.receiver.requests[0]!.body).toBe('{"order_id":"A-1001","amount":1990}')
    expect(complaints.filter((text) => !text.includes('422'))).toEqual([])
  })
})
