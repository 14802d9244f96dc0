import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { copySpool, customerIdOf, sealedSummary, SpoolReader } from '../../src/audience/audience.ts'
import { readRows, test } from './fixture.ts'

describe('copySpool', () => {
  test('takes rows over with their text, their number and what is kept of their requests', async ({ room }) => {
    const text = '{"id":"a","n":1.0,"s":"\\u00e9,\\"row\\":"}\n{"n":2}\nbad,"row":\n{"id":"a","n":4}\n{"n":5}\n'
    await room.spool(room.write('a.ndjson', text), { skipBadRows: true, rules: { isUnique: true } })
    const first = join(room.folder, 'first')
    const second = join(room.folder, 'second')
    mkdirSync(first)
    mkdirSync(second)
    const kept = { request_id: 'r-1', run_id: 'run', chunk: 2, time: 1_700_000_000_000 }
    const rows = [{ seq: 0, kept }, { seq: 1 }, { seq: 2 }, { seq: 3 }, { seq: 4, kept: null }]
    const summary = await copySpool({ from: room.run, to: first, rows })
    expect(summary).toEqual({
      rows: 5,
      badRows: 1,
      duplicates: 1,
      suppressed: { duplicate: 1, consent: 0, excluded: 0 },
      customerIdColumn: 'id',
      columns: ['id', 'n', 's'],
      warnings: [],
    })
    expect(sealedSummary(first)).toEqual(summary)
    const failed = { status: 'failed', reason: 'row', message: 'line 3: expected JSON, got something else' }
    const duplicate = { status: 'suppressed', reason: 'duplicate', message: null }
    expect(readRows(first)).toEqual([
      { row: { id: 'a', n: 1, s: 'é,"row":' }, number: 1, verdict: null, kept, event: null },
      { row: { n: 2 }, number: 2, verdict: null, kept: null, event: null },
      { row: null, number: 3, verdict: failed, kept: null, event: null },
      { row: { id: 'a', n: 4 }, number: 4, verdict: duplicate, kept: null, event: null },
      { row: { n: 5 }, number: 5, verdict: null, kept: null, event: null },
    ])

    await copySpool({ from: first, to: second, rows: [{ seq: 4 }, { seq: 0 }] })
    const again = readRows(second)
    expect(again.map(({ row, number }) => customerIdOf(row, { column: null, rowNumber: number ?? 0 }))).toEqual([
      '5',
      'a',
    ])
    expect(again[1]).toMatchObject({ number: 1, kept: null })
    using reader = SpoolReader.open(second)
    expect(Buffer.from(reader.cut(1, { maxRows: 1 }).lines).toString()).toContain(`"row":${text.split('\n')[0]}}`)
  })

  test('makes an empty spool of no rows, and stops at a signal', async ({ room }) => {
    await room.spool(room.write('a.ndjson', '{"id":1}\n'.repeat(3000)))
    const to = join(room.folder, 'to')
    mkdirSync(to)
    expect(await copySpool({ from: room.run, to, rows: [] })).toMatchObject({ rows: 0 })
    const rows = Array.from({ length: 3000 }, (_, seq) => ({ seq }))
    await expect(copySpool({ from: room.run, to, rows, signal: AbortSignal.abort() })).rejects.toThrow('aborted')
    expect(sealedSummary(to)).toBeNull()
    expect(await copySpool({ from: room.run, to, rows })).toMatchObject({ rows: 3000 })
  })
})
