import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect } from 'vitest'
import { createRunId } from '../../src/campaign/run-id.ts'
import { isRunLocked, lockRun } from '../../src/ledger/run-folder.ts'
import { readReport, readRuns } from '../../src/report/report.ts'
import { MADE_AT, test } from './fixture.ts'

describe('readRuns', () => {
  test('lists nothing where there is no run', ({ data }) => {
    expect(readRuns(data.folder)).toStrictEqual([])
  })

  test('lists the newest first, each with its numbers', async ({ data }) => {
    const old = await data.createRun({ customers: 3 })
    const young = await data.createRun({ customers: 2, madeAt: MADE_AT + 1000 })
    old.start({ chunk: 0 })
    old.result(0)
    old.stop()
    old.end('aborted')
    const runs = readRuns(data.folder)
    expect(JSON.stringify(runs[1])).toBe(
      JSON.stringify({
        run_id: old.runId,
        campaign: 'welcome-sms',
        state: 'aborted',
        started_at: '2026-11-22T10:00:01.000Z',
        customers: 3,
        sent: 1,
        failed: 0,
        aborted: 2,
        suppressed: 0,
        waiting: 0,
        pending: 0,
      }),
    )
    expect(runs[0]).toMatchObject({ run_id: young.runId, started_at: null, pending: 2 })
  })

  test('tells a run that goes on from one whose process died', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    run.start({ chunk: 0 })
    expect(readRuns(data.folder)).toMatchObject([{ state: 'interrupted' }])
    const lock = lockRun(run.paths)
    expect(readRuns(data.folder)).toMatchObject([{ state: 'running' }])
    lock.release()
  })

  test('lists a damaged folder with its error and hides no other', async ({ data }) => {
    const well = await data.createRun({ customers: 1 })
    const damaged = (at: number, content: string | null): string => {
      const runId = createRunId(MADE_AT + at)
      const folder = join(data.folder, 'runs', runId)
      mkdirSync(folder, { recursive: true })
      if (content !== null) writeFileSync(join(folder, 'ledger.db'), content)
      return runId
    }
    const noDatabase = damaged(1, 'x'.repeat(8192))
    const empty = damaged(2, '')
    damaged(3, null)
    expect(readRuns(data.folder)).toMatchObject([
      { run_id: empty, error: { code: 'HOOKCAST_LEDGER_UNUSABLE' } },
      { run_id: noDatabase, error: { code: 'HOOKCAST_LEDGER_UNUSABLE', message: expect.stringContaining('damaged') } },
      { run_id: well.runId, state: 'interrupted' },
    ])
  })
})

test('reads one moment of a run that another process is writing', { timeout: 60_000 }, async ({ data }) => {
  const run = await data.createRun({ customers: 20_000 })
  run.start({ chunk: 0, nextSeq: 20_000 })
  run.ledger[Symbol.dispose]()
  const writer = spawn(
    process.execPath,
    [fileURLToPath(new URL('writing-run.ts', import.meta.url)), run.paths.folder],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const exited = once(writer, 'exit')
  await once(writer.stdout, 'data')
  const seen = new Set<number>()
  let records = 0
  while (seen.size < 20 && writer.exitCode === null) {
    const isLocked = isRunLocked(run.paths)
    const report = readReport(run.paths, { isLocked })
    expect(isLocked).toBe(true)
    expect(report.state).toBe('running')
    // The writer makes one customer of each group wait, and the numbers of a group come with its rows.
    expect(report).toMatchObject({ sent: report.waiting * 9, pending: 20_000 - report.waiting * 10 })
    seen.add(report.sent)
    const results = run.results()
    expect(results.length).toBeGreaterThanOrEqual(records)
    expect(results.length).toBeGreaterThanOrEqual(report.sent)
    records = results.length
    await setImmediate()
  }
  writer.stdin.end()
  expect(await exited).toStrictEqual([0, null])
  expect(seen.size).toBeGreaterThan(3)
})
