import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { inPieces, test } from './fixture.ts'

describe('CSV', () => {
  test('reads quoted cells with delimiters, quotes and line breaks in them', async ({ room }) => {
    const text =
      'customer_id,name,note\r\nc-1,"Novák, Jan","says ""hi""\r\nand\n\ngoes"\r\n"c-2",O\'Brien,plain\r\n\r\nc-3,"",""\r\n'
    const { data, summary } = await room.spool(room.write('a.csv', text))
    expect(data).toEqual([
      { customer_id: 'c-1', name: 'Novák, Jan', note: 'says "hi"\r\nand\n\ngoes' },
      { customer_id: 'c-2', name: "O'Brien", note: 'plain' },
      { customer_id: 'c-3' },
    ])
    expect(summary).toMatchObject({
      rows: 3,
      columns: ['customer_id', 'name', 'note'],
      customerIdColumn: 'customer_id',
    })
  })

  test('leaves an empty cell out and keeps blanks', async ({ room }) => {
    const { data } = await room.spool(room.write('a.csv', ' id , a,b\n1,, x \n'))
    expect(data).toEqual([{ id: '1', b: ' x ' }])
  })

  test('turns cells into the types of their columns', async ({ room }) => {
    const columns = { points: 'int', ratio: 'float', vip: 'bool', tags: 'json' } as const
    const text =
      'id,points,ratio,vip,tags\n1,+12,.5,TRUE,"[""a"",{""b"":null}]"\n2, -7 ,1e3,no,\n3, ,,0,null\n007,0,-0.25,1,"""x"""\n'
    const { data } = await room.spool(room.write('a.csv', text), { rules: { columns } })
    expect(data).toEqual([
      { id: '1', points: 12, ratio: 0.5, vip: true, tags: ['a', { b: null }] },
      { id: '2', points: -7, ratio: 1000, vip: false },
      { id: '3', vip: false, tags: null },
      { id: '007', points: 0, ratio: -0.25, vip: true, tags: 'x' },
    ])
  })

  test('names line, column and value of a cell that does not fit its type', async ({ room }) => {
    const columns = { points: 'int', ratio: 'float', vip: 'bool', tags: 'json' } as const
    const long = 'ž'.repeat(200)
    const text = `id,points,ratio,vip,tags\n1,12a,1,1,1\n2,9007199254740993,"1,5",maybe,{\n3,1.5,Infinity,${long},12345678901234567890\n`
    const path = room.write('a.csv', text)
    const got = await room.problems(path, { rules: { columns } })
    const kinds = {
      int: 'a whole number of at most 2^53',
      float: 'a number such as 3.5',
      bool: 'true or false (in CSV also yes or no, 1 or 0)',
    }
    expect(got.map(({ line, message }) => `${line} ${message}`)).toEqual([
      `2 expected \`points\` to be ${kinds.int}, got "12a"`,
      `3 expected \`points\` to be ${kinds.int}, got "9007199254740993"; expected \`ratio\` to be ${kinds.float}, got "1,5"; expected \`vip\` to be ${kinds.bool}, got "maybe"; expected \`tags\` to be JSON, got "{"`,
      `4 expected \`points\` to be ${kinds.int}, got "1.5"; expected \`ratio\` to be ${kinds.float}, got "Infinity"; expected \`vip\` to be ${kinds.bool}, got "${'ž'.repeat(79)}…"; expected \`tags\` to be JSON, got "12345678901234567890"`,
    ])
    const { rows } = await room.spool(path, { rules: { columns }, skipBadRows: true })
    expect(rows[0]?.row).toEqual({ id: '1', ratio: 1, vip: true, tags: 1 })
  })

  test.for([
    [',', 'a.csv', 'id,"x;y",b'],
    [';', 'a.csv', 'id;"x,y,z";b'],
    ['\t', 'a.csv', 'id\tx\tb'],
    ['|', 'a.csv', 'id|x|b'],
    ['\t', 'a.tsv', 'id\tx,y,z\tb'],
  ] as const)('finds the delimiter %j of %s in its header', async ([delimiter, name, header], { room }) => {
    const row = ['1', 'p,q;r', '3'].map((cell) => `"${cell}"`).join(delimiter)
    const { data, summary } = await room.spool(room.write(name, `${header}\n${row}\n`))
    expect(summary.columns).toHaveLength(3)
    expect(Object.values(data[0] as object)).toEqual(['1', 'p,q;r', '3'])
  })

  test('takes the delimiter that the campaign names', async ({ room }) => {
    const { data } = await room.spool(room.write('a.csv', 'id:a,b,c\n1:2,3,4\n'), { source: { delimiter: ':' } })
    expect(data).toEqual([{ id: '1', 'a,b,c': '2,3,4' }])
  })

  test('reads the line ends of old Macs', async ({ room }) => {
    const { data } = await room.spool(room.write('a.csv', 'id,n\r1,"a\rb"\r2,c'))
    expect(data).toEqual([
      { id: '1', n: 'a\rb' },
      { id: '2', n: 'c' },
    ])
  })

  test('gives up only the record that is broken', async ({ room }) => {
    const text = [
      'id,name',
      '1,ok',
      '2,5" pipe', // a quote in the middle of a cell, and one that is never closed
      '3,ok',
      '4,"also ""ok"""',
      '5,"broken" text',
      '6,a,b',
      '7',
      '8,"never closed',
      '9,"two\nlines"',
      '10,ok',
      '11,"open to the end',
      '12,ok',
    ].join('\n')
    const path = room.write('a.csv', text)
    expect((await room.problems(path)).map(({ line, message }) => `${line} ${message}`)).toEqual([
      '3 expected quotes only around whole cells (inside them doubled), got one in the middle of a cell',
      '6 expected a closing quote to be followed by the next cell (inside a cell it is doubled), got more text',
      '7 expected 2 cells as in the header, got 3',
      '8 expected 2 cells as in the header, got 1',
      '9 expected a closing quote to be followed by the next cell (inside a cell it is doubled), got more text',
      '13 expected the quote that opens a cell to be closed, got the end of the file',
    ])
    const { data } = await room.spool(path, { skipBadRows: true })
    expect(data.filter((row) => row !== null)).toEqual([
      { id: '1', name: 'ok' },
      { id: '3', name: 'ok' },
      { id: '4', name: 'also "ok"' },
      { id: '9', name: 'two\nlines' },
      { id: '10', name: 'ok' },
      { id: '12', name: 'ok' },
    ])
  })

  test.for([
    ['id,,name\n', 'expected every column of the header to have a name, got none in column 2'],
    ['id,name,id \n', 'expected the header to name each column once, got `id` in columns 1 and 3'],
    ['id,constructor\n', 'expected column names other than __proto__, constructor and prototype, got constructor'],
    [
      'id,"na"me\n',
      'expected a closing quote to be followed by the next cell (inside a cell it is doubled), got more text',
    ],
    [`${Array.from({ length: 10_000 }, (_, at) => `c${at}`).join(',')}\n`, 'expected at most 2000 columns, got 10000'],
  ] as const)('refuses a header such as %j, also when bad rows are skipped', async ([text, message], { room }) => {
    const path = room.write('a.csv', `\n${text}1,2\n`)
    expect(await room.problems(path, { skipBadRows: true })).toEqual([{ file: path, line: 2, column: null, message }])
  })

  test.for([
    [{ columns: { ponits: 'int' } }, '`columns`', '`ponits`'],
    [{ customerId: 'email' }, '`customer_id`', '`email`'],
    [{ consentColumn: 'newsletter' }, '`consent.column`', '`newsletter`'],
  ] as const)('refuses rules about a column that is not there: %j', async ([rules, key, name], { room }) => {
    const [problem] = await room.problems(room.write('a.csv', 'id,points\n1,2\n'), { rules })
    expect(problem?.message).toBe(`expected ${key} to name a column of the header (id, points), got ${name}`)
  })

  test('reads back what a writer wrote, however it is cut into pieces', async ({ room }) => {
    const cell = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r\n', ' ', 'ž', '😀', "'", '=') }),
      fc.string({ unit: 'grapheme' }),
    )
    const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, size, end) => {
          const records = rows.map((cells, at) => [`c${at}`, ...cells].map(quoted).join(','))
          const stdin = inPieces(['id,a,b,c', ...records].join(end), size)
          const { data } = await room.spool('-', { stdin, source: { format: 'csv' } })
          const expected = rows.map((cells, at) => {
            const row = { id: `c${at}`, a: cells[0], b: cells[1], c: cells[2] }
            return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''))
          })
          expect(data).toEqual(expected)
        },
      ),
      { numRuns: 100 },
    )
  })
})

/** Quotes where it has to, and now and then where it need not. */
function quoted(text: string): string {
  return /[",\r\n]/.test(text) || text.length % 2 === 0 ? `"${text.replaceAll('"', '""')}"` : text
}
