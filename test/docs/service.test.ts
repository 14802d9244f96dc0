import { describe, expect, it } from 'vitest'
import { NOTICE_TYPES } from '../../src/campaign/notice.ts'
import { LOG_LINES, METRICS } from '../../src/telemetry.ts'
import { codesIn, readPage } from '../support/page.ts'

const page = readPage('docs/service.md')

describe('docs/service.md', () => {
  it('has every metric with its kind, labels and meaning, and no other', () => {
    const [rows = []] = page.section('Metrics').tables
    expect(
      rows.map(([name = '', kind, labels = '', means]) => [codesIn(name)[0], kind, codesIn(labels), means]),
    ).toEqual(Object.entries(METRICS).map(([name, { kind, labels, help }]) => [name, kind, [...labels], help]))
  })

  it('has every line of the log with its level and fields, and no other', () => {
    const [rows = []] = page.section('Log').tables
    expect(rows.map(([name = '', level, , fields = '']) => [codesIn(name)[0], level, codesIn(fields)])).toEqual(
      Object.entries(LOG_LINES).map(([name, { level, fields }]) => [name, level, [...fields]]),
    )
  })

  it('has every notice, and no other', () => {
    const [rows = []] = page.section('Notices').tables
    expect(rows.map(([name = '']) => codesIn(name)[0])).toEqual([...NOTICE_TYPES])
  })
})
