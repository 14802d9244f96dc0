import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test } from './fixture.ts'

const SECRETS = { DESK_PASSWORD: 'canary-9f2', DESK_KEY: 'canary-key' }
const WEBHOOK = [
  'headers:',
  '  - { name: X-Api-Key, value: "${DESK_KEY}", type: secret }',
  'auth: { type: basic, username: acme, password: "${DESK_PASSWORD}" }',
  'event_properties: { provider_id: "{{ response.body.id }}" }',
].join('\n')

interface Tested {
  readonly request_id: string
  readonly request: { readonly method: string; readonly url: string; readonly body: string } | null
  readonly answer: {
    readonly http_status: number
    readonly headers: Record<string, string>
    readonly body: string
  } | null
  readonly code: string | null
  readonly latency_ms: number | null
  readonly status: string | null
  readonly reason: string | null
  readonly judged: string
  readonly properties: Record<string, unknown>
  readonly customer_id: string
  readonly row: number
}

describe('hookcast test', () => {
  test('makes one real request as a run would, marked as a test, and keeps nothing', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ body: { success: true, id: 'p-1', echo: 'canary-key' } }) })
    desk.writeCampaign({ webhook: WEBHOOK })
    const { code, stdout, stderr } = await desk.hookcast(['test', 'campaign.yaml', '--customer', 'c-1'], {
      env: SECRETS,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(desk.receiver.requests).toHaveLength(1)
    const { headers, body, key, attempt } = desk.receiver.requests[0]!
    expect({ body, attempt, mark: headers['x-hookcast-test'], apiKey: headers['x-api-key'] }).toEqual({
      body: '{"id": "c-1"}',
      attempt: 1,
      mark: '1',
      apiKey: 'canary-key',
    })
    expect(headers['authorization']).toMatch(/^Basic /)
    expect(stdout).toContain(`POST ${desk.receiver.url}/v1/messages\n`)
    expect(stdout).toContain('X-Hookcast-Test: 1\n')
    expect(stdout).toContain(`Idempotency-Key: ${key}\n`)
    expect(stdout).toContain('Authorization: Basic ***\n')
    expect(stdout).toMatch(/\n200 in [\d.]+ (ms|s)\n/)
    expect(stdout).toContain('content-type: application/json\n')
    expect(stdout).toContain('"echo":"***"')
    expect(stdout).toContain('properties: {"provider_id":"p-1"}\n')
    expect(stdout).toMatch(/\nrow 2, customer c-1: sent\n$/)
    expect(stdout).not.toContain('canary')
    expect(await desk.runs()).toEqual([])
  })

  test('says what a run would do after the answer, tries nothing again, and exits with 1', async ({ openDesk }) => {
    const statuses: Record<string, { status: number; body?: object }> = {
      'c-0': { status: 404 },
      'c-1': { status: 500 },
      'c-2': { status: 200, body: { success: false, errors: [{ code: 7, description: 'no such number' }] } },
    }
    const desk = await openDesk({
      answer: ({ body }) => statuses[(JSON.parse(body) as { id: string }).id] ?? {},
    })
    desk.writeCampaign()
    const seen: string[] = []
    for (const customer of Object.keys(statuses)) {
      const { code, stdout } = await desk.hookcast(['test', 'campaign.yaml', '--customer', customer])
      expect(code).toBe(1)
      seen.push(stdout.trimEnd().split('\n').at(-1) ?? '')
    }
    expect(seen).toEqual([
      'row 1, customer c-0: failed (hard_stop), and the run would stop: every chunk of it',
      'row 2, customer c-1: not sent (server error): a run would try again after 7 s',
      'row 3, customer c-2: failed (refused), and the run would go on; it says: no such number',
    ])
    expect(desk.receiver.count).toBe(3)
  })

  test('prints one JSON object with `--json`', async ({ desk }) => {
    desk.writeCampaign()
    const { code, stdout } = await desk.hookcast(['test', 'campaign.yaml', '--json'])
    const tested = JSON.parse(stdout) as Tested
    expect(code).toBe(0)
    expect(tested).toMatchObject({
      schema: 1,
      campaign: 'desk',
      row: 1,
      customer_id: 'c-0',
      request: { method: 'POST', url: `${desk.receiver.url}/v1/messages`, body: '{"id": "c-0"}' },
      answer: { http_status: 200, body: '{"success":true}', is_truncated: false },
      code: '200',
      status: 'sent',
      reason: null,
      judged: 'sent',
      properties: {},
    })
    expect(tested.request_id).toBe(desk.receiver.requests[0]?.key)
    expect(tested.latency_ms).toBeGreaterThanOrEqual(0)
  })

  test('calls nobody for a customer who is left out, or whose template fails', async ({ desk }) => {
    desk.writeCampaign({ top: 'consent: { column: news }', webhook: `body: '{"a": "{{ customer.pet.name.x }}"}'` })
    desk.write('customers.csv', 'id,news\nc-0,no\nc-1,yes\n')
    const out = JSON.parse((await desk.hookcast(['test', 'campaign.yaml', '--json'])).stdout) as Tested
    expect(out).toMatchObject({ status: 'suppressed', reason: 'consent', request: null, answer: null, code: null })
    const { code, stdout } = await desk.hookcast(['test', 'campaign.yaml', '--row', '2', '--json'])
    const failed = JSON.parse(stdout) as Tested
    expect({ code, status: failed.status, reason: failed.reason }).toEqual({
      code: 1,
      status: 'failed',
      reason: 'render',
    })
    expect(failed.judged).toContain('campaign.yaml:6:')
    expect(desk.receiver.connections).toBe(0)
  })

  test('gives no answer where none came', async ({ desk }) => {
    desk.writeCampaign()
    await desk.receiver.stop()
    const { code, stdout } = await desk.hookcast(['test', 'campaign.yaml', '--json'])
    const tested = JSON.parse(stdout) as Tested
    expect({ code, answer: tested.answer, told: tested.code, status: tested.status }).toEqual({
      code: 1,
      answer: null,
      told: 'connect',
      status: null,
    })
  })

  test('makes a batch of the one customer', async ({ openDesk }) => {
    const desk = await openDesk({ answer: () => ({ body: { results: [{ ok: false, why: 'unknown number' }] } }) })
    const webhook = [
      'method: POST',
      'batch:',
      '  size: 10',
      `  root: '[{% output customers separated by "," %}]'`,
      `  customer: '{"id": "{{ customer.id }}"}'`,
      '  outcomes: { items: /results, key: position, ok: /ok, message: /why }',
    ]
    desk.write(
      'campaign.yaml',
      [
        'name: desk',
        'audience: customers.csv',
        'webhook:',
        `  url: "${desk.receiver.url}/v1/messages"`,
        ...webhook.map((line) => `  ${line}`),
      ].join('\n'),
    )
    const { code, stdout } = await desk.hookcast(['test', 'campaign.yaml', '--customer', 'c-1', '--json'])
    const tested = JSON.parse(stdout) as Tested
    expect(code).toBe(1)
    expect(desk.receiver.requests.map(({ body }) => body)).toEqual(['[{"id": "c-1"}]'])
    expect(tested).toMatchObject({ status: 'failed', reason: 'refused', code: '200' })
    expect(tested.judged).toContain('unknown number')
    desk.write('campaign.yaml', readFileSync(join(desk.folder, 'campaign.yaml'), 'utf8').replace('/results', '/items'))
    const { stdout: lost } = await desk.hookcast(['test', 'campaign.yaml'])
    expect(lost).toContain('warning: An answer to a batch has no list where webhook.batch.outcomes.items says')
  })

  test('ends with 2 when the audience has no such customer, and calls nobody', async ({ desk }) => {
    desk.writeCampaign()
    const { code, stderr } = await desk.hookcast(['test', 'campaign.yaml', '--row', '9'])
    expect(code).toBe(2)
    expect(stderr).toContain('HOOKCAST_USAGE')
    expect(desk.receiver.connections).toBe(0)
  })

  test('loses one process and no more to a template that eats memory', async ({ desk }) => {
    const eats = '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}'
    desk.writeCampaign({ webhook: `body: '${eats}{"id": "{{ customer.id }}"}'` })
    const { code, stdout } = await desk.hookcast(['test', 'campaign.yaml', '--json'])
    const tested = JSON.parse(stdout) as Tested
    expect({ code, status: tested.status, customer: tested.customer_id }).toEqual({
      code: 1,
      status: 'failed',
      customer: 'c-0',
    })
    // On a slow machine its time is up before its memory.
    expect(['crash', 'render']).toContain(tested.reason)
    expect(desk.receiver.connections).toBe(0)
  })
})
