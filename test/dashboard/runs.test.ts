import { describe, expect } from 'vitest'
import { seriousFindings, startShop, test, textOf } from './fixture.ts'

startShop()

describe('a run on the dashboard', () => {
  test('tells why a customer failed: from the run to its group, to the customer, to the answer', async ({ desk }) => {
    const runId = await desk.ran('spring-points')
    const { page, complaints } = await desk.open(`/runs/${runId}`)
    expect(await textOf(page)).toContain('38 of 40 customers were sent to; 2 failed.')
    const group = page.locator('.said li', { hasText: 'This number has opted out' })
    expect(await group.innerText()).toContain('opted_out')
    await group.getByText('See all').click()
    await page.getByRole('link', { name: 'c-00007' }).click()
    const told = await textOf(page)
    expect(told).toContain('refused')
    expect(told).toContain('This number has opted out')
    expect(told).toContain('"reference": "c-00007"')
    expect(told).toContain('"reference": "{{ customer.customer_id }}"')
    expect(told).toContain('Authorization: Basic ***')
    expect(told).toContain('X-Api-Key: ***')
    expect(await page.content()).not.toContain('that-nobody-sees')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is seen going on, and ends before the eyes of whoever looks', async ({ desk }) => {
    desk.shop.delayMs = 150
    const gate = Promise.withResolvers<void>()
    desk.shop.gate = gate.promise
    const { run_id: runId } = await desk.api<{ run_id: string }>('/v1/campaigns/spring-points/runs', {})
    const { page, complaints } = await desk.open(`/runs/${runId}`)
    await page.waitForSelector('h1 .state:text("running")')
    gate.resolve()
    await page.waitForSelector('h1 .state:text("finished")')
    expect(Number(await page.getAttribute('html', 'data-updates'))).toBeGreaterThan(0)
    expect(await textOf(page)).toContain('38 of 40 customers were sent to; 2 failed.')
    expect(await page.locator('.chart canvas').count()).toBe(2)
    expect(await page.getByText('Too short for a chart.').isVisible()).toBe(false)
    expect(await seriousFindings(page)).toEqual([])
    await page.click('nav >> text=Runs')
    expect(await page.locator('tbody tr').first().innerText()).toContain('environment')
    expect(complaints).toEqual([])
    desk.shop.delayMs = 0
    await page.context().close()
  })

  test('says why it stopped, and goes on when it is resumed; the one that failed is replayed', async ({ desk }) => {
    desk.shop.loginStatus = 401
    const runId = await desk.ran('win-back')
    const { page, complaints } = await desk.open(`/runs/${runId}`)
    expect(await page.innerText('#stops')).toContain('Stopped chunk 0 after the first 401')
    expect(await page.innerText('#stops')).toContain('The key has expired')
    desk.shop.loginStatus = 200
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.waitForSelector('h1 .state:text("finished")')
    expect(await textOf(page)).toContain('39 of 40 customers were sent to; 1 failed')
    await page.getByRole('link', { name: 'Replay' }).click()
    await page.selectOption('select[name=reason]', 'client_error')
    await page.getByRole('button', { name: 'Count' }).click()
    expect(await textOf(page)).toContain('1 would be called again.')
    await page.getByRole('button', { name: 'Replay this one' }).click()
    await page.waitForSelector('h1 .state:text("finished")')
    expect(await textOf(page)).toContain('Everyone was sent to: 1 customer.')
    const replay = page.url().split('/').at(-1)!
    await page.goto(`${desk.url}/runs/${runId}`)
    await page.getByRole('link', { name: replay }).click()
    expect(await textOf(page)).toContain('Too short for a chart.')
    expect(await page.getByText('Calls a second, by answer').isVisible()).toBe(false)
    await page.goto(`${desk.url}/runs/${runId}/customers?status=failed,aborted`)
    expect(await page.locator('tbody tr').count()).toBe(1)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('promises no next attempt to a customer whose run does not go on by itself', async ({ desk }) => {
    desk.shop.loginStatus = 503
    const before = desk.shop.receiver.count
    const { run_id: runId } = await desk.api<{ run_id: string }>('/v1/campaigns/win-back/runs', {})
    await desk.shop.receiver.waitFor(before + 1)
    await desk.api(`/v1/runs/${runId}/pause`, {})
    const state = async (): Promise<unknown> => (await desk.api<{ state: string }>(`/v1/runs/${runId}`)).state
    await expect.poll(state, { timeout: 30_000 }).toBe('paused')
    const { page, complaints } = await desk.open(`/runs/${runId}/customers/0`)
    expect(await textOf(page)).toMatch(/Next attempt\s+when the run goes on/)
    await desk.api(`/v1/runs/${runId}/cancel`, {})
    await expect.poll(state, { timeout: 30_000 }).toBe('cancelled')
    await page.reload()
    expect(await textOf(page)).toContain('aborted')
    expect(await textOf(page)).not.toContain('Next attempt')
    await page.goto(`${desk.url}/runs/${runId}`)
    expect(await textOf(page)).toContain('have no result, as the run was cancelled.')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  test('is paused and goes on, is paused again and cancelled: whoever was left is aborted', async ({ desk }) => {
    desk.shop.loginStatus = 200
    // One call at a time: there is time to press what ends it twice.
    desk.shop.delayMs = 1000
    const { page, complaints } = await desk.open('/campaigns/win-back')
    await page.getByRole('link', { name: 'Run…' }).click()
    await page.getByRole('button', { name: 'Start the run' }).click()
    await page.waitForSelector('h1 .state:text("running")')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.waitForSelector('h1 .state:text("paused")')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.waitForSelector('h1 .state:text("running")')
    await page.getByText('Cancel…').click()
    await page.getByRole('button', { name: 'Cancel this run' }).click()
    await page.waitForSelector('h1 .state:text("cancelled")')
    expect(await page.innerText('.results')).toMatch(/aborted\s+[1-9]/)
    expect(await page.getByRole('button', { name: 'Resume' }).count()).toBe(0)
    await page.getByRole('link', { name: 'Replay' }).click()
    expect(await textOf(page)).toMatch(/[1-9]\d* would be called again/)
    await page.click('nav >> text=Access')
    const told = await textOf(page)
    for (const done of ['run.paused', 'run.resumed', 'run.cancelled']) expect(told).toContain(done)
    expect(complaints).toEqual([])
    desk.shop.delayMs = 0
    await page.context().close()
  })
})
