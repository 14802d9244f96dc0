import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test as base } from 'vitest'
import { startBrowser, type OpenBrowser, type OpenPage } from '../support/browser.ts'
import { ADMIN_TOKEN } from '../support/service.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let browser: OpenBrowser

export interface Desk {
  readonly shop: Shop
  readonly url: string
  /** A page of somebody who is signed in, at a path. */
  open(path: string, options?: Parameters<OpenBrowser['open']>[1]): Promise<OpenPage>
  /** Calls the API, and gives what it answers. */
  api<T>(path: string, body?: object): Promise<T>
  /** Starts a run, and waits for its end. */
  ran(campaign: string, how?: object): Promise<string>
}

/** One service and one browser for a file of tests; a page for each of them. */
export const test = base.extend<{ desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  desk: async ({}, use) => {
    const { service } = shop
    const desk: Desk = {
      shop,
      url: service.url,
      open: async (path, options) => {
        const opened = await browser.open(`${service.url}/sign-in?to=${encodeURIComponent(path)}`, options)
        await signIn(opened.page, ADMIN_TOKEN)
        return opened
      },
      api: async (path, body) => {
        const json = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
        const answer = await service.call(path, body === undefined ? {} : json)
        return (await answer.json()) as never
      },
      ran: async (campaign, how = {}) => {
        const begun = await desk.api<{ run_id: string }>(`/v1/campaigns/${campaign}/runs`, how)
        expect(begun).toEqual({ run_id: expect.any(String) as string })
        const { run_id: runId } = begun
        await expect
          .poll(async () => (await service.get(`/v1/runs/${runId}`))['state'], { timeout: 60_000 })
          .not.toBe('running')
        return runId
      },
    }
    await use(desk)
  },
})

export function startShop(options: Parameters<typeof openShop>[0] = {}): void {
  beforeAll(async () => {
    ;[shop, browser] = await Promise.all([openShop(options), startBrowser()])
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await shop[Symbol.asyncDispose]()
  })
}

async function signIn(page: Page, token: string): Promise<void> {
  await page.fill('input[name=token]', token)
  await page.click('button.main-action')
}

export async function textOf(page: Page): Promise<string> {
  return await page.innerText('main')
}

/** What axe finds serious on a page, as `rule: element`. @see WCAG 2.2, levels A and AA */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return await page.evaluate<
    string[]
  >(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) =>
    violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').flatMap(({ id, nodes }) => nodes.map(({ target }) => id + ': ' + target.join(' '))))`)
}
