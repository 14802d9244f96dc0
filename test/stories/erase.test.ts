import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { test, type Desk } from '../cli/fixture.ts'
import { filesHolding } from '../privacy/fixture.ts'
import type { Received, Reply } from '../support/receiver.ts'

const ZOFIE = {
  id: 'c-17',
  name: 'Žofie Nováčková',
  email: 'zofie.novackova+shop@example.com',
  phone: '+420 777 123 456',
}
const TRACES = Object.values(ZOFIE)
const MODEL = { street: 'Dlouhá 7', note: 'prefers "mornings"' }

interface Result {
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
  readonly seq: number
}

function other(id: string): object {
  return { id, name: `Name of ${id}`, email: `${id}@example.org`, phone: `+420 600 000 ${id.length}00`, ...MODEL }
}

/** Whoever is called is repeated by the receiver: plainly, as JSON and URLs write it, and in Base64. */
function echo(row: typeof ZOFIE): string {
  const ascii = JSON.stringify(row.name).replaceAll(
    /[^ -~]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${row.id} ${row.email} ${ascii} ${encodeURIComponent(row.name)} q=${encodeURIComponent(row.phone)} ${Buffer.from(row.phone).toString('base64')}`
}

/** Answers by what a row wants: `fail`, `retry`, or anything else. */
function answerAsWanted({ body }: Received): Reply {
  const row = JSON.parse(body) as typeof ZOFIE & { readonly want?: string }
  const gossip = `like ${ZOFIE.id}, ${ZOFIE.name} (${encodeURIComponent(ZOFIE.email)})`
  switch (row.want ?? 'nothing') {
    case 'fail':
      return {
        body: { success: false, errors: [{ code: `no-${row.phone}`, description: `${row.name}: ${echo(row)}` }] },
      }
    case 'gossip':
      return { body: { success: false, errors: [{ code: 'refused', description: `${row.id} is refused ${gossip}` }] } }
    case 'retry':
      return { status: 500, body: `no luck with ${echo(row)}` }
    default:
      return { body: { success: true, result: { code: `hello ${row.name}` }, echo: row.email } }
  }
}

const WEBHOOK = [
  'retry: { delays: [1s], jitter: 0 }',
  'concurrency: 1',
  'response_handling: json',
  'event_properties: { mail: "{{ response.body.echo }}", who: "{{ customer.name }}" }',
  "body: '{{ customer | tojson }}'",
].join('\n')

function ndjson(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

async function resultsOf(desk: Desk, runId: string): Promise<readonly string[]> {
  const { stdout } = await desk.hookcast(['report', runId, '--format', 'ndjson'])
  return stdout.trimEnd().split('\n')
}

function parsed(lines: readonly string[]): readonly Result[] {
  return lines.map((line) => JSON.parse(line) as Result)
}

describe('a customer who wants to be forgotten', () => {
  test('is in every kind of file before, and in none after', { timeout: 120_000 }, async ({ openDesk }) => {
    const desk = await openDesk({ answer: answerAsWanted })
    const data = join(desk.folder, '.hookcast')
    desk.writeCampaign({ audience: 'people.ndjson', webhook: WEBHOOK })
    const rows = [
      other('c-1'),
      { ...ZOFIE, ...MODEL },
      { ...other('c-170'), want: 'gossip' },
      { ...ZOFIE, want: 'fail' },
      { ...ZOFIE, want: 'retry' },
      { ...other('c-2'), want: 'retry' },
      other('c-3'),
      { ...ZOFIE, want: 'late' },
      other('c-4'),
    ]
    desk.write('people.ndjson', ndjson(rows))
    const begun = await desk.json(['run', 'campaign.yaml', '--limit', '6'])
    const runId = begun.object.run_id
    expect(begun.object).toMatchObject({ state: 'interrupted', sent: 2, failed: 2, waiting: 2, pending: 3 })
    const before = await resultsOf(desk, runId)
    expect(filesHolding(data, TRACES)).toEqual(
      expect.arrayContaining(TRACES.flatMap((trace) => [`ledger.db: ${trace}`, `spool.ndjson: ${trace}`])),
    )

    const exported = await desk.hookcast(['export', '--customer', ZOFIE.id, '--out', 'zofie.json'])
    expect(exported.stderr).toContain('Found 4 rows of this customer in 1 run')
    expect(statSync(join(desk.folder, 'zofie.json')).mode & 0o777).toBe(0o600)
    const { runs, found } = JSON.parse(readFileSync(join(desk.folder, 'zofie.json'), 'utf8'))
    expect(found).toEqual({ runs: 1, rows: 4, triggers: 0 })
    expect(runs[0].rows.map(({ seq, status }: Result) => [seq, status])).toEqual([
      [1, 'sent'],
      [3, 'failed'],
      [4, 'waiting'],
      [7, 'pending'],
    ])
    expect(runs[0].rows[0]).toMatchObject({
      row: { ...ZOFIE, ...MODEL },
      named_by: 'column',
      result: { properties: { mail: ZOFIE.email, who: ZOFIE.name } },
    })
    expect(runs[0].rows[2]).toMatchObject({
      waiting: { attempt: 2, calls: 1, code: '500' },
      samples: [{ code: '500', body: expect.stringContaining(ZOFIE.email) }],
    })

    const erased = await desk.hookcast(['erase', '--customer', ZOFIE.id, '--yes', '--json'])
    expect({ code: erased.code, stderr: erased.stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(erased.stdout)).toMatchObject({
      customers: 1,
      found: 1,
      runs: [{ run_id: runId, rows: 4 }],
      left: [],
    })
    expect(filesHolding(data, TRACES)).toEqual([])
    expect(statSync(join(data, 'erasure.key')).mode & 0o777).toBe(0o600)
    expect(filesHolding(data, ['c-1', 'c-170', 'c-2', 'c-4@example.org'])).not.toEqual([])

    const after = await resultsOf(desk, runId)
    const names = new Set(
      parsed(after).flatMap((one, at) =>
        one.customer_id === parsed(before)[at]!.customer_id ? [] : [one.customer_id],
      ),
    )
    expect([...names]).toEqual([expect.stringMatching(/^erased-[0-9a-f]{32}$/)])
    expect(after[0]).toBe(before[0])
    expect(parsed(after)[2]).toMatchObject({
      customer_id: 'c-170',
      message: 'c-170 is refused like [erased], [erased] ([erased])',
    })
    const report = await desk.hookcast(['report', runId, '--format', 'json'])
    expect(JSON.parse(report.stdout)).toMatchObject({ sent: 2, failed: 2, waiting: 2, pending: 3, attempts: 6 })

    const again = await desk.hookcast(['erase', '--customer', ZOFIE.id, '--yes'])
    expect(again.stdout).toContain('Nothing is held of this customer')
    const gone = await desk.hookcast(['export', '--customer', ZOFIE.id])
    expect({ code: gone.code, stderr: gone.stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('Nothing is held of this customer'),
    })
    expect(JSON.parse(gone.stdout)).toMatchObject({ found: { runs: 0, rows: 0 }, runs: [] })

    const calls = desk.receiver.requests.length
    const resumed = await desk.json(['resume', runId])
    expect(resumed.object).toMatchObject({ sent: 4, failed: 3, suppressed: 2, waiting: 0, pending: 0 })
    expect(desk.receiver.requests.slice(calls).filter(({ body }) => body.includes(ZOFIE.id + '"'))).toEqual([])
    const ended = parsed(await resultsOf(desk, runId))
    expect(ended.filter(({ status }) => status === 'suppressed')).toEqual([
      expect.objectContaining({ seq: 4, reason: 'erased', customer_id: [...names][0] }),
      expect.objectContaining({ seq: 7, reason: 'erased', customer_id: [...names][0] }),
    ])
    expect(filesHolding(data, TRACES)).toEqual([])

    const replayed = await desk.json(['replay', runId, '--yes'])
    expect(replayed.object).toMatchObject({ customers: 3, suppressed: 1 })
    expect(parsed(await resultsOf(desk, replayed.object.run_id))).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ status: 'suppressed', reason: 'erased', customer_id: [...names][0] }),
      ]),
    )
  })
})
