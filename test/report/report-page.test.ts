import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { RunReport } from '../../src/report/report.ts'
import { test, type Desk } from '../cli/fixture.ts'
import { faintTexts, startBrowser, type OpenBrowser } from '../support/browser.ts'

let browser: OpenBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser[Symbol.asyncDispose]()
})

const NAME = `<script>alert("name")</script> & 'Zoë' \u202Eevil`
const REFUSAL = '</style><img src="https://evil.example/x.png" onerror="alert(1)"> & more'

/** A run that was refused, retried and stopped, with a name and messages that try to break out of the page. */
async function stopped(openDesk: (options: object) => Promise<Desk>): Promise<{ desk: Desk; report: RunReport }> {
  let tries = 0
  const answer = ({ body }: { readonly body: Buffer }): object => {
    const id = /"id": "c-(\d+)"/.exec(body.toString())?.[1] ?? ''
    if (id === '3') return { body: { success: false, errors: [{ code: '<b>7</b>', description: REFUSAL }] } }
    if (id === '5' && tries++ === 0) return { status: 500, body: REFUSAL }
    if (id === '55') return { status: 401, body: { errors: [{ description: `"${REFUSAL}` }] } }
    return {}
  }
  const desk = await openDesk({ answer })
  desk.writeCampaign({ name: NAME, webhook: 'concurrency: 1\nretry: { delays: [50ms] }' })
  desk.write('customers.csv', `id\n${Array.from({ length: 60 }, (_, id) => `c-${id}\n`).join('')}`)
  const { object } = await desk.json(['run', 'campaign.yaml', '--quiet'])
  return { desk, report: object }
}

describe('the page of a report', () => {
  test('shows the numbers of the JSON in a browser, fetches and runs nothing, and fits a phone in light and dark', async ({
    openDesk,
  }) => {
    const { desk, report } = await stopped(openDesk)
    expect(report).toMatchObject({ state: 'aborted', failed: 2, failures: { refused: 1, client_error: 1 } })
    const args = ['report', report.run_id, '--format', 'html', '--out', 'page.html']
    expect(await desk.hookcast(args)).toEqual({ code: 0, stdout: '', stderr: '' })
    const url = `file://${join(desk.folder, 'page.html')}`
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, requests, complaints } = await browser.open(url, {
        viewport: { width: 360, height: 740 },
        colorScheme,
      })
      const evaluate = (text: string): Promise<unknown> => page.evaluate(text)
      expect(requests).toEqual([url])
      expect(complaints).toEqual([])
      expect(await evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
      expect(await evaluate('document.scripts.length + document.images.length')).toBe(0)
      expect(await faintTexts(page)).toEqual([])
      await evaluate('for (const details of document.querySelectorAll("details")) details.open = true')
      expect(await evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
      const shown = async (attribute: string): Promise<Record<string, number>> => {
        const script = `[...document.querySelectorAll('[data-${attribute}]')].map((e) => [e.dataset.${attribute}, e.textContent.trim()])`
        const entries = (await evaluate(script)) as [string, string][]
        return Object.fromEntries(entries.map(([name, text]) => [name, Number(text.replaceAll(/[^\d]/g, ''))]))
      }
      const { sent, failed, aborted, suppressed } = report
      expect(await shown('count')).toEqual({ sent, failed, aborted, suppressed })
      expect(await shown('code')).toEqual(report.codes)
      expect(await shown('failure')).toEqual(report.failures)
      expect(await shown('latency')).toEqual(report.latency_ms)
      const calls = `[...document.querySelectorAll('#over-time ~ figure tbody tr')].flatMap((row) => [...row.querySelectorAll('td')].slice(0, 5)).reduce((sum, cell) => sum + Number(cell.textContent), 0)`
      expect(await evaluate(calls)).toBe(report.attempts)
      const text = String(await evaluate('document.body.innerText'))
      expect(text).toContain(String.raw`<script>alert("name")</script> & 'Zoë' \u{202e}evil`)
      expect(text).toContain(`<b>7</b> ${REFUSAL}`)
      expect(text).toContain(report.aborts[0]!.message.replaceAll('`', ''))
      const names = (await evaluate(
        `[...document.querySelectorAll('svg[role=img]')].map((svg) => svg.querySelector('title, desc').textContent)`,
      )) as string[]
      expect(names).toHaveLength(5)
      await page.context().close()
    }
  })
})
