import { describe, expect } from 'vitest'
import { startShop, test, type Desk } from './fixture.ts'
import { FOREIGN, NAME, OWN, TEXTS } from './hostile-texts.ts'

startShop({
  files: {
    'campaigns/hostile/campaign.yaml': [
      `name: ${JSON.stringify(NAME)}`,
      'audience: customers.ndjson',
      'customer_id: who',
      'webhook:',
      '  url: "http://127.0.0.1:$PORT/v1/echo"',
      `  body: '{"text": "{{ customer.who }}"}'`,
      '  retry: { delays: [50ms] }',
      '  event_properties: { said: "{{ customer.who }}" }',
      '',
    ].join('\n'),
    'campaigns/hostile/customers.ndjson': TEXTS.map((who) => JSON.stringify({ who, '<b>key</b>': who })).join('\n'),
    'campaigns/broken/campaign.yaml': `name: broken\nwebhook:\n  url: "<script>alert(8)</script>"\n  <img src=x onerror=alert(9)>: 1\n`,
  },
})

/** Every page on which a text of others could do something. */
async function pagesOf(desk: Desk, runId: string): Promise<string[]> {
  const whom = [0, 1, 4].map((seq) => `/runs/${runId}/customers/${seq}`)
  const search = new URLSearchParams({ status: 'failed', message: OWN[1]!, customer_id: OWN[0]! })
  return [
    '/runs',
    `/runs?campaign=${encodeURIComponent(OWN[1]!)}`,
    `/runs/${runId}`,
    `/runs/${runId}/customers`,
    `/runs/${runId}/customers?${search.toString()}`,
    `/runs/${runId}/campaign`,
    `/runs/${runId}/replay?http_status=${encodeURIComponent(OWN[1]!)}`,
    ...whom,
    '/campaigns',
    '/campaigns/hostile',
    '/campaigns/broken',
    '/campaigns/hostile/preview?row=2',
    `/campaigns/hostile/preview?customer_id=${encodeURIComponent(OWN[0]!)}`,
    `/campaigns/${encodeURIComponent(OWN[0]!)}`,
    `/sign-in?to=${encodeURIComponent(`"${OWN[0]!}`)}`,
    '/access',
  ]
}

describe('what others wrote', () => {
  test('is text on every page: nothing of it runs, and nothing becomes an element', async ({ desk }) => {
    const runId = await desk.ran('hostile', { skip_bad_rows: true })
    const { page, complaints } = await desk.open('/runs')
    const dialogs: string[] = []
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      void dialog.dismiss()
    })
    for (const path of await pagesOf(desk, runId)) {
      await page.goto(desk.url + path)
      expect([await page.evaluate(FOREIGN), path]).toEqual([0, path])
    }
    await page.goto(`${desk.url}/campaigns/broken`)
    expect(await page.locator('h2').allInnerTexts()).toEqual(['What is wrong with it'])
    await page.goto(`${desk.url}/runs/${runId}`)
    expect(await page.innerText('h1')).toContain(String.raw`<img src=x onerror="alert('name')"> \u{202e}evil`)
    await page.goto(`${desk.url}/runs/${runId}/customers`)
    expect(await page.innerText('main')).toContain('<img src=x onerror=alert(1)>')
    await page.getByRole('link', { name: OWN[0]!, exact: true }).first().click()
    expect(await page.innerText('main')).toContain('<b>key</b>')
    expect(dialogs).toEqual([])
    // A page that is not there says so in the console; a policy that had to step in would, too.
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([])
    await page.context().close()
  })
})
