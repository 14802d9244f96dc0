import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import type { AudienceRules } from '../../src/audience/audience.ts'
import { customerIdOf } from '../../src/audience/audience.ts'
import { test } from './fixture.ts'

describe('customerIdOf', () => {
  test('takes the named column, else customer_id, id, registered, else the row number', () => {
    expect(id({ customer_id: 'c', id: 'i', registered: 'r' })).toBe('c')
    expect(id({ customer_id: '', id: 17, registered: 'r' })).toBe('17')
    expect(id({ customer_id: null, id: { registered: 'x' }, registered: 'r' })).toBe('r')
    expect(id({ id: 'i', email: 'e' }, 'email')).toBe('e')
    expect(id({ id: 'i' }, 'email')).toBe('7')
    expect(id({ name: 'x' })).toBe('7')
    expect(id({})).toBe('7')
    expect(id(null)).toBe('7')
    expect(id({ id: -1.5 })).toBe('-1.5')
    expect(id({ id: '  ' })).toBe('7')
    expect(id({ id: ' c ' })).toBe(' c ')
    expect(id({}, 'constructor')).toBe('7')
  })
})

describe('customers', () => {
  test('named twice are counted, and suppressed when they are to be unique', async ({ room }) => {
    const path = room.write(
      'a.ndjson',
      '{"id":"a"}\n{"id":1}\n{"id":"1","n":2}\n{"id":"b"}\n{"id":"a","n":3}\n{"n":4}\n{"n":5}\n',
    )
    const twice = await room.spool(path)
    expect(twice.summary).toMatchObject({ rows: 7, duplicates: 2, suppressed: { duplicate: 0 } })
    expect(twice.summary.warnings.map(({ code, count }) => [code, count])).toEqual([
      ['audience_duplicates', 2],
      ['audience_row_numbers', 2],
    ])
    expect(twice.rows.every(({ verdict }) => verdict === null)).toBe(true)

    const once = await room.spool(path, { rules: { isUnique: true } })
    expect(once.summary).toMatchObject({ rows: 7, duplicates: 2, suppressed: { duplicate: 2 } })
    expect(once.rows.map(({ row, number, verdict }) => (verdict === null ? null : [row, number, verdict]))).toEqual([
      null,
      null,
      [{ id: '1', n: 2 }, 3, { status: 'suppressed', reason: 'duplicate', message: null }],
      null,
      [{ id: 'a', n: 3 }, 5, { status: 'suppressed', reason: 'duplicate', message: null }],
      null,
      null,
    ])
  })

  test('named by their row number are never duplicates of one whose id is that number', async ({ room }) => {
    const path = room.write('a.ndjson', '{"id":2}\n{}\n{"id":3}\n')
    expect((await room.spool(path, { rules: { isUnique: true } })).summary).toMatchObject({ duplicates: 0 })
  })

  test('without the column that the campaign names are bad rows', async ({ room }) => {
    const rules = { customerId: 'email' }
    const message = 'expected `email` to name the customer, got no text or number in it'
    const text = '{"email":"a@x","id":1}\n{"id":2}\n{"email":""}\n{"email":["b"]}\n{"email":5}\n'
    expect(await room.problems(room.write('a.ndjson', text), { rules })).toMatchObject([
      { line: 2, message },
      { line: 3, message },
      { line: 4, message },
    ])
    expect(await room.problems(room.write('a.csv', 'id,email\n1,a\n2,\n'), { rules })).toMatchObject([
      { line: 3, message },
    ])
  })

  test('with an id that cannot be shown are bad rows', async ({ room }) => {
    const bad = ['a\nb', 'a\u0000', '\u202Eabc', 'abc\u200f', 'a\u2028', 'x\u009f', '\ud800', 'x'.repeat(513)]
    const good = ['Žofie', '👩‍👩‍👧', 'x'.repeat(512), '","admin":true', 'a b', '../../x']
    const text = [...bad, ...good].map((id) => JSON.stringify({ id })).join('\n')
    const problems = await room.problems(room.write('a.ndjson', text))
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      ...bad
        .slice(0, -1)
        .map((_, at) => `${at + 1} expected \`id\` to be printable text, got a control character in it`),
      '8 expected `id` to be at most 512 characters, got 513',
    ])
  })

  test('are suppressed unless their consent is true', async ({ room }) => {
    const rules = { consentColumn: 'newsletter' }
    const yes = [true, 'true', 'TRUE', ' yes ', '1', 1]
    const no = [false, null, 'false', '', 'no', 0, 2, 'maybe', ['true'], {}]
    const text = [...yes, ...no].map((newsletter, id) => JSON.stringify({ id, newsletter })).join('\n')
    const { rows, summary } = await room.spool(room.write('a.ndjson', `${text}\n{"id":"none"}`), { rules })
    expect(rows.map(({ verdict }) => verdict?.reason ?? 'sent')).toEqual([
      ...yes.map(() => 'sent'),
      ...[...no, 'none'].map(() => 'consent'),
    ])
    expect(summary).toMatchObject({ rows: 17, suppressed: { consent: 11 }, warnings: [] })

    const csv = await room.spool(room.write('a.csv', 'id,newsletter\n1,true\n2,\n3,false\n'), { rules })
    expect(csv.summary.suppressed.consent).toBe(2)
    const nobody = await room.spool(room.write('b.csv', 'id,newsletter\n1,ano\n'), { rules })
    expect(nobody.summary.warnings).toMatchObject([{ code: 'audience_no_consent', count: 1 }])
  })

  const LISTS: [string, string | Uint8Array, Partial<AudienceRules>][] = [
    ['list.csv', 'email,customer_id\nx@y,c-2\n"z@y"," c-4 "\n,\n', {}],
    ['list.csv', 'email;note\nc-2;x\n\nc-4;\n', {}],
    ['list.csv', 'c-2\nc-4\n', {}],
    ['list.csv', '\uFEFFnote,who\n1,c-2\n2,c-4', { customerId: 'who' }],
    ['list.tsv', 'a,b\tid\nx\tc-2\ny\tc-4\n', {}],
    ['list.txt', '\uFEFFc-2\r\n\r\n c-4', {}],
    ['list.txt.gz', gzipSync('c-2\nc-4\n'), {}],
    ['list.ndjson', '{"customer_id":"c-2"}\n"c-4"\n{"id":0}\n', {}],
  ]
  test.for(LISTS)('on an exclude list %s with %j are suppressed', async ([name, content, extra], { room }) => {
    const ids = ['c-1', 'c-2', 'c-3', 'c-4', 'c-5']
    const rows = ids.map((id) =>
      JSON.stringify({ customer_id: id, ...(extra.customerId ? { [extra.customerId]: id } : {}) }),
    )
    const rules = { ...extra, excludeFiles: [room.write(name, content)] }
    const { rows: spooled, summary } = await room.spool(room.write('a.ndjson', rows.join('\n')), { rules })
    expect(spooled.map(({ verdict }) => verdict?.reason ?? null)).toEqual([null, 'excluded', null, 'excluded', null])
    expect(summary.suppressed).toEqual({ excluded: 2, consent: 0, duplicate: 0 })
  })

  test('are not called while an exclude list cannot be read whole', async ({ room }) => {
    const path = room.write('a.ndjson', '{"id":1}\n')
    const lists: [string, string | Uint8Array, number | null, string][] = [
      ['list.csv', 'n,id\nx,1\ny\n', 3, 'expected an id in column 2, got 1 cells'],
      ['list.csv', 'id\n"1\n', 2, 'expected the quote that opens a cell to be closed, got the end of the file'],
      ['list.ndjson', '{"id":1}\n{"name":"x"}\n', 2, 'expected a row with a customer id, got none'],
      ['list.txt', Buffer.from([0x31, 0x0a, 0xe9]), 2, 'expected UTF-8 text'],
    ]
    for (const [name, content, line, message] of lists) {
      const file = room.write(name, content)
      const [problem] = await room.problems(path, { rules: { excludeFiles: [file] }, skipBadRows: true })
      expect(problem).toMatchObject({ file, line, message: expect.stringContaining(message) })
    }
    const [problem] = await room.problems(path, { rules: { excludeFiles: [`${room.folder}/none.csv`] } })
    expect(problem?.message).toBe('expected `exclude` to be a file that can be read, got nothing of that name')
  })
})

function id(row: Record<string, unknown> | null, column: string | null = null): string {
  return customerIdOf(row, { column, rowNumber: 7 })
}
