import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { checkAudience, spoolAudience, SpoolReader } from '../../src/audience/audience.ts'
import { inPieces, test } from './fixture.ts'

const ROWS = '{"id":1}\n{"id":2}\n'

describe('a source', () => {
  test('is unzipped when its name or its first bytes say so', async ({ room }) => {
    for (const name of ['a.ndjson.gz', 'a.ndjson']) {
      const { data } = await room.spool(room.write(name, gzipSync(ROWS)))
      expect(data).toEqual([{ id: 1 }, { id: 2 }])
    }
    const parts = Buffer.concat([gzipSync('id,n\n1,a\n'), gzipSync('2,b\n')])
    expect((await room.spool(room.write('a.csv.gz', parts))).data).toEqual([
      { id: '1', n: 'a' },
      { id: '2', n: 'b' },
    ])
  })

  test('is refused when its gzip data is not whole or not gzip', async ({ room }) => {
    const whole = gzipSync(Array.from({ length: 5000 }, (_, id) => JSON.stringify({ id, n: Math.sin(id) })).join('\n'))
    const damaged = Buffer.from(whole)
    damaged.fill(0xff, 2000, 2100)
    const cases: [string, Uint8Array | string, string][] = [
      [
        'cut.ndjson.gz',
        whole.subarray(0, -20),
        'expected `audience` to be whole gzip data, got a file that is cut short',
      ],
      ['damaged.ndjson.gz', damaged, 'expected `audience` to be gzip data, got damaged bytes'],
      ['plain.ndjson.gz', ROWS, 'expected `audience` to be gzip data as its name says, got other bytes'],
      ['empty.ndjson.gz', '', 'expected `audience` to be gzip data, got an empty file'],
    ]
    for (const [name, bytes, message] of cases) {
      const path = room.write(name, bytes)
      expect(await room.problems(path, { skipBadRows: true })).toEqual([
        { file: path, line: null, column: null, message },
      ])
    }
  })

  test('is refused when it is no file that can be read', async ({ room }) => {
    const pipe = join(room.folder, 'pipe.ndjson')
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    mkdirSync(join(room.folder, 'folder.ndjson'))
    symlinkSync('/dev/zero', join(room.folder, 'zero.ndjson'))
    const cases = [
      ['missing.ndjson', 'expected `audience` to be a file that can be read, got nothing of that name'],
      ['folder.ndjson', 'expected `audience` to be a file, got a folder'],
      ['pipe.ndjson', 'expected `audience` to be a file, got a pipe (write "-" and pipe into standard input)'],
      ['zero.ndjson', 'expected `audience` to be a file, got a device'],
    ] as const
    for (const [name, message] of cases) {
      expect((await room.problems(join(room.folder, name)))[0]?.message).toBe(message)
    }
  })

  test('is refused with the encoding named when it is UTF-16 or a workbook', async ({ room }) => {
    const text = 'id,name\n1,Žofie\n'
    const bigEndian = Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()
    const cases = [
      [
        Buffer.from(`\uFEFF${text}`, 'utf16le'),
        "expected `encoding` to be utf-16le, as the file's first bytes say, got utf-8",
      ],
      [Buffer.from(text, 'utf16le'), "expected `encoding` to be utf-16le, as the file's first bytes say, got utf-8"],
      [bigEndian, "expected `encoding` to be utf-16be, as the file's first bytes say, got utf-8"],
      [
        Buffer.from('PK\u0003\u0004…'),
        'expected `audience` to be text, got a zip file (save an Excel workbook as CSV)',
      ],
    ] as const
    for (const [bytes, message] of cases) {
      expect((await room.problems(room.write('a.csv', bytes)))[0]?.message).toBe(message)
      expect((await room.problems('-', { stdin: inPieces(bytes, 1), source: { format: 'csv' } }))[0]?.message).toBe(
        message,
      )
    }
  })

  test('is read in the encoding that the campaign names', async ({ room }) => {
    const cases = [
      ['utf-16le', Buffer.from('\uFEFFid,name\n1,Žofie 😀\n', 'utf16le'), 'Žofie 😀'],
      ['windows-1252', Buffer.from([...Buffer.from('id,name\n1,'), 0xe9, 0x80, 0x0a]), 'é€'],
      ['latin1', Buffer.from([...Buffer.from('id,name\n1,'), 0xe9, 0x0a]), 'é'],
      ['shift_jis', Buffer.from([...Buffer.from('id,name\n1,'), 0x83, 0x65, 0x83, 0x58, 0x83, 0x67, 0x0a]), 'テスト'],
    ] as const
    for (const [encoding, bytes, name] of cases) {
      for (const size of [1, 1000]) {
        const stdin = inPieces(bytes, size)
        const { data } = await room.spool('-', { stdin, source: { format: 'csv', encoding } })
        expect(data).toEqual([{ id: '1', name }])
      }
    }
  })

  test('is refused line by line where bytes have no meaning in its encoding', async ({ room }) => {
    const path = room.write(
      'a.csv',
      Buffer.from([...Buffer.from('id,name\n1,ok\n2,'), 0x83, 0xff, 0x0a, 0x33, 0x2c, 0x78]),
    )
    const source = { encoding: 'shift_jis' }
    expect((await room.problems(path, { source })).map(({ line, message }) => `${line} ${message}`)).toEqual([
      '3 expected text in shift_jis, got bytes without a meaning in it',
    ])
    expect((await room.spool(path, { source, skipBadRows: true })).data).toEqual([
      { id: '1', name: 'ok' },
      null,
      { id: '3', name: 'x' },
    ])
    const [problem] = await room.problems(path, { source: { encoding: 'latin-9000' } })
    expect(problem?.message).toBe(
      'expected `encoding` to be a WHATWG label such as utf-8 or windows-1252, got "latin-9000"',
    )
  })

  test('is refused when it changes while it is read', async ({ room }) => {
    const message = 'The file changed while it was read: run again when nothing writes to it any more'
    const line = `${JSON.stringify({ id: 1, fill: 'x'.repeat(1000) })}\n`
    for (const change of [(path: string) => appendFileSync(path, ROWS), (path: string) => utimesSync(path, 1, 1)]) {
      const path = room.write('a.ndjson', line.repeat(2000))
      let isChanged = false
      const onRows = (): void => {
        if (!isChanged) change(path)
        isChanged = true
      }
      const spooled = spoolAudience({ ...room.request(path, { skipBadRows: true }), onRows })
      await expect(spooled).rejects.toMatchObject({ problems: [{ file: path, message }] })
    }
  })

  test.for(['', '\n\n', '\uFEFF'])('without a row (%j) is an empty audience with a warning', async (text, { room }) => {
    for (const name of ['a.ndjson', 'a.csv']) {
      const { summary, rows } = await room.spool(room.write(name, text))
      expect(rows).toEqual([])
      expect(summary).toMatchObject({ rows: 0, warnings: [{ code: 'audience_empty', count: 1 }] })
    }
    const { summary } = await room.spool(room.write('header.csv', 'id,name\n'))
    expect(summary).toMatchObject({ rows: 0, columns: ['id', 'name'], warnings: [{ code: 'audience_empty' }] })
  })

  test('is refused when it holds more customers than the campaign allows', async ({ room }) => {
    const path = room.write('a.ndjson', ROWS)
    expect((await room.spool(path, { rules: { maxCustomers: 2 } })).rows).toHaveLength(2)
    const [problem] = await room.problems(path, { rules: { maxCustomers: 1 }, skipBadRows: true })
    expect(problem?.message).toBe('expected at most 1 customers (`max_customers`), got more')
  })

  test('refuses rows over 1 MiB without holding them', async ({ room }) => {
    const long = `{"id":2,"fill":"${'x'.repeat(1_048_576)}"}`
    const atLimit = `{"id":3,"fill":"${'x'.repeat(1_044_480 - 18)}"}`
    const text = `{"id":1}\n${long}\n${atLimit}\n{"id":4,"fill":"${'x'.repeat(1_044_480 - 17)}"}\n{"id":5}`
    const message = 'expected the row to be at most 1 MiB, got a longer one'
    for (const stdin of [Readable.from([Buffer.from(text)], { objectMode: false }), inPieces(text, 65_536)]) {
      const { rows } = await room.spool('-', { stdin, skipBadRows: true })
      expect(rows.map(({ row, verdict }) => row?.['id'] ?? verdict?.message)).toEqual([
        1,
        `line 2: ${message}`,
        3,
        `line 4: ${message}`,
        5,
      ])
    }
    await room.spool(room.write('twice.ndjson', `${atLimit}\n${atLimit}`), { rules: { isUnique: true } })
    using reader = SpoolReader.open(room.run)
    expect(reader.cut(1, { maxRows: 1 }).lines.length).toBeLessThan(1_048_576)
    const csv = `id,fill\n1,a\n2,${'x'.repeat(1_048_576)}\n3,"${'""'.repeat(400_000)}"\n4,"${'x\n'.repeat(20_000)}"\n5,"${`${'y'.repeat(1000)}\n`.repeat(1100)}"\n6,b\n`
    const { rows } = await room.spool(room.write('a.csv', csv), { skipBadRows: true })
    expect(rows.filter(({ row }) => row !== null).map(({ row }) => row?.['id'])).toEqual(['1', '3', '6'])
    expect(rows[1]?.verdict?.message).toBe(`line 3: ${message}`)
  })

  test('stops at a signal, also when standard input says nothing', async ({ room }) => {
    const stop = new AbortController()
    const stdin = new Readable({ read() {} })
    stdin.push(ROWS)
    const options = { stdin, signal: stop.signal, skipBadRows: true }
    const spooled = spoolAudience({ ...room.request('-', options), onRows: () => stop.abort(new Error('stopped')) })
    await expect(spooled).rejects.toThrow('stopped')
    expect(stdin.destroyed).toBe(true)
  })

  test('is checked by the same pass without a spool', async ({ room }) => {
    const path = room.write('a.ndjson', '{"id":1}\n{"id":1}\n')
    expect(await checkAudience(room.request(path))).toEqual((await room.spool(path)).summary)
    const broken = room.write('b.ndjson', 'x\n')
    await expect(checkAudience(room.request(broken))).rejects.toThrow(`${broken}:1 expected JSON`)
  })
})
