import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { cancelRun } from '../../src/library/library.ts'
import { systemClock, type Clock } from '../../src/clock.ts'
import { findRun, lockRun } from '../../src/ledger/run-folder.ts'
import { readSnapshot } from '../../src/runner/runner.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import { runCommand } from '../support/command-line.ts'
import { test, type Desk, type Going } from './fixture.ts'

/** A run with one call at a time, 20 ms each: long enough to be met in the middle. */
async function goingOn(
  openDesk: (options: object) => Promise<Desk>,
): Promise<{ desk: Desk; run: Going; runId: string }> {
  const desk = await openDesk({ answer: () => ({ delayMs: 20 }) })
  desk.writeCampaign({ webhook: 'concurrency: 1' })
  desk.write('customers.csv', `id\n${Array.from({ length: 2000 }, (_, i) => `c-${i}\n`).join('')}`)
  const run = desk.start(['run', 'campaign.yaml', '--json'])
  await desk.receiver.waitFor(2)
  const [summary] = await desk.runs()
  return { desk, run, runId: summary!.run_id }
}

async function interrupted(desk: Desk): Promise<string> {
  desk.writeCampaign()
  return (await desk.json(['run', 'campaign.yaml', '--limit', '1'])).object.run_id
}

describe('hookcast pause', () => {
  test('lets a run that is going on end where it is, and says how to go on', async ({ openDesk }) => {
    const { desk, run, runId } = await goingOn(openDesk)
    const { code, stdout } = await desk.hookcast(['pause', runId.slice(0, 20)])
    expect({ code, stdout }).toEqual({ code: 0, stdout: `The run is paused: go on with hookcast resume ${runId}\n` })
    const ended = await run.ended
    expect({ code: ended.code, ...(JSON.parse(ended.stdout) as object) }).toMatchObject({ code: 130, state: 'paused' })
  })

  test('is heard by a run that looks while it is being asked', async ({ openDesk }) => {
    const { desk, run, runId } = await goingOn(openDesk)
    const data = join(desk.folder, '.hookcast')
    const { request } = findRun(data, runId)
    // Between the open of that file and what is written there the run looks at it four times.
    const late = ['-P', request, '-e', 'trace=write', '-e', 'inject=write:delay_enter=1000000']
    const within = ['strace', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', ...late]
    expect(await runCommand(['pause', runId, '--data', data], {}, { within })).toMatchObject({ code: 0 })
    expect((await run.ended).code).toBe(130)
  })

  test.for([
    ['pause', 'paused', 130],
    ['cancel', 'cancelled', 1],
  ] as const)(
    'as well as cancel (%s) is heard while a stream waits for its first customer',
    async ([verb, state, code], { desk }) => {
      desk.writeCampaign()
      const run = desk.start(['run', 'campaign.yaml', '--audience', '-', '--json'], { input: 'open' })
      let runs = await desk.runs()
      while (runs.length === 0) runs = await desk.runs()
      expect((await desk.hookcast([verb, runs[0]!.run_id])).code).toBe(0)
      const ended = await run.ended
      expect(ended.code).toBe(code)
      expect(JSON.parse(ended.stdout)).toMatchObject({ state, customers: 0 })
      expect(desk.receiver.count).toBe(0)
    },
  )

  test('leaves a run that is not going on as it is', async ({ desk }) => {
    const runId = await interrupted(desk)
    const { code, stdout } = await desk.hookcast(['pause', runId])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `The run was not going on, it is interrupted: go on with hookcast resume ${runId}\n`,
    })
  })

  test('is refused for a run that has ended', async ({ desk }) => {
    desk.writeCampaign()
    const { object } = await desk.json(['run', 'campaign.yaml'])
    const { code, stderr } = await desk.hookcast(['pause', object.run_id])
    expect(code).toBe(2)
    expect(stderr).toContain(`The run cannot be paused, it is finished: ${object.run_id}`)
  })
})

describe('hookcast cancel', () => {
  test('ends a run that is going on for good, and nobody is called any more', async ({ openDesk }) => {
    const { desk, run, runId } = await goingOn(openDesk)
    const { code, stdout } = await desk.hookcast(['cancel', runId])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^The run is cancelled, 1,\d+ customers were aborted: /)
    expect((await run.ended).code).toBe(1)
    const calls = desk.receiver.count
    const resumed = await desk.json(['resume', runId])
    expect({ code: resumed.code, told: resumed.object }).toMatchObject({
      code: 2,
      told: { error: { code: 'HOOKCAST_RUN_STATE' } },
    })
    expect(desk.receiver.count).toBe(calls)
  })

  test('ends an interrupted run, and may be said twice', async ({ desk }) => {
    const runId = await interrupted(desk)
    const told = { code: 0, stdout: `The run is cancelled, 2 customers were aborted: ${runId}\n`, stderr: '' }
    expect(await desk.hookcast(['cancel', runId])).toEqual(told)
    expect(await desk.hookcast(['cancel', runId])).toEqual(told)
    expect(await desk.runs()).toMatchObject([{ state: 'cancelled', sent: 1, aborted: 2, pending: 0 }])
  })

  test('ends a run whose process was killed', async ({ openDesk }) => {
    const { desk, run, runId } = await goingOn(openDesk)
    run.signal('SIGKILL')
    await run.ended
    expect((await desk.hookcast(['cancel', runId])).code).toBe(0)
    expect(await desk.runs()).toMatchObject([{ state: 'cancelled', pending: 0, waiting: 0 }])
  })

  test('is refused for a run that has finished', async ({ desk }) => {
    desk.writeCampaign()
    const { object } = await desk.json(['run', 'campaign.yaml'])
    const { code, stderr } = await desk.hookcast(['cancel', object.run_id])
    expect(code).toBe(2)
    expect(stderr).toContain(`The run cannot be cancelled, it is finished: ${object.run_id}`)
  })
})

describe('cancelRun', () => {
  test('says so when whoever has the run does not let go of it', async ({ desk }) => {
    const runId = await interrupted(desk)
    const { runId: _, ...paths } = findRun(join(desk.folder, '.hookcast'), runId)
    const snapshot = readSnapshot(paths)
    let now = 0
    const clock: Clock = { ...systemClock, now: () => now, sleep: async (ms) => void (now += ms) }
    const lock = lockRun(paths)
    const { signal } = new AbortController()
    const asked = cancelRun({ runId, paths, snapshot, settings: plainSettings }, { clock, signal })
    await expect(asked).rejects.toThrow(
      'The run was asked to cancel and is still finishing what is in flight, after 30 s',
    )
    lock.release()
  })
})
