import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test } from './fixture.ts'

const path = { campaign: 'welcome' }
const json = { 'Content-Type': 'application/json' }

describe('campaigns', () => {
  test('are listed page by page, those with problems, too', async ({ desk }) => {
    expect((await desk.client().GET('/v1/campaigns', {})).data).toEqual({ campaigns: [], next_cursor: null })
    desk.writeCampaign('b')
    desk.writeCampaign('c')
    desk.write('campaigns/a/campaign.yaml', 'name: a\nwebhok: {}\n')
    desk.write('campaigns/notes.txt', '')
    mkdirSync(join(desk.folder, 'campaigns/empty'))
    const client = desk.client('viewer')
    const { data } = await client.GET('/v1/campaigns', { params: { query: { limit: 2 } } })
    expect(data).toMatchObject({
      campaigns: [
        { campaign: 'a', name: null, trigger: null },
        { campaign: 'b', name: 'b', trigger: 'now', problems: [] },
      ],
      next_cursor: 'b',
    })
    expect(data!.campaigns[0]!.problems.length).toBeGreaterThan(0)
    const rest = await client.GET('/v1/campaigns', { params: { query: { cursor: 'b' } } })
    expect(rest.data!.campaigns.map(({ campaign }) => campaign)).toEqual(['c'])
  })

  test('are shown with what they call and their files, and no secret', async ({ desk }) => {
    desk.writeCampaign('welcome', {
      webhook: 'headers:\n  - { name: X-Key, value: "${HOME}", type: secret }\nresponse_handling: json',
      top: 'params: { shop: Acme }',
    })
    const { data } = await desk.client('viewer').GET('/v1/campaigns/{campaign}', { params: { path } })
    expect(data).toMatchObject({ problems: [{ file: 'campaign.yaml' }], webhook: null, files: {} })
    desk.writeCampaign('welcome', { top: 'params: { shop: Acme }' })
    const right = await desk.client('viewer').GET('/v1/campaigns/{campaign}', { params: { path } })
    expect(right.data).toMatchObject({
      name: 'welcome',
      trigger: 'now',
      webhook: { method: 'POST', url: `${desk.receiver.url}/v1/messages` },
      audience: 'customers.csv',
      params: { shop: 'Acme' },
      problems: [],
    })
    expect(right.data!.files['campaign.yaml']).toContain('name: welcome')
  })

  test.for([
    '..',
    '.',
    '..%2f..%2fetc',
    '%2e%2e',
    'welcome%2f..%2fwelcome',
    '..%5cwelcome',
    'welcome%00',
    '.hidden',
    'linked',
    'Welcome',
    'a'.repeat(101),
  ])('are found by the name of their folder, and by nothing that leads elsewhere: %s', async (name, { desk }) => {
    desk.writeCampaign('welcome')
    desk.write('campaigns/.hidden/campaign.yaml', 'name: hidden')
    desk.write('outside/campaign.yaml', 'name: outside')
    symlinkSync(join(desk.folder, 'outside'), join(desk.folder, 'campaigns/linked'))
    for (const route of ['', '/runs', '/preview', '/validate']) {
      const method = route === '' ? 'GET' : 'POST'
      const response = await desk.send(`/v1/campaigns/${name}${route}`, { method })
      expect(`${method} ${route}: ${response.status}`).toMatch(/: 40[45]$/)
    }
    expect(desk.receiver.count).toBe(0)
  })

  test.for(['../outside/people.ndjson', '/etc/passwd', '..', 'linked.ndjson'])(
    'take no audience from outside of their folder: %s',
    async (audience, { desk }) => {
      desk.writeCampaign('welcome')
      const outside = desk.write('campaigns/outside/people.ndjson', '{"id":"c-9"}\n')
      symlinkSync(outside, join(desk.folder, 'campaigns/welcome/linked.ndjson'))
      const body = JSON.stringify({ audience })
      const response = await desk.send('/v1/campaigns/welcome/runs', { method: 'POST', body, headers: json })
      expect([response.status, await response.json()]).toMatchObject([422, { code: 'HOOKCAST_CAMPAIGN_INVALID' }])
    },
  )
})

describe('a trial', () => {
  test('validates a campaign and its audience, and lists everything that is wrong', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const client = desk.client('editor')
    const right = await client.POST('/v1/campaigns/{campaign}/validate', { params: { path } })
    expect(right.data).toMatchObject({ is_valid: true, problems: [], audience: { customers: 3, duplicates: 0 } })
    desk.writeCampaign('welcome', { webhook: 'timeout: 10 sec' })
    desk.write('campaigns/welcome/customers.csv', 'id,name\nc-0\n')
    const wrong = await client.POST('/v1/campaigns/{campaign}/validate', { params: { path } })
    expect(wrong.data).toMatchObject({ is_valid: false, audience: null })
    expect(wrong.data!.problems.map(({ file, line }) => [file, line])).toContainEqual(['campaign.yaml', 7])
  })

  test('shows the request for one customer, and sends nothing', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const client = desk.client('editor')
    const { data } = await client.POST('/v1/campaigns/{campaign}/preview', {
      params: { path },
      body: { customer_id: 'c-1', lint: true },
    })
    expect(data).toMatchObject({
      row: 2,
      customer_id: 'c-1',
      status: 'ready',
      request: { method: 'POST', body: '{"id": "c-1"}' },
    })
    expect(desk.receiver.count).toBe(0)
    const nobody = await client.POST('/v1/campaigns/{campaign}/preview', { params: { path }, body: { row: 9 } })
    expect(nobody.error).toMatchObject({ code: 'HOOKCAST_USAGE', status: 422 })
  })

  test('says what a template gets wrong for a customer', async ({ desk }) => {
    desk.writeCampaign('welcome', { webhook: `body: '{"id": {{ customer.name | int(default=none) + 1 }}}'` })
    const { data } = await desk.client().POST('/v1/campaigns/{campaign}/preview', { params: { path } })
    expect(data).toMatchObject({ status: 'failed', reason: 'render', request: null })
    expect(data!.message).toMatch(/campaign\.yaml:/)
  })

  test('makes one request, marked as a test, and judges its answer', async ({ openDesk }) => {
    const desk = await openDesk({ receiver: { answer: () => ({ status: 401 }) } })
    desk.writeCampaign('welcome')
    const { data } = await desk.client('editor').POST('/v1/campaigns/{campaign}/test', { params: { path } })
    expect(data).toMatchObject({ status: 'failed', reason: 'client_error', answer: { http_status: 401 } })
    expect(desk.receiver.requests.map(({ headers }) => headers['x-hookcast-test'])).toEqual(['1'])
    expect(desk.audit()).toMatchObject([{ action: 'campaign.tested', subject: 'welcome' }])
  })

  test('renders for everybody, and tells what a run would do', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const { data } = await desk.client('editor').POST('/v1/campaigns/{campaign}/dry-run', { params: { path } })
    expect(data).toMatchObject({ customers: 3, would_send: 3, would_fail: 0, dry_run: true })
    expect(desk.receiver.count).toBe(0)
  })
})

describe('personal data', () => {
  test('is handed out, and erased', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const { run_id } = await desk.ran('welcome')
    const client = desk.client()
    const held = async (): Promise<{ found: object }> => {
      const body = JSON.stringify({ customer_id: 'c-1' })
      const response = await desk.send('/v1/customers/export', { method: 'POST', body, headers: json })
      return (await response.json()) as { found: object }
    }
    expect(await held()).toMatchObject({ customer_id: 'c-1', found: { runs: 1, rows: 1 } })
    const { data } = await client.POST('/v1/customers/erase', { body: { customer_ids: ['c-1', 'nobody'] } })
    expect(data).toMatchObject({ customers: 2, found: 1, runs: [{ run_id, rows: 1 }], left: [] })
    expect(await held()).toMatchObject({ found: { runs: 0, rows: 0 } })
    expect(JSON.stringify(desk.audit())).not.toContain('c-1')
    expect(desk.audit().map(({ action }) => action)).toEqual([
      'customer.exported',
      'customers.erased',
      'customer.exported',
      'run.started',
    ])
  })
})
