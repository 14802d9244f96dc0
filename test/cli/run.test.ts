import { describe, expect } from 'vitest'
import type { RunReport } from '../../src/report/report.ts'
import type { Reply } from '../support/receiver.ts'
import { test, type Desk } from './fixture.ts'

/** The report's keys, in the order in which programs and people find them. */
const REPORT_KEYS = (
  'schema run_id campaign state started_at finished_at next_retry_at duration_ms ' +
  'customers sent failed aborted suppressed waiting pending ' +
  'deliveries attempts codes failures latency_ms slow_responses instant_retries in_doubt already_accepted ' +
  'lowest_concurrency resumed answers_overridden aborts warnings'
).split(' ')

/** A receiver that answers when it is told to. */
function heldBack(): { readonly answer: () => Promise<Reply>; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const answer = async (): Promise<Reply> => {
    await promise
    return {}
  }
  return { answer, release: resolve }
}

const idsOf = ({ receiver }: Desk): readonly string[] =>
  receiver.requests.map(({ body }) => (JSON.parse(body) as { id: string }).id)

function writeCustomers(desk: Desk, count: number): void {
  desk.write('customers.csv', `id\n${Array.from({ length: count }, (_, i) => `c-${i}\n`).join('')}`)
}

describe('hookcast run', () => {
  test('calls for every customer and prints the report', async ({ desk }) => {
    desk.writeCampaign()
    const { code, stdout, stderr } = await desk.hookcast(['run', 'campaign.yaml', '--quiet'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^desk {2}finished\n/)
    expect(stdout).toMatch(/sent +3\n/)
    expect(stdout).not.toContain('\u001B')
    expect(idsOf(desk).toSorted()).toEqual(['c-0', 'c-1', 'c-2'])
  })

  test('prints with --json exactly one object, its keys in their order', async ({ desk }) => {
    desk.writeCampaign()
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect(Object.keys(object)).toEqual(REPORT_KEYS)
    expect({ code, ...object }).toMatchObject({ code: 0, schema: 1, campaign: 'desk', state: 'finished', sent: 3 })
  })

  test('gives 1 when somebody failed', async ({ openDesk }) => {
    const desk = await openDesk({ answer: (_, n) => ({ body: { success: n > 0 } }) })
    desk.writeCampaign()
    const { code, object } = await desk.json(['run', 'campaign.yaml'])
    expect({ code, failures: object.failures, sent: object.sent }).toEqual({
      code: 1,
      failures: { refused: 1 },
      sent: 2,
    })
  })

  test('interrupts after --limit, and resume goes on with the rest', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'concurrency: 1' })
    const first = await desk.json(['run', 'campaign.yaml', '--limit', '2'])
    expect({ code: first.code, ...first.object }).toMatchObject({
      code: 130,
      state: 'interrupted',
      sent: 2,
      pending: 1,
    })
    const runId = first.object.run_id
    expect(first.stderr).toContain(`Interrupted: go on with hookcast resume ${runId}\n`)
    const second = await desk.json(['resume', runId.slice(0, 30)])
    expect({ code: second.code, ...second.object }).toMatchObject({
      code: 0,
      run_id: runId,
      state: 'finished',
      sent: 3,
    })
    expect(desk.receiver.requests.map(({ key }) => key)).toEqual([0, 1, 2].map((seq) => `${runId}-${seq}`))
    const third = await desk.json(['resume', runId])
    expect({ code: third.code, state: third.object.state, calls: desk.receiver.count }).toEqual({
      code: 0,
      state: 'finished',
      calls: 3,
    })
  })

  test('pauses after a share of the customers', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'concurrency: 1' })
    writeCustomers(desk, 10)
    const { code, object, stderr } = await desk.json(['run', 'campaign.yaml', '--pause-after', '30%'])
    expect({ code, state: object.state, sent: object.sent }).toEqual({ code: 130, state: 'paused', sent: 3 })
    expect(stderr).toContain(`Paused: go on with hookcast resume ${object.run_id}`)
  })

  test.for([
    ['3', 10],
    ['25', 20],
  ] as const)(
    'pauses a campaign of batches after %s customers: whole ones, and one at least',
    async ([most, sent], { desk }) => {
      const root = JSON.stringify(`[{% output customers separated by ',' %}]`)
      desk.write(
        'campaign.yaml',
        [
          'name: desk',
          'audience: customers.csv',
          'webhook:',
          `  url: "${desk.receiver.url}/v1"`,
          `  batch: { size: 10, root: ${root}, customer: '{"id": "{{ customer.id }}"}' }`,
        ].join('\n'),
      )
      writeCustomers(desk, 100)
      const { object } = await desk.json(['run', 'campaign.yaml', '--pause-after', most])
      expect(object).toMatchObject({ state: 'paused', sent, pending: 100 - sent })
      expect(desk.receiver.count).toBe(sent / 10)
    },
  )

  test('puts params of the command line in place of those of the file', async ({ desk }) => {
    const body = `body: '{"id": "{{ params.shop }} {{ params.town }}"}'`
    desk.writeCampaign({ webhook: body, top: 'params: { shop: Acme, town: Brno }' })
    await desk.hookcast(['run', 'campaign.yaml', '--param', 'shop=A=B', '--limit', '1'])
    expect(idsOf(desk)).toEqual(['A=B Brno'])
  })

  test('reads customers from standard input, NDJSON unless told otherwise', async ({ desk }) => {
    desk.writeCampaign()
    const ndjson = await desk.json(['run', 'campaign.yaml', '--audience', '-'], { input: '{"id":"x"}\n[]\n' })
    expect({ code: ndjson.code, ...ndjson.object }).toMatchObject({ code: 1, sent: 1, failures: { row: 1 } })
    const csv = await desk.json(['run', 'campaign.yaml', '--audience', '-', '--format', 'csv'], { input: 'id\ny\n' })
    expect({ code: csv.code, ...csv.object }).toMatchObject({ code: 0, customers: 1, sent: 1 })
    expect(idsOf(desk)).toEqual(['x', 'y'])
  })

  test('takes another file in place of the audience, and another format of its own one', async ({ desk }) => {
    desk.writeCampaign({ audience: 'people.txt' })
    desk.write('people.txt', 'id\tname\nt-0\tAda\n')
    expect((await desk.json(['run', 'campaign.yaml', '--format', 'tsv'])).code).toBe(0)
    desk.write('elsewhere/others.csv', 'id\no-0\n')
    expect((await desk.json(['run', 'campaign.yaml', '--audience', 'elsewhere/others.csv'])).code).toBe(0)
    expect(idsOf(desk)).toEqual(['t-0', 'o-0'])
  })

  test('names the data folder in the command to go on with, when it is not found without', async ({ desk }) => {
    desk.writeCampaign()
    const args = ['run', 'campaign.yaml', '--limit', '1', '--quiet']
    const named = await desk.hookcast([...args, '--data', 'my data'])
    expect(named.stderr).toMatch(/go on with hookcast resume [-0-9a-f]+ --data 'my data'\n$/)
    const set = await desk.hookcast(args, { env: { HOOKCAST_DATA: `${desk.folder}/set` } })
    expect(set.stderr).toMatch(/go on with hookcast resume [-0-9a-f]+\n$/)
    const runId = /resume ([-0-9a-f]+)/.exec(named.stderr)![1]!
    expect((await desk.hookcast(['resume', runId, '--data', 'my data'])).code).toBe(0)
  })

  test('goes on when nobody reads its output any more', async ({ openDesk }) => {
    const { answer, release } = heldBack()
    const desk = await openDesk({ answer })
    desk.writeCampaign()
    const run = desk.start(['run', 'campaign.yaml'])
    await desk.receiver.waitFor(3)
    run.closeStdout()
    release()
    expect((await run.ended).code).toBe(0)
    expect(await desk.runs()).toMatchObject([{ state: 'finished', sent: 3 }])
  })
})

describe('a signal', () => {
  async function runningDesk(openDesk: (options: object) => Promise<Desk>) {
    const { answer, release } = heldBack()
    const desk = await openDesk({ answer })
    desk.writeCampaign({ webhook: 'concurrency: 2' })
    writeCustomers(desk, 6)
    const run = desk.start(['run', 'campaign.yaml', '--json'])
    await desk.receiver.waitFor(2)
    return { desk, run, release }
  }

  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s lets what is in flight come to its end and starts nothing more',
    async (signal, { openDesk }) => {
      const { desk, run, release } = await runningDesk(openDesk)
      run.signal(signal)
      await run.untilTold('Stopping: nothing more is started')
      release()
      const { code, stdout, stderr } = await run.ended
      const report = JSON.parse(stdout) as RunReport
      expect({ code, ...report }).toMatchObject({ code: 130, state: 'interrupted', waiting: 0, in_doubt: 0 })
      expect(stderr).toContain(`hookcast resume ${report.run_id}`)
      // One or two may start in the moment that the order takes to the sender.
      expect(report.sent).toBe(desk.receiver.count)
      expect(report.pending).toBeGreaterThan(0)
      expect(report.sent + report.pending).toBe(6)
    },
  )

  test('SIGINT twice ends at once, and what was in flight is sent again on resume, with the same keys', async ({
    openDesk,
  }) => {
    const { desk, run, release } = await runningDesk(openDesk)
    run.signal('SIGINT')
    await run.untilTold('Stopping: nothing more is started')
    // npm hands a press on to its child a second time: that is still the first one.
    run.signal('SIGINT')
    await new Promise((resolve) => setTimeout(resolve, 600))
    run.signal('SIGINT')
    await run.untilTold('Stopping now')
    const { code, stdout } = await run.ended
    const report = JSON.parse(stdout) as RunReport
    expect({ code, ...report }).toMatchObject({ code: 130, state: 'interrupted', sent: 0, customers: 6 })
    release()
    const inFlight = desk.receiver.requests.map(({ key }) => key)
    const resumed = await desk.json(['resume', report.run_id])
    expect({ code: resumed.code, sent: resumed.object.sent }).toEqual({ code: 0, sent: 6 })
    const again = desk.receiver.requests.slice(inFlight.length).map(({ key }) => String(key))
    expect(again.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((seq) => `${report.run_id}-${seq}`))
    expect(again).toEqual(expect.arrayContaining(inFlight))
  })

  test('before anything was sent leaves nothing behind', async ({ desk }) => {
    desk.writeCampaign({ audience: '"-"' })
    const validating = desk.start(['validate', 'campaign.yaml'], { input: 'open' })
    await validating.untilTold('Reading customers')
    validating.signal('SIGINT')
    const { code, stdout, stderr } = await validating.ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain('Interrupted before anything was sent')
  })
})

describe('a command line that is not understood', () => {
  test.for([
    [['rnu'], "unknown command 'rnu'"],
    [['run'], "missing required argument 'campaign.yaml'"],
    [['run', 'campaign.yaml', '--lmit', '3'], "unknown option '--lmit'"],
    [['run', 'campaign.yaml', '--limit', '0'], 'expected `--limit` to be a whole number from 1 on, got "0"'],
    [['run', 'campaign.yaml', '--limit', '1', '--pause-after', '1'], 'cannot be used with'],
    [
      ['run', 'campaign.yaml', '--pause-after', '101%'],
      'expected `--pause-after` to be a number of customers or a share',
    ],
    [
      ['run', 'campaign.yaml', '--pause-after', '5%', '--stream'],
      'expected `--pause-after` to be a number of customers, got a share',
    ],
    [['run', 'campaign.yaml', '--format', 'xls'], 'Allowed choices are csv, tsv, ndjson'],
    [['run', 'campaign.yaml', '--senders', 'x'], 'expected `--senders` to be a whole number from 1 to 64'],
    [['resume', '0197'], 'no such run: 0197'],
    [['report', '0197', '--status', 'faild'], 'did you mean failed?'],
    [
      ['replay', '0197', '--http-status', '5xx'],
      'expected `--http-status` to be statuses or ranges of them such as 500-599,429',
    ],
  ] as const)('%s: exit code 2', async ([args, told], { desk }) => {
    desk.writeCampaign()
    const { code, stdout, stderr } = await desk.hookcast(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(told)
  })

  test('is one JSON object with --json, and words for people beside it', async ({ desk }) => {
    desk.writeCampaign({ webhook: 'timout: 5s' })
    const invalid = await desk.hookcast(['run', 'campaign.yaml', '--json'])
    expect({ code: invalid.code, told: JSON.parse(invalid.stdout) as unknown }).toEqual({
      code: 2,
      told: {
        error: {
          code: 'HOOKCAST_CAMPAIGN_INVALID',
          message: 'campaign.yaml:6:3 unknown key: webhook.timout, did you mean timeout?',
          problems: [
            {
              file: 'campaign.yaml',
              line: 6,
              column: 3,
              message: 'unknown key: webhook.timout, did you mean timeout?',
            },
          ],
        },
      },
    })
    expect(invalid.stderr).toContain('campaign.yaml:6:3 unknown key')
    const unknown = await desk.hookcast(['run', 'campaign.yaml', '--lmit', '--json'])
    expect(JSON.parse(unknown.stdout)).toMatchObject({ error: { code: 'HOOKCAST_USAGE', problems: [] } })
  })
})
