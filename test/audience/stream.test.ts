import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect } from 'vitest'
import {
  continueSpool,
  parseSpoolLine,
  sealedSummary,
  spoolAudience,
  SpoolReader,
} from '../../src/audience/audience.ts'
import { readRows, RULES, test } from './fixture.ts'

const AUDIENCE = new URL('../../src/audience/audience.ts', import.meta.url).href

describe('a spool that grows', () => {
  test('gives rows out as soon as they are announced', async ({ room }) => {
    const stdin = new PassThrough()
    const announced: number[] = []
    const seen: unknown[] = []
    let reader: SpoolReader | null = null
    const request = room.request('-', { stdin, skipBadRows: true })
    const spooled = spoolAudience({
      ...request,
      onRows(rows) {
        announced.push(rows)
        reader ??= SpoolReader.open(room.run)
        const before = reader.rows
        reader.grow(rows)
        const { lines } = reader.cut(before, { maxRows: 100 })
        seen.push(
          ...Buffer.from(lines)
            .toString()
            .split('\n')
            .filter(Boolean)
            .map((line) => parseSpoolLine(line).row),
        )
        if (rows === 2) stdin.write('bad\n{"id":4}\n{"id"')
        if (rows === 4) stdin.end(':5}')
      },
    })
    stdin.write('{"id":1}\n{"id":2}\n')
    const summary = await spooled
    expect(announced).toEqual([2, 4, 5])
    expect(seen).toEqual([{ id: 1 }, { id: 2 }, null, { id: 4 }, { id: 5 }])
    expect(summary).toMatchObject({ rows: 5, badRows: 1 })
    reader!.close()
  })

  test('never gives out more rows than were announced', async ({ room }) => {
    const text = Array.from({ length: 3000 }, (_, id) => `{"id":${id},"fill":"${'x'.repeat(300)}"}\n`).join('')
    const path = room.write('a.ndjson', text)
    let most = 0
    let isOpen = false
    using readers = new DisposableStack()
    let reader: SpoolReader
    await spoolAudience({
      ...room.request(path),
      onRows(rows) {
        if (!isOpen) reader = readers.use(SpoolReader.open(room.run))
        isOpen = true
        expect(reader.rows).toBeLessThanOrEqual(rows)
        reader.grow(rows)
        expect(reader.rows).toBe(rows)
        const from = Math.max(0, most - 300)
        const { count, lines } = reader.cut(from, { maxRows: 10_000 })
        expect(count).toBe(rows - from)
        expect(Buffer.from(lines).toString()).toBe(
          text
            .split('\n')
            .slice(from, rows)
            .map((line) => `${line}\n`)
            .join(''),
        )
        most = rows
      },
    })
    expect(most).toBe(3000)
  })
})

describe('after kill -9 in the middle of a pass', () => {
  const text = Array.from(
    { length: 20_000 },
    (_, at) => `{"id":${at % 15_000},"n":${at},"fill":"${'ž'.repeat(50)}"}\n`,
  ).join('')

  test('a checked spool is not sealed, and is made anew from the start', async ({ room }) => {
    const path = room.write('a.ndjson', text)
    await killWhileSpooling({ path, folder: room.run, isStreaming: false })
    expect(sealedSummary(room.run)).toBeNull()
    using unsealed = SpoolReader.open(room.run)
    expect(unsealed.rows).toBe(0)
    const { rows } = await room.spool(path)
    expect(rows).toHaveLength(20_000)
  })

  test('a streamed spool keeps what it announced and goes on from there', async ({ room }) => {
    const path = room.write('a.ndjson', text)
    const rules = { isUnique: true }
    const announced = await killWhileSpooling({ path, folder: room.run, isStreaming: true })
    const before = readFileSync(join(room.run, 'spool.ndjson'))
    expect(announced).toBeGreaterThan(0)
    expect(before.length).toBeLessThan(Buffer.byteLength(text))
    const told: number[] = []
    const summary = await continueSpool({
      ...room.request(path, { rules, skipBadRows: true }),
      onRows: (rows) => void told.push(rows),
    })
    expect(told[0]).toBeGreaterThanOrEqual(announced)
    expect(told.at(-1)).toBe(20_000)
    const after = readFileSync(join(room.run, 'spool.ndjson'))
    const whole = before.lastIndexOf(10) + 1
    expect(after.subarray(0, whole).equals(before.subarray(0, whole))).toBe(true)
    expect(summary).toMatchObject({ rows: 20_000, suppressed: { duplicate: 5000 }, duplicates: 5000 })
    expect(readRows(room.run).map(({ row }) => row?.['n'])).toEqual(Array.from({ length: 20_000 }, (_, at) => at))
    expect(await continueSpool(room.request(path, { rules }))).toEqual(summary)
  })

  test.for([0, 1, 5, 9_999])('a line that was cut off by %i bytes is written again', async (cut, { room }) => {
    const path = room.write('a.ndjson', text)
    await room.spool(path)
    unseal(room.run)
    truncateSync(join(room.run, 'spool.ndjson'), Buffer.byteLength(text) - cut)
    truncateSync(join(room.run, 'spool.idx'), 16)
    expect(await continueSpool(room.request(path))).toMatchObject({ rows: 20_000 })
    expect(readFileSync(join(room.run, 'spool.ndjson'), 'utf8')).toBe(text)
    expect(readRows(room.run)).toHaveLength(20_000)
  })

  test('zeros that a power cut left behind the last row are cut off', async ({ room }) => {
    const path = room.write('a.ndjson', text)
    await room.spool(path)
    unseal(room.run)
    const rows = join(room.run, 'spool.ndjson')
    truncateSync(rows, Buffer.byteLength(text.slice(0, text.indexOf('\n') + 20)))
    truncateSync(rows, 5000)
    appendFileSync(rows, '\n{"id":1}\n')
    await continueSpool(room.request(path))
    expect(readFileSync(rows, 'utf8')).toBe(text)
  })

  test('a source that changed or was standard input ends with the rows that are there', async ({ room }) => {
    const path = room.write('a.ndjson', '{"email":"a"}\nbad\n{"email":"a"}\n{"email":"b"}\n')
    const rules = { customerId: 'email', isUnique: true }
    for (const from of ['changed', 'gone', 'stdin']) {
      const stdin = Readable.from([readFileSync(path)], { objectMode: false })
      await room.spool(from === 'stdin' ? '-' : path, { rules, skipBadRows: true, stdin })
      unseal(room.run)
      truncateSync(join(room.run, 'spool.ndjson'), statSync(join(room.run, 'spool.ndjson')).size - 3)
      if (from === 'changed') utimesSync(path, 5, 5)
      const source = from === 'gone' ? join(room.folder, 'none') : path
      const summary = await continueSpool(room.request(from === 'stdin' ? '-' : source, { rules, skipBadRows: true }))
      expect(summary).toEqual({
        rows: 3,
        badRows: 1,
        duplicates: 1,
        suppressed: { duplicate: 1, consent: 0, excluded: 0 },
        columns: ['email'],
        customerIdColumn: 'email',
        warnings: [{ code: 'audience_cut', count: 3, message: expect.stringContaining('after a crash') }],
      })
      expect(readRows(room.run).map(({ row }) => row)).toEqual([{ email: 'a' }, null, { email: 'a' }])
    }
  })

  test('a run that had not begun to spool begins', async ({ room }) => {
    const summary = await continueSpool(room.request(room.write('a.ndjson', '{"id":1}\n')))
    expect(summary).toMatchObject({ rows: 1, warnings: [] })
  })
})

/** Takes the seal away, as a crash before it leaves things. */
function unseal(folder: string): void {
  const path = join(folder, 'spool.json')
  const state = JSON.parse(readFileSync(path, 'utf8')) as { sealed: unknown }
  truncateSync(path, 0)
  appendFileSync(path, JSON.stringify({ ...state, sealed: null }))
}

/** Spools in a process of its own, which kills itself after the first rows; returns how many it had announced. */
async function killWhileSpooling(options: { path: string; folder: string; isStreaming: boolean }): Promise<number> {
  const { path, folder, isStreaming } = options
  const source = { path, format: 'ndjson', isGzip: false, delimiter: 'auto', encoding: 'utf-8' }
  const request = { source, folder, rules: { ...RULES, isUnique: isStreaming }, skipBadRows: isStreaming }
  const program = `
    import { statSync, writeSync } from 'node:fs'
    import { spoolAudience } from ${JSON.stringify(AUDIENCE)}
    const kill = () => process.kill(process.pid, 'SIGKILL')
    const onRows = (rows) => { writeSync(1, rows + '\\n'); if (rows > 2000) kill() }
    const look = () => statSync(${JSON.stringify(join(folder, 'spool.ndjson'))}, { throwIfNoEntry: false })?.size ? kill() : setImmediate(look)
    ${isStreaming ? '' : 'look()'}
    await spoolAudience({ ...${JSON.stringify(request)}, ${isStreaming ? 'onRows' : ''} })
    writeSync(1, 'sealed')
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  return Number(Buffer.concat(output).toString().trim().split('\n').at(-1))
}
