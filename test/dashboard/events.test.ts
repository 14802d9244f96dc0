import { describe, expect } from 'vitest'
import { startShop, test, textOf } from './fixture.ts'
import { openSubscriber } from './subscribers.ts'

startShop({ customers: 2 })

describe('an endpoint on the dashboard', () => {
  test('gets a test, and its answer is seen as it comes', async ({ desk }) => {
    const acme = await openSubscriber(desk.shop)
    const id = await acme.endpoint('orders', { eventTypes: ['order.paid'] })
    const { page, complaints } = await desk.open('/events')
    await page.getByRole('link', { name: 'Acme Bikes' }).click()
    await page.getByRole('link', { name: /hooks\/orders/ }).click()
    expect(await textOf(page)).toContain('Nothing has been sent to it yet.')
    await page.getByText('Send a test…').click()
    await page.getByRole('button', { name: 'Send it' }).click()
    await page.waitForSelector('.state:text-is("sent")')
    const told = await textOf(page)
    expect(told).toContain('"order_id": "A-1001"')
    expect(told).toContain('arrived')
    await page
      .getByRole('link', { name: /hooks\/orders/ })
      .first()
      .click()
    await page.waitForSelector('text=The last attempt arrived.')
    expect(await textOf(page)).toContain('100 %')
    expect(id).toMatch(/^ep_/)
    expect(complaints).toEqual([])
    await page.context().close()
  })
})
