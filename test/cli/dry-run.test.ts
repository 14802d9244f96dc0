import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import type { DryRun } from '../../src/trial/trial.ts'
import { test as base, type Desk } from './fixture.ts'

interface Dry {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly found: DryRun
}

/** A dry run with a folder of its own for what lies on disk meanwhile. */
async function dryRun(desk: Desk, args: readonly string[] = [], input?: string): Promise<Dry> {
  const TMPDIR = join(desk.folder, 'tmp')
  mkdirSync(TMPDIR, { recursive: true })
  const surroundings = { env: { TMPDIR }, ...(input === undefined ? {} : { input }) }
  const ended = await desk.hookcast(['run', 'campaign.yaml', '--dry-run', '--json', ...args], surroundings)
  expect(readdirSync(TMPDIR)).toEqual([])
  return { ...ended, found: JSON.parse(ended.stdout) as DryRun }
}

/** Whatever a dry run does, it calls nobody and leaves no run. */
const test = base.extend<{ quiet: Desk }>({
  quiet: async ({ desk }, use) => {
    await use(desk)
    expect(desk.receiver.connections).toBe(0)
    expect(existsSync(join(desk.folder, '.hookcast'))).toBe(false)
  },
})

const numbered = (count: number, row: (n: number) => object): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify(row(n))}\n`).join('')

describe('hookcast run --dry-run', () => {
  test('tells what would be sent, and sends nothing', async ({ quiet }) => {
    quiet.writeCampaign({ top: 'unique: true\nconsent: { column: news }', webhook: 'rate: 1/s\nconcurrency: 1' })
    quiet.write('customers.csv', 'id,name,news\na,Ada,yes\nb,Bob,no\na,Ada,yes\nc,Cyd,yes\n')
    const { code, stderr, found } = await dryRun(quiet)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(found).toMatchObject({
      schema: 1,
      campaign: 'desk',
      dry_run: true,
      is_complete: true,
      customers: 4,
      would_send: 2,
      would_fail: 0,
      suppressed: 2,
      deliveries: 2,
      failures: {},
      suppressions: { consent: 1, duplicate: 1 },
      duplicates: 1,
      missing_attributes: [],
      body_bytes: { p50: 11, p99: 11, max: 11 },
      predicted: { duration_ms: 2100, assumed_latency_ms: 100, concurrency: 1, per_second: 1, limited_by: 'rate' },
      stops: [],
    })
    expect(found.example).toMatchObject({
      customer_id: 'a',
      row: 1,
      request: { method: 'POST', url: `${quiet.receiver.url}/v1/messages`, body: '{"id": "a"}' },
    })
  })

  test('names the rows whose request cannot be made, by what is to blame', async ({ quiet }) => {
    quiet.writeCampaign({ webhook: `body: '{"id": "{{ customer.id }}", "n": {{ customer.n }}}'`, audience: 'p.ndjson' })
    quiet.write('p.ndjson', `\n${numbered(40, (n) => (n % 4 === 1 ? { id: `p-${n}` } : { id: `p-${n}`, n }))}`)
    const { code, found } = await dryRun(quiet)
    expect(code).toBe(1)
    expect(found).toMatchObject({ customers: 40, would_send: 30, would_fail: 10, failures: { render: 10 } })
    const [group, ...others] = found.failure_groups
    expect(others).toEqual([])
    expect(group).toMatchObject({ reason: 'render', count: 10 })
    expect(group?.message).toMatch(/^campaign\.yaml:6:\d+ expected the rendered text to be JSON/)
    expect(group?.rows).toEqual(
      [1, 5, 9, 13, 17].map((n) => ({ customer_id: `p-${n}`, row: n + 1, file: 'p.ndjson', line: n + 2 })),
    )
    expect(found.missing_attributes).toEqual([
      {
        attribute: 'customer.n',
        customers: 10,
        share: 0.25,
        has_fallback: false,
        places: [expect.any(String) as string],
      },
    ])
  })

  test('counts a row that cannot be read as failed when rows are skipped, and refuses it else', async ({ quiet }) => {
    quiet.writeCampaign()
    quiet.write('customers.csv', 'id,name\nc-0,Ada\nc-1\nc-2,"E\nve"\nc-3\n')
    const { code, found } = await dryRun(quiet, ['--skip-bad-rows'])
    expect({ code, failures: found.failures }).toEqual({ code: 1, failures: { row: 2 } })
    expect(found.failure_groups[0]).toMatchObject({ count: 2, rows: [{ line: 3 }, { line: 6 }] })
    const refused = await quiet.hookcast(['run', 'campaign.yaml', '--dry-run'])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('HOOKCAST_AUDIENCE_INVALID')
  })

  test('takes params, another audience, a limit and standard input as a run does', async ({ quiet }) => {
    quiet.writeCampaign({ webhook: `body: '{"s": "{{ params.shop }}"}'`, top: 'params: { shop: Acme }' })
    quiet.write(
      'more.ndjson',
      numbered(9, (n) => ({ id: `m-${n}` })),
    )
    const few = await dryRun(quiet, ['--audience', 'more.ndjson', '--limit', '4', '--param', 'shop=Other'])
    expect(few.found).toMatchObject({ customers: 4, would_send: 4, example: { request: { body: '{"s": "Other"}' } } })
    const { code, found } = await dryRun(
      quiet,
      ['--audience', '-'],
      `${numbered(3, (n) => ({ id: `s-${n}` }))}no JSON\n`,
    )
    expect({ code, sent: found.would_send, failures: found.failures }).toEqual({
      code: 1,
      sent: 3,
      failures: { row: 1 },
    })
  })

  test('loses one customer to a template that spins, and one to a template that eats memory', async ({ quiet }) => {
    const spins = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}'
    const eats = '{% set ns = namespace(l=[1]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}'
    const body = `{% if customer.n == 30 %}${spins}{% elif customer.n == 200 %}${eats}{% endif %}{"id": "{{ customer.id }}"}`
    quiet.write('body.j2', body)
    quiet.writeCampaign({ webhook: 'body: { file: body.j2 }', audience: 'p.ndjson' })
    quiet.write(
      'p.ndjson',
      numbered(600, (n) => ({ id: `p-${n}`, n })),
    )
    const { code, found } = await dryRun(quiet)
    expect(code).toBe(1)
    expect(found).toMatchObject({ customers: 600, would_send: 598, would_fail: 2, is_complete: true })
    const failed = found.failure_groups.flatMap(({ rows }) => rows.map(({ customer_id: id }) => id))
    expect(failed.toSorted()).toEqual(['p-200', 'p-30'])
  })

  test('foresees that a run would stop by itself', async ({ quiet }) => {
    quiet.writeCampaign({
      webhook: `body: '{"a": "{{ customer.pet.name.x }}"}'`,
      top: 'chunk_size: 60',
      audience: 'p.ndjson',
    })
    quiet.write(
      'p.ndjson',
      numbered(130, (n) => ({ id: `p-${n}` })),
    )
    const { found } = await dryRun(quiet)
    expect(found.would_fail).toBe(130)
    expect(found.stops).toEqual([
      {
        rule: 'render',
        chunk: 0,
        row: 50,
        message: 'Stopped chunk 0 after the template failed for 50 customers in a row',
      },
      {
        rule: 'render',
        chunk: 1,
        row: 110,
        message: 'Stopped chunk 1 after the template failed for 50 customers in a row',
      },
    ])
  })

  test('tells all of it in words, with secrets masked', async ({ quiet }) => {
    quiet.writeCampaign({
      webhook: [
        `body: '{"id": "{{ customer.id }}", "n": {{ customer.n }}}'`,
        'headers:',
        '  - { name: X-Api-Key, value: "${DESK_KEY}", type: secret }',
      ].join('\n'),
    })
    quiet.write('customers.csv', 'id,n\nc-0,1\nc-1,\nc-2,3\n')
    const env = { DESK_KEY: 'canary-9f2' }
    const { code, stdout } = await quiet.hookcast(['run', 'campaign.yaml', '--dry-run'], { env })
    expect(code).toBe(1)
    const lines = stdout.split('\n')
    expect(lines.slice(0, 9)).toEqual([
      'desk  dry run, nothing was sent',
      '',
      'customers  3',
      '  would be sent  2',
      '  would fail     1',
      '  suppressed     0',
      '',
      'would fail',
      '  render  1',
    ])
    expect(lines).toContain('    customers.csv:3  row 2, customer c-1')
    expect(stdout).toMatch(/^ {2}customer\.n {2}1 \(33 %\), read without a fallback at campaign\.yaml:6:\d+$/m)
    expect(stdout).toContain('  bodies       p50 23 bytes, p99 23 bytes, max 23 bytes\n')
    expect(stdout).toContain('100 ms an answer, which is assumed')
    expect(stdout).toContain('X-Api-Key: ***\n')
    expect(stdout).toContain('first request  row 1, customer c-0\n')
    expect(stdout).not.toContain('canary')
  })

  test('counts a batch as one request, and names who would be left out of it', async ({ quiet }) => {
    const batch = [
      'batch:',
      '  size: 4',
      `  root: '[{% output customers separated by "," %}]'`,
      `  customer: '{"id": "{{ customer.id }}", "n": "{{ customer.n.x }}"}'`,
    ].join('\n')
    quiet.write(
      'campaign.yaml',
      [
        'name: desk',
        'audience: p.ndjson',
        'chunk_size: 6',
        'webhook:',
        `  url: "${quiet.receiver.url}/v1/messages"`,
        ...batch.split('\n').map((line) => `  ${line}`),
      ].join('\n'),
    )
    quiet.write(
      'p.ndjson',
      numbered(13, (n) => (n === 5 ? { id: `p-${n}` } : { id: `p-${n}`, n: { x: 1 } })),
    )
    const { code, found } = await dryRun(quiet)
    expect({ code, stops: found.stops }).toEqual({ code: 1, stops: [] })
    // Rows 0 to 3, 4 and 5 end the chunk, 6 to 9, 10 and 11, 12.
    expect(found).toMatchObject({ customers: 13, would_send: 12, would_fail: 1, deliveries: 5 })
    expect(found.failure_groups[0]?.rows).toMatchObject([{ customer_id: 'p-5', row: 6, line: 6 }])
    expect(JSON.parse(found.example?.request.body ?? '')).toEqual([0, 1, 2, 3].map((n) => ({ id: `p-${n}`, n: '1' })))
  })

  test('holds the requests against the budget of static IPs', async ({ quiet }) => {
    quiet.writeCampaign({ webhook: 'static_ips: true', audience: 'p.ndjson' })
    quiet.write('hookcast.yaml', 'egress: { static: { addresses: [127.0.0.2, 127.0.0.3] } }\n')
    quiet.write(
      'p.ndjson',
      numbered(5001, (n) => ({ id: `p-${n}` })),
    )
    const few = await dryRun(quiet, ['--limit', '5000'])
    expect(few.found.static_ips).toEqual({
      pool: 'static',
      deliveries: 5000,
      warned_above: 5000,
      refused_above: 100_000,
      verdict: 'fine',
    })
    const { found } = await dryRun(quiet)
    expect(found.static_ips).toMatchObject({ deliveries: 5001, verdict: 'warned' })
    expect(found.warnings.map(({ code }) => code)).toContain('static_ips_overuse')
  })

  test('is right about nobody', async ({ quiet }) => {
    quiet.writeCampaign()
    quiet.write('customers.csv', 'id,name\n')
    const { code, found } = await dryRun(quiet)
    expect(code).toBe(0)
    expect(found).toMatchObject({
      customers: 0,
      deliveries: 0,
      body_bytes: { p50: null, p99: null, max: null },
      example: null,
    })
    expect(found.warnings.map(({ code }) => code)).toContain('audience_empty')
  })

  test('is refused together with what only a run can do', async ({ quiet }) => {
    quiet.writeCampaign()
    const { code, stderr } = await quiet.hookcast(['run', 'campaign.yaml', '--dry-run', '--pause-after', '1'])
    expect(code).toBe(2)
    expect(stderr).toContain('--dry-run')
  })
})
