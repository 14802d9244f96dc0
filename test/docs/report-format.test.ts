import { describe, expect } from 'vitest'
import { RUN_STATES } from '../../src/campaign/result.ts'
import type { RunReport } from '../../src/report/report.ts'
import { test } from '../report/fixture.ts'
import { readPage } from '../support/page.ts'

type Json = Readonly<Record<string, unknown>>

const blocks = readPage('README.md')
  .section('Results')
  .blocks.map(({ text }) => JSON.parse(text) as Json)
const [shownReport = {}, shownResult = {}] = blocks

describe('the JSON in README.md', () => {
  test('has the keys of a report, in their order', async ({ data }) => {
    const run = await data.createRun({
      customers: 2,
      numbers: { warnings: [{ code: 'event_properties', message: 'why', count: 6 }] },
    })
    const report = run.report()
    expect(Object.keys(shownReport)).toEqual(Object.keys(report))
    expect(Object.keys(shownReport['latency_ms'] as Json)).toEqual(Object.keys(report.latency_ms))
    const [shownWarning = {}] = shownReport['warnings'] as Json[]
    expect(Object.keys(shownWarning)).toEqual(Object.keys(report.warnings[0]!))
  })

  test('adds up, as a report does', () => {
    const report = shownReport as unknown as RunReport
    const { customers, sent, failed, aborted, suppressed, waiting, pending, attempts, codes, failures } = report
    expect(sent + failed + aborted + suppressed + waiting + pending).toBe(customers)
    expect(Object.values(codes).reduce((sum, count) => sum + count, 0)).toBe(attempts)
    expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(failed)
    expect(RUN_STATES).toContain(report.state)
    expect(Date.parse(report.finished_at ?? '') - Date.parse(report.started_at ?? '')).toBe(report.duration_ms)
  })

  test('has the keys of a result, in their order', async ({ data }) => {
    const run = await data.createRun({ customers: 1 })
    run.start({ chunk: 0 })
    run.result(0)
    run.end('finished')
    const [result] = run.results()
    expect(Object.keys(shownResult)).toEqual(Object.keys(result!))
  })
})
