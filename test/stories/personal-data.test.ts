import { existsSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect } from 'vitest'
import { createRunId } from '../../src/campaign/run-id.ts'
import { test, type Desk, type Ended } from '../cli/fixture.ts'
import { filesHolding } from '../privacy/fixture.ts'

const BODY = "body: '{{ customer | tojson }}'"
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

function ndjson(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

interface Result {
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
}

async function resultsOf(desk: Desk, runId: string): Promise<readonly Result[]> {
  const { stdout } = await desk.hookcast(['report', runId, '--format', 'ndjson'])
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Result)
}

function dataOf(desk: Desk): string {
  return join(desk.folder, '.hookcast')
}

function rowsIn({ stdout }: Ended): readonly Record<string, unknown>[] {
  const { runs } = JSON.parse(stdout) as { runs: readonly { rows: readonly Record<string, unknown>[] }[] }
  return runs.flatMap(({ rows }) => rows)
}

describe('erase', () => {
  test('leaves a run that somebody works on, erases from the others, and says what is left', async ({ openDesk }) => {
    const held = Promise.withResolvers<void>()
    const desk = await openDesk({
      answer: async (_, n) => {
        if (n >= 3) await held.promise
        return {}
      },
    })
    desk.writeCampaign({ webhook: BODY })
    const { object: first } = await desk.json(['run', 'campaign.yaml'])
    const going = desk.start(['run', 'campaign.yaml', '--quiet', '--json'])
    await desk.receiver.waitFor(4)
    const [{ run_id: second } = { run_id: '' }] = await desk.runs()

    const shown = await desk.hookcast(['export', '--customer', 'c-1'])
    expect(rowsIn(shown).map(({ status }) => status)).toEqual(['pending', 'sent'])
    const { code, stdout, stderr } = await desk.hookcast(['erase', '--customer', 'c-1', '--yes'])
    expect(code).toBe(1)
    expect(stdout).toContain('Erased 1 customer: 1 row in 1 run\nLeft 1 run, erase again for it')
    expect(stderr).toContain(
      `Left ${second} (HOOKCAST_RUN_IN_USE): Another process (pid ${going.pid}) is working on this run`,
    )
    expect(filesHolding(join(dataOf(desk), 'runs', first.run_id), ['c-1', 'Bob'])).toEqual([])

    held.resolve()
    expect((await going.ended).code).toBe(0)
    const again = await desk.json(['erase', '--customer', 'c-1', '--yes'])
    expect(again).toMatchObject({ code: 0, object: { found: 1, runs: [{ run_id: second, rows: 1 }], left: [] } })
    expect(filesHolding(dataOf(desk), ['c-1', 'Bob'])).toEqual([])
    const names = await Promise.all(
      [first.run_id, second].map(async (runId) => (await resultsOf(desk, runId))[1]!.customer_id),
    )
    expect(names[0]).toMatch(/^erased-/)
    expect(names[1]).toBe(names[0])
  })

  test('knows customers by number, by another column, as suppressed and as bad rows', async ({ desk }) => {
    desk.writeCampaign({
      top: 'customer_id: mail\nconsent: { column: news }\ncolumns: { news: bool, age: int }',
      webhook: BODY,
    })
    desk.write(
      'customers.csv',
      'mail,news,age\na@x.example,true,1\nb@x.example,false,2\nb@x.example,true,old\nb@x.example.org,true,3\n',
    )
    const { object } = await desk.json(['run', 'campaign.yaml', '--skip-bad-rows'])
    expect(object).toMatchObject({ sent: 2, failed: 1, suppressed: 1 })
    const exported = await desk.hookcast(['export', '--customer', 'b@x.example'])
    expect(rowsIn(exported)).toMatchObject([
      { seq: 1, status: 'suppressed', verdict: { reason: 'consent' }, row: { news: false } },
      { seq: 2, status: 'failed', verdict: { reason: 'row' } },
    ])
    desk.write('leavers.csv', 'mail\nb@x.example\n')
    expect((await desk.json(['erase', '--file', 'leavers.csv', '--yes'])).object).toMatchObject({
      found: 1,
      runs: [{ rows: 2 }],
    })
    const results = await resultsOf(desk, object.run_id)
    expect(results.map(({ customer_id: id }) => id.slice(0, 7))).toEqual(['a@x.exa', 'erased-', 'erased-', 'b@x.exa'])
    expect(results.map(({ reason }) => reason)).toEqual([null, 'consent', 'row', null])

    desk.writeCampaign({ audience: 'nameless.ndjson', webhook: BODY })
    desk.write('nameless.ndjson', ndjson([{ name: 'Ann Noname' }, { name: 'Bea Noname' }]))
    const numbered = await desk.json(['run', 'campaign.yaml'])
    expect(rowsIn(await desk.hookcast(['export', '--customer', '2']))).toMatchObject([
      { row: { name: 'Bea Noname' }, named_by: 'row_number' },
    ])
    const erased = await desk.hookcast(['erase', '--customer', '2', '--yes'])
    expect(erased.stdout).toContain('1 row had no id and went by row number')
    expect(filesHolding(dataOf(desk), ['Bea Noname'])).toEqual([])
    expect((await resultsOf(desk, numbered.object.run_id)).map(({ customer_id: id }) => id.slice(0, 7))).toEqual([
      '1',
      'erased-',
    ])
  })

  test('takes the customer out of what a stop shows, and tells of a campaign that names one', async ({ openDesk }) => {
    const desk = await openDesk({ answer: ({ body }) => ({ status: 401, body: `who is ${body}` }) })
    desk.writeCampaign({
      webhook: `concurrency: 1\nbody: '{% if customer.id == "cu-77" %}{{ customer | tojson }}{% endif %}'`,
    })
    desk.write('customers.csv', 'id,name\ncu-77,Ada Stopper\ncu-78,Bob\n')
    const { object } = await desk.json(['run', 'campaign.yaml'])
    expect(JSON.stringify(object.aborts)).toContain('Ada Stopper')
    const { stdout } = await desk.hookcast(['erase', '--customer', 'cu-77', '--yes'])
    expect(stdout).toContain(`names an erased id in its own text, and is not changed: ${object.run_id}`)
    expect(filesHolding(dataOf(desk), ['Ada Stopper'])).toEqual([])
    expect(filesHolding(dataOf(desk), ['cu-77'])).toEqual(['snapshot.json: cu-77'])
    const { stdout: json } = await desk.hookcast(['report', object.run_id, '--format', 'json'])
    expect(JSON.parse(json)).toMatchObject({ failed: 1, aborted: 1, aborts: [{ samples: ['[erased]'] }] })
  })

  test('says so when a reader keeps the log from being cut, and finishes when asked again', async ({ desk }) => {
    desk.writeCampaign({ webhook: BODY })
    const { object } = await desk.json(['run', 'campaign.yaml'])
    const reader = new DatabaseSync(join(dataOf(desk), 'runs', object.run_id, 'ledger.db'), { readOnly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT * FROM run').get()
    const left = await desk.json(['erase', '--customer', 'c-1', '--yes'])
    reader.close()
    expect(left).toMatchObject({
      code: 1,
      object: { left: [{ run_id: object.run_id, error: { code: 'HOOKCAST_LEDGER_UNUSABLE' } }] },
    })
    expect((await desk.hookcast(['erase', '--customer', 'c-1', '--yes'])).code).toBe(0)
    expect(filesHolding(dataOf(desk), ['c-1', 'Bob'])).toEqual([])
  })

  test('asks whom, and whether, before anything else', async ({ desk }) => {
    expect(await desk.hookcast(['erase', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected `--customer` or `--file` to say whom to erase'),
    })
    expect(await desk.hookcast(['erase', '--customer', 'c-1'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected `--yes` to be given where nobody can be asked'),
    })
    expect(await desk.hookcast(['erase', '--file', 'nobody.csv', '--yes'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected `--file` to be a file'),
    })
    expect(existsSync(dataOf(desk))).toBe(false)
  })
})

describe('retain', () => {
  /** Makes a run look as if it had been made and had ended so long ago. */
  function age(desk: Desk, runId: string, ms: number): string {
    const runs = join(dataOf(desk), 'runs')
    const old = createRunId(Date.now() - ms)
    renameSync(join(runs, runId), join(runs, old))
    const ledger = join(runs, old, 'ledger.db')
    using database = new DatabaseSync(ledger)
    database.exec(
      `UPDATE run SET run_id = '${old}', created_at = created_at - ${ms}, finished_at = finished_at - ${ms}`,
    )
    database.close()
    utimesSync(ledger, new Date(Date.now() - ms), new Date(Date.now() - ms))
    return old
  }

  test('removes what ended longer ago, at the start of a run and by `runs --prune`', async ({ desk }) => {
    desk.writeCampaign({ webhook: BODY, top: 'retain: 2h' })
    const ended = async (ms: number): Promise<string> =>
      age(desk, (await desk.json(['run', 'campaign.yaml'])).object.run_id, ms)
    const paused = async (ms: number): Promise<string> =>
      age(desk, (await desk.json(['run', 'campaign.yaml', '--pause-after', '1'])).object.run_id, ms)
    const young = await ended(HOUR_MS)
    const old = await ended(3 * HOUR_MS)
    const { stderr, object } = await desk.json(['run', 'campaign.yaml'])
    expect(stderr).toContain('Removed 1 run kept longer than `retain` says')
    const waiting = await paused(6 * DAY_MS)
    const left = (await desk.runs()).map(({ run_id: runId }) => runId)
    expect(left).toEqual([object.run_id, young, waiting])
    expect(readdirSync(join(dataOf(desk), 'runs'))).not.toContain(old)

    const forgotten = await paused(8 * DAY_MS)
    const pruned = await desk.hookcast(['runs', '--prune', '--json'])
    expect(pruned.stderr).toContain(
      `Removed 1 run kept longer than \`retain\` says; unfinished were ${forgotten} (paused)`,
    )
    expect(JSON.parse(pruned.stdout)).toMatchObject({ removed: [{ run_id: forgotten, state: 'paused' }] })
    expect((await desk.runs()).map(({ run_id: runId }) => runId)).toEqual(left)
  })

  test('keeps a run that goes on, however long it takes', async ({ openDesk }) => {
    const held = Promise.withResolvers<void>()
    const desk = await openDesk({ answer: async () => (await held.promise, {}) })
    desk.writeCampaign({ webhook: BODY, top: 'retain: 1h' })
    const going = desk.start(['run', 'campaign.yaml', '--quiet', '--json'])
    await desk.receiver.waitFor(1)
    const [{ run_id: runId } = { run_id: '' }] = await desk.runs()
    const runs = join(dataOf(desk), 'runs')
    const old = createRunId(Date.now() - 30 * DAY_MS)
    renameSync(join(runs, runId), join(runs, old))
    expect((await desk.hookcast(['runs', '--prune'])).stderr).toContain('Removed 0 runs')
    expect(existsSync(join(runs, old, 'ledger.db'))).toBe(true)
    renameSync(join(runs, old), join(runs, runId))
    held.resolve()
    expect((await going.ended).code).toBe(0)
  })

  test('removes what a run left that was killed over its audience', async ({ desk }) => {
    desk.writeCampaign({ audience: 'people.ndjson', webhook: BODY })
    desk.write(
      'people.ndjson',
      ndjson(Array.from({ length: 300_000 }, (_, i) => ({ id: `cu-${i}`, name: 'Nina Orphan' }))),
    )
    const runs = join(dataOf(desk), 'runs')
    const spoolOf = (): string | undefined => {
      const [run] = existsSync(runs) ? readdirSync(runs) : []
      return run === undefined ? undefined : join(runs, run, 'spool.ndjson')
    }
    const killed = desk.start(['run', 'campaign.yaml', '--quiet'])
    await expect
      .poll(() => existsSync(spoolOf() ?? '') && statSync(spoolOf()!).size > 0, { interval: 5, timeout: 20_000 })
      .toBe(true)
    killed.signal('SIGKILL')
    await killed.ended
    expect(filesHolding(dataOf(desk), ['Nina Orphan'])).toEqual(['spool.ndjson: Nina Orphan'])
    const unread = await desk.hookcast(['export', '--customer', 'cu-1'])
    expect(unread).toMatchObject({ code: 1, stderr: expect.stringContaining('died over its audience') })
    // A folder that was just made, and not locked yet, is no orphan.
    const fresh = join(runs, createRunId(Date.now()))
    mkdirSync(fresh)
    writeFileSync(join(fresh, 'ballast'), '')
    const { stderr } = await desk.hookcast(['runs', '--prune'])
    expect(stderr).toContain('Removed 0 runs kept longer than `retain` says; and 1 that died before they began')
    expect(readdirSync(runs).map((run) => join(runs, run))).toEqual([fresh])
  })
})

describe('what a run prints', () => {
  test('holds no row, no name and no id, whatever goes wrong', async ({ openDesk }) => {
    const desk = await openDesk({
      answer: ({ body }, n) => {
        const replies = [
          { status: 500, body },
          { status: 200, body: { success: false, errors: [{ description: body }] } },
          { misbehave: 'reset' as const },
          { status: 429, body },
        ]
        return replies[n % replies.length]!
      },
    })
    desk.writeCampaign({
      audience: 'people.ndjson',
      webhook: [
        'retry: { delays: [100ms] }',
        'event_properties: { who: "{{ customer.name.nothing.at_all }}" }',
        `body: '{% if customer.id == "cu-secret-3" %}{{ customer.name + 1 }}{% endif %}{{ customer | tojson }}'`,
      ].join('\n'),
    })
    const rows = Array.from({ length: 30 }, (_, i) => ({
      id: `cu-secret-${i}`,
      name: `Quiet Person ${i}`,
      mail: `quiet-${i}@x.example`,
    }))
    desk.write('people.ndjson', `${ndjson(rows)}{"id":"cu-secret-bad","name":"Quiet Broken"\n`)
    const refused = await desk.hookcast(['run', 'campaign.yaml'])
    const ran = await desk.hookcast(['run', 'campaign.yaml', '--skip-bad-rows', '--limit', '20'])
    const [{ run_id: runId } = { run_id: '' }] = await desk.runs()
    const resumed = await desk.hookcast(['resume', runId])
    const listed = await desk.hookcast(['runs'])
    const replayed = await desk.hookcast(['replay', runId, '--yes'])
    expect(refused.code).toBe(2)
    for (const { code } of [ran, resumed, replayed]) expect([1, 130]).toContain(code)
    for (const { stdout, stderr } of [refused, ran, resumed, listed, replayed]) {
      // What the receiver answered stands below a stop: that is the report's own, and made of what was said here.
      const report = stdout.replaceAll(/^ {4}\d+: .*$/gm, '')
      expect(report + stderr).not.toMatch(/cu-secret|Quiet|quiet-/)
    }
  })
})
