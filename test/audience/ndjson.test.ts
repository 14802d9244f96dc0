import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { inPieces, test } from './fixture.ts'

describe('NDJSON', () => {
  test('copies each row byte for byte and gives it its place', async ({ room }) => {
    const lines = ['{"id":1,  "name":"O\'Brien \\u00e9 \\/ 1.0"}', '{"id":2,"n":1.0}', '{"id":3,"b":"","n":null}']
    const { summary, data } = await room.spool(room.write('a.ndjson', `${lines.join('\n')}\n`))
    expect(readFileSync(join(room.run, 'spool.ndjson'), 'utf8')).toBe(`${lines.join('\n')}\n`)
    expect(data).toEqual([
      { id: 1, name: "O'Brien é / 1.0" },
      { id: 2, n: 1 },
      { id: 3, b: '', n: null },
    ])
    expect(summary).toMatchObject({ rows: 3, badRows: 0, customerIdColumn: 'id', columns: ['id', 'name', 'n', 'b'] })
    expect(summary.warnings).toEqual([])
  })

  test('takes Windows line ends, blank lines, a byte order mark and a last line without end', async ({ room }) => {
    const text = '\uFEFF{"id":1}\r\n\r\n  \t\n  {"id":2}  \r\n{"id":3}'
    const { data } = await room.spool(room.write('a.ndjson', text))
    expect(data).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    expect(readFileSync(join(room.run, 'spool.ndjson'), 'utf8')).toBe('{"id":1}\n{"id":2}\n{"id":3}\n')
  })

  test('keeps data that looks like syntax as data', async ({ room }) => {
    const rows = [
      '","admin":true,"x":"',
      '!{"row":null}',
      '=HYPERLINK("x")',
      '{{ 7 * 7 }}',
      'a\u2028b\u0000c',
      '👩‍👩‍👧 Ž ﷽ \ud800',
    ].map((name, id) => ({ id, name }))
    const { data } = await room.spool(room.write('a.ndjson', rows.map((row) => JSON.stringify(row)).join('\n')))
    expect(data).toEqual(rows)
  })

  test.for([1, 2, 3, 7, 64])('reads standard input in pieces of %i bytes', async (size, { room }) => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, name: `Žofie ${'😀'.repeat(id)}` }))
    const text = `\uFEFF${rows.map((row) => JSON.stringify(row)).join('\r\n')}`
    for (const content of [text, gzipSync(text)]) {
      expect((await room.spool('-', { stdin: inPieces(content, size) })).data).toEqual(rows)
    }
  })

  test('lists every bad row with its line, and says nothing of what is in it', async ({ room }) => {
    const lines = [
      '{"id":1}',
      '{"id":2,"secret":"hunter2"',
      '[1,2]',
      'hunter2',
      '"hunter2"',
      'null',
      '',
      '{"id":3,"__proto__":{"isAdmin":true}}',
      '{"id":4,"deep":{"constructor":1}}',
      '{"id":12345678901234567890}',
      '{"id":6,"list":[1,{"n":-9007199254740993}]}',
      `{"id":7,"deep":${'['.repeat(70)}${']'.repeat(70)}}`,
      `{${Array.from({ length: 2001 }, (_, at) => `"k${at}":1`).join(',')}}`,
      "{'id':9,'secret':'hunter2'}",
      '{"id":10,"secret":"hunter2",}',
    ]
    const problems = await room.problems(room.write('a.ndjson', lines.join('\n')))
    expect(problems.map(({ line, column, message }) => [line, column, message])).toEqual([
      [2, 27, 'expected JSON, got something else from this column on'],
      [3, null, 'expected one JSON object on each line, got a list'],
      [4, null, 'expected JSON, got something else'],
      [5, null, 'expected one JSON object on each line, got a string'],
      [6, null, 'expected one JSON object on each line, got null'],
      [8, null, 'expected keys other than __proto__, constructor and prototype, got `__proto__`'],
      [9, null, 'expected keys other than __proto__, constructor and prototype, got `constructor`'],
      [10, null, 'expected whole numbers to be at most 2^53, got a larger one in `id`: quote it'],
      [11, null, 'expected whole numbers to be at most 2^53, got a larger one in `n`: quote it'],
      [12, null, 'expected the row to be at most 64 levels deep, got a deeper one'],
      [13, null, 'expected at most 2000 keys in an object, got more'],
      [14, 2, 'expected JSON, got something else from this column on'],
      [15, 29, 'expected JSON, got something else from this column on'],
    ])
    expect(problems.every(({ file }) => file.endsWith('a.ndjson'))).toBe(true)
  })

  test('takes long numbers in strings, large floats, and 2^53 - 1', async ({ room }) => {
    const line = '{"id":"12345678901234567890","card":"4111111111111111","n":9007199254740991,"f":0.12345678901234567}'
    const { rows } = await room.spool(room.write('a.ndjson', line))
    expect(rows).toHaveLength(1)
  })

  test('lists 50 problems and says how many more there are', async ({ room }) => {
    const path = room.write('a.ndjson', 'x\n'.repeat(1234))
    await expect(room.spool(path)).rejects.toThrow(/and 1184 more$/)
    expect(await room.problems(path)).toHaveLength(50)
  })

  test('keeps bad rows as failed and goes on when they are to be skipped', async ({ room }) => {
    const { rows, summary } = await room.spool(room.write('a.ndjson', '{"id":1}\nx\n\n{"id":3}\n[]\n'), {
      skipBadRows: true,
    })
    const message = 'line 5: expected one JSON object on each line, got a list'
    expect(rows.map(({ row, number, verdict }) => [row, number, verdict])).toEqual([
      [{ id: 1 }, null, null],
      [null, 2, { status: 'failed', reason: 'row', message: 'line 2: expected JSON, got something else' }],
      [{ id: 3 }, null, null],
      [null, 4, { status: 'failed', reason: 'row', message }],
    ])
    expect(summary).toMatchObject({ rows: 4, badRows: 2 })
  })

  test('names the line and the byte where UTF-8 ends', async ({ room }) => {
    const start = Buffer.from('{"id":1}\n{"id":2,"n":"\uFFFDž')
    const path = room.write('a.ndjson', Buffer.concat([start, Buffer.from([0xe9]), Buffer.from('"}\n{"id":3}\n')]))
    expect(await room.problems(path)).toEqual([
      {
        file: path,
        line: 2,
        column: null,
        message: `expected UTF-8 text (\`encoding\` names another, such as windows-1252), got byte 0xe9 at offset ${start.length}`,
      },
    ])
    const { rows } = await room.spool(path, { skipBadRows: true })
    expect(rows.map(({ row }) => row)).toEqual([{ id: 1 }, null, { id: 3 }])
  })

  test('checks the types that the campaign names for columns', async ({ room }) => {
    const columns = { points: 'int', ratio: 'float', vip: 'bool', name: 'string', tags: 'json' } as const
    const good = '{"points":1,"ratio":1.5,"vip":true,"name":"x","tags":[1]}\n{"points":null}\n{}\n'
    const bad = ['{"points":"1"}', '{"points":1.5}', '{"ratio":"x"}', '{"vip":1}', '{"name":5}']
    const problems = await room.problems(room.write('a.ndjson', good + bad.join('\n')), { rules: { columns } })
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '4 expected `points` to be a whole number of at most 2^53, got "1"',
      '5 expected `points` to be a whole number of at most 2^53, got 1.5',
      '6 expected `ratio` to be a number such as 3.5, got "x"',
      '7 expected `vip` to be true or false (in CSV also yes or no, 1 or 0), got 1',
      '8 expected `name` to be a string, got 5',
    ])
  })
})
