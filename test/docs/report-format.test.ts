import { describe, expect } from 'vitest'
import { RUN_STATES } from '../../src/campaign/result.ts'
import type { RunReport } from '../../src/report/report.ts'
import { test } from '../report/fixture.ts'
import { codesIn, readPage } from '../support/page.ts'

type Json = Readonly<Record<string, unknown>>

const section = readPage('README.md').section('Results')
const [shownReport = {}, shownResult = {}] = section.blocks.map(({ text }) => JSON.parse(text) as Json)

describe('the JSON in README.md', () => {
  test('has the keys of a report, in their order', async ({ data }) => {
    const report = (await data.createRun({ customers: 2 })).report()
    expect(Object.keys(shownReport)).toEqual(Object.keys(report))
    expect(Object.keys(shownReport['latency_ms'] as Json)).toEqual(Object.keys(report.latency_ms))
  })

  test('tells what entries of `aborts` and `warnings` are, and the states of a run', async ({ data }) => {
    const warning = { code: 'event_properties', message: 'why', count: 6 }
    const run = await data.createRun({ customers: 2, numbers: { warnings: [warning] } })
    run.start({ chunk: 0 })
    run.stop()
    const { aborts, warnings } = run.report()
    const told = (name: string): unknown =>
      new RegExp(`\`${name}\` (?:is )?\`\\{ (.*?) \\}\``).exec(section.text)?.[1]?.split(', ')
    expect(told('aborts')).toEqual(Object.keys(aborts[0]!))
    expect(told('warnings')).toEqual(Object.keys(warnings[0]!))
    const states = /`state` is (.*?)\./.exec(section.text)?.[1] ?? ''
    expect(new Set(codesIn(states))).toEqual(new Set(RUN_STATES))
  })

  test('adds up, as a report does', () => {
    const report = shownReport as unknown as RunReport
    const { customers, sent, failed, aborted, suppressed, waiting, pending, attempts, codes, failures } = report
    expect(sent + failed + aborted + suppressed + waiting + pending).toBe(customers)
    expect(Object.values(codes).reduce((sum, count) => sum + count, 0)).toBe(attempts)
    expect(Object.values(failures).reduce((sum, count) => sum + count, 0)).toBe(failed)
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
