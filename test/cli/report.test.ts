import { lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { findRun } from '../../src/ledger/run-folder.ts'
import { test, type Desk } from './fixture.ts'

/** A run whose first customer was refused, with a secret that is not set any more when it is read about. */
async function finished(openDesk: (options: object) => Promise<Desk>): Promise<{ desk: Desk; runId: string }> {
  const desk = await openDesk({ answer: (_: unknown, n: number) => ({ body: { success: n > 0 } }) })
  const auth = 'auth: { type: bearer, token: "${DESK_TOKEN}" }'
  desk.writeCampaign({ webhook: `concurrency: 1\n${auth}\nevent_properties: { channel: sms }` })
  const { object } = await desk.json(['run', 'campaign.yaml'], { env: { DESK_TOKEN: 'canary-9f2' } })
  return { desk, runId: object.run_id }
}

describe('hookcast report', () => {
  test('prints a table, the JSON of the run, or a result a customer, and needs no secret for it', async ({
    openDesk,
  }) => {
    const { desk, runId } = await finished(openDesk)
    const print = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await desk.hookcast(['report', runId.slice(0, 30), ...args])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      return stdout
    }
    expect(await print()).toMatch(/^desk {2}finished\n/)
    expect(JSON.parse(await print('--format', 'json'))).toMatchObject({ schema: 1, run_id: runId, sent: 2, failed: 1 })
    const records = (await print('--format', 'ndjson')).trimEnd().split('\n')
    expect(records.map((line) => (JSON.parse(line) as { customer_id: string }).customer_id)).toEqual([
      'c-0',
      'c-1',
      'c-2',
    ])
    const csv = (await print('--format', 'csv', '--status', 'failed,aborted')).split('\r\n')
    expect(csv).toEqual([
      expect.stringMatching(/^customer_id,status,.*,properties\.channel$/),
      expect.stringMatching(/^c-0,failed,refused,/),
      '',
    ])
  })

  test('writes into a file with --out', async ({ openDesk }) => {
    const { desk, runId } = await finished(openDesk)
    const args = ['report', runId, '--format', 'ndjson', '--out']
    expect(await desk.hookcast([...args, 'all.ndjson'])).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(readFileSync(join(desk.folder, 'all.ndjson'), 'utf8').split('\n')).toHaveLength(4)
    const { code, stderr } = await desk.hookcast([...args, 'no/such/folder.ndjson'])
    expect(code).toBe(2)
    expect(stderr).toContain('Could not write the report')
  })

  test('refuses --status where everybody is counted', async ({ openDesk }) => {
    const { desk, runId } = await finished(openDesk)
    const { code, stderr } = await desk.hookcast(['report', runId, '--status', 'failed'])
    expect(code).toBe(2)
    expect(stderr).toContain('expected `--status` to go with --format ndjson or csv')
  })

  test('ends quietly when its reader has seen enough', async ({ openDesk }) => {
    const { desk, runId } = await finished(openDesk)
    const going = desk.start(['report', runId, '--format', 'ndjson'])
    going.closeStdout()
    const { code, stderr } = await going.ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('a report that cannot be written', () => {
  test('is told, and is no success', async ({ desk }) => {
    desk.writeCampaign()
    const full = { stdout: '/dev/full' }
    const run = await desk.hookcast(['run', 'campaign.yaml', '--json', '--quiet'], full)
    expect(run.code).toBe(1)
    expect(run.stderr).toContain('Could not write to standard output (ENOSPC')
    expect(run.stderr).toContain('`hookcast report <run>` prints the report of a run again (HOOKCAST_OUTPUT_LOST)')
    const [summary] = await desk.runs()
    expect(summary).toMatchObject({ state: 'finished', sent: 3 })
    for (const args of [['runs'], ['report', summary!.run_id], ['report', summary!.run_id, '--format', 'csv']]) {
      expect(await desk.hookcast(args, full)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('ENOSPC') as string,
      })
    }
  })

  test('leaves an exit code that says more', async ({ desk }) => {
    desk.writeCampaign()
    const { code, stderr } = await desk.hookcast(['run', 'campaign.yaml', '--limit', '1'], { stdout: '/dev/full' })
    expect(code).toBe(130)
    expect(stderr).toContain('HOOKCAST_OUTPUT_LOST')
  })

  test('in a file takes its place whole, also through a link', async ({ openDesk }) => {
    const { desk, runId } = await finished(openDesk)
    const page = desk.write('report.json', 'the old one')
    const beside = `${page}.part`
    symlinkSync(page, beside)
    expect((await desk.hookcast(['report', runId, '--format', 'json', '--out', beside])).code).toBe(0)
    expect(JSON.parse(readFileSync(page, 'utf8'))).toMatchObject({ run_id: runId })
    expect(lstatSync(beside).isSymbolicLink()).toBe(true)
    expect(
      readdirSync(desk.folder)
        .filter((name) => name.startsWith('report.json'))
        .toSorted(),
    ).toEqual(['report.json', 'report.json.part'])
  })
})

describe('hints', () => {
  test('are what can be typed: under npm with npx', async ({ desk }) => {
    desk.writeCampaign()
    const args = ['run', 'campaign.yaml', '--limit', '1', '--quiet']
    const { stdout, stderr } = await desk.hookcast(args, { env: { npm_command: 'exec' } })
    const hints = (stdout + stderr).match(/(?:npx )?hookcast [a-z]+ [\da-f]{8}-/g)
    expect(hints).toHaveLength(2)
    expect(hints!.every((hint) => hint.startsWith('npx hookcast resume '))).toBe(true)
    const plain = await desk.hookcast(args)
    expect(plain.stdout + plain.stderr).not.toContain('npx')
  })
})

describe('hookcast runs', () => {
  test('lists the newest first, and a damaged one hides none of the others', async ({ openDesk }) => {
    const { desk, runId } = await finished(openDesk)
    desk.unchecked = 'one of them is damaged on purpose'
    const second = (await desk.json(['run', 'campaign.yaml', '--limit', '1'], { env: { DESK_TOKEN: 'x' } })).object
      .run_id
    expect((await desk.runs()).map(Object.keys)[0]).toEqual(
      'run_id campaign state started_at customers sent failed aborted suppressed waiting pending'.split(' '),
    )
    expect(await desk.runs()).toMatchObject([
      { run_id: second, state: 'interrupted' },
      { run_id: runId, state: 'finished' },
    ])
    const { ledger } = findRun(join(desk.folder, '.hookcast'), second)
    for (const suffix of ['-wal', '-shm']) rmSync(ledger + suffix, { force: true })
    writeFileSync(ledger, 'no database '.repeat(1000))
    const lines = (await desk.hookcast(['runs'])).stdout.split('\n')
    expect(lines[0]).toMatch(/^run +state +started +campaign +customers +sent +failed/)
    expect(lines[1]).toMatch(new RegExp(`^${second} .*damaged`))
    expect(lines[2]).toMatch(
      new RegExp(`^${runId} +finished +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d +desk +3 +2 +1 +0 +0 +0 +0$`),
    )
  })

  test('says so when there is none', async ({ desk }) => {
    const { code, stdout, stderr } = await desk.hookcast(['runs'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/^No run in .*\.hookcast\n$/)
  })
})
