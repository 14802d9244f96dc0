import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { seriousFindings, startShop, test, textOf } from './fixture.ts'

startShop()

describe('a campaign on the dashboard', () => {
  test('is started from the list of runs, and watched to its end', async ({ desk }) => {
    desk.shop.delayMs = 100
    const { page, complaints } = await desk.open('/runs')
    await page.selectOption('select[name=run]', 'spring-points')
    await page.getByRole('button', { name: 'Start a run' }).click()
    await page.fill('input[name=limit]', '20')
    await page.fill('textarea[name=params]', '{ "shop": "Zenith" }')
    await page.getByRole('button', { name: 'Start the run' }).click()
    await page.waitForSelector('h1 .state:text("interrupted")')
    expect(await textOf(page)).toContain('17 of 40 customers were sent to')
    expect(desk.shop.receiver.requests.at(-1)?.body).toContain('points at Zenith.')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.waitForSelector('h1 .state:text("finished")')
    desk.shop.delayMs = 0
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is run for a file of whoever starts it, and refuses one that it cannot read', async ({ desk }) => {
    const rows = Array.from({ length: 3 }, (_, at) => ({ customer_id: `mine-${at}`, phone: '+44', points: at }))
    const file = (name: string, text: string): { name: string; mimeType: string; buffer: Buffer } => ({
      name,
      mimeType: '',
      buffer: Buffer.from(text),
    })
    const { page, complaints } = await desk.open('/campaigns/spring-points/run')
    await page.setInputFiles('input[type=file]', file('mine.ndjson', '{ "customer_id":'))
    await page.getByRole('button', { name: 'Start the run' }).click()
    await page.waitForSelector('[role=alert]')
    await page.goto(`${desk.url}/campaigns/spring-points/run`)
    const ndjson = rows.map((row) => JSON.stringify(row)).join('\n')
    await page.setInputFiles('input[type=file]', file('mine.ndjson', ndjson))
    await page.fill('textarea[name=params]', '{ "shop": "Upload" }')
    await page.getByRole('button', { name: 'Start the run' }).click()
    await page.waitForSelector('h1 .state:text("finished")')
    expect(await textOf(page)).toContain('Everyone was sent to: 3 customers.')
    const bodies = desk.shop.receiver.requests.slice(-3).map(({ body }) => body)
    expect(bodies.filter((body) => body.includes('points at Upload.') && body.includes('"mine-'))).toHaveLength(3)
    expect(readdirSync(join(desk.shop.folder.data, 'uploads'))).toEqual([])
    // The console tells of the file that was refused.
    expect(complaints).toHaveLength(1)
    await page.context().close()
  })

  test('is checked, previewed for a customer beside its template, and tried for all', async ({ desk }) => {
    const { page, complaints } = await desk.open('/campaigns')
    await page.getByRole('link', { name: 'spring-points' }).click()
    await page.getByRole('link', { name: 'Check all of it' }).click()
    expect(await textOf(page)).toContain('A run could begin now.')
    await page.getByRole('link', { name: 'Preview' }).click()
    await page.fill('input[name=customer_id]', 'c-00003')
    await page.fill('input[name=row]', '')
    await page.getByRole('button', { name: 'Show' }).click()
    const told = await textOf(page)
    expect(told).toContain('"reference": "c-00003"')
    expect(told).toContain('"reference": "{{ customer.customer_id }}"')
    expect(told).toContain('X-Api-Key: ***')
    const before = desk.shop.receiver.count
    await page.getByText('Send it as a test').click()
    await page.getByRole('button', { name: 'Send one test request' }).click()
    await page.waitForSelector('h2:text("Test request")')
    expect(desk.shop.receiver.count).toBe(before + 1)
    await page.getByRole('link', { name: 'Dry run' }).click()
    await page.getByRole('button', { name: 'Start the dry run' }).click()
    await page.waitForSelector('h2:text("What a run would do")')
    expect(desk.shop.receiver.count).toBe(before + 1)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is activated, held when the receiver refuses, and released', async ({ desk }) => {
    desk.shop.loginStatus = 401
    const { page, complaints } = await desk.open('/campaigns/welcome')
    await page.getByRole('button', { name: 'Activate version 1' }).click()
    await page.waitForSelector('text=It starts by itself, as its files are now.')
    for (let at = 0; at < 8; at++) {
      const customer = { customer_id: `c-${at}`, phone: '+44', first_name: 'Ada', points: 1 }
      await desk.api('/v1/triggers', { id: `t-${at}`, type: 'user.registered', customer })
    }
    const holds = async (): Promise<number> => (await desk.api<{ holds: object[] }>('/v1/holds')).holds.length
    await expect.poll(holds, { timeout: 30_000 }).toBe(1)
    await page.click('nav >> text=Holds')
    expect(await textOf(page)).toContain('welcome')
    expect(await seriousFindings(page)).toEqual([])
    desk.shop.loginStatus = 200
    await page.getByRole('button', { name: 'Release' }).click()
    await page.waitForSelector('text=Nothing is on hold.')
    expect(await holds()).toBe(0)
    await page.click('nav >> text=Access')
    expect(await textOf(page)).toContain('hold.released')
    expect(complaints).toEqual([])
    await page.context().close()
  })
})
