import { appendFileSync, copyFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { parseSpoolLine, sealedSummary, SpoolReader } from '../../src/audience/audience.ts'
import { recoverSpool } from '../../src/audience/recover-spool.ts'
import { SpoolWriter } from '../../src/audience/spool-writer.ts'
import { inPieces, test } from './fixture.ts'

const decode = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

describe('a spool', () => {
  test('gives back any rows of any source, however they are cut', async ({ room }) => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    )
    const row = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), value, { maxKeys: 4 })
    const padded = fc.tuple(row, fc.constantFrom(0, 0, 0, 300, 5000))
    const scenario = fc.record({
      rows: fc.array(padded, { maxLength: 40 }),
      repeat: fc.constantFrom(1, 1, 20),
      format: fc.constantFrom('ndjson', 'csv'),
      piece: fc.integer({ min: 1, max: 300_000 }),
      maxRows: fc.integer({ min: 1, max: 700 }),
      maxBytes: fc.integer({ min: 1, max: 100_000 }),
      places: fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 1, maxLength: 20 }),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ rows, repeat, format, piece, maxRows, maxBytes, places }) => {
        const all = Array.from({ length: repeat }).flatMap(() =>
          rows.map(([data, pad]) => ({ ...data, pad: 'x'.repeat(pad) })),
        )
        const isCsv = format === 'csv'
        const expected = all.map((data, seq) =>
          isCsv ? { id: String(seq), json: JSON.stringify(data) } : { seq, ...data },
        )
        const text = isCsv ? toCsv(expected) : expected.map((data) => JSON.stringify(data)).join('\n')
        await room.spool('-', {
          stdin: inPieces(text, Math.max(piece, text.length >> 10)),
          source: { format: isCsv ? 'csv' : 'ndjson' },
        })

        using reader = SpoolReader.open(room.run)
        expect(reader.rows).toBe(all.length)
        const cuts: unknown[] = []
        for (let seq = 0; seq < reader.rows;) {
          const { count, lines } = reader.cut(seq, { maxRows, maxBytes })
          const parsed = toRows(lines)
          expect(parsed).toHaveLength(count)
          expect(count).toBeLessThanOrEqual(maxRows)
          expect(count === 1 || lines.length <= maxBytes).toBe(true)
          cuts.push(...parsed)
          seq += count
        }
        expect(cuts).toEqual(expected)
        if (all.length === 0) return
        const seqs = [...new Set(places.map((place) => Math.floor(place * all.length)))].toSorted((a, b) => a - b)
        for (const seq of seqs.toReversed())
          expect(toRows(reader.cut(seq, { maxRows: 1 }).lines)).toEqual([expected[seq]])
        const picked = reader.pick(seqs)
        expect(picked.count).toBe(seqs.length)
        expect(toRows(picked.lines)).toEqual(seqs.map((seq) => expected[seq]))
        const few = reader.pick(seqs, { maxBytes })
        expect(toRows(few.lines)).toEqual(seqs.slice(0, few.count).map((seq) => expected[seq]))
        expect(few.count === 1 || few.lines.length <= maxBytes).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('cuts as many rows as fit and no fewer', async ({ room }) => {
    const lines = Array.from(
      { length: 1000 },
      (_, id) => `{"id":${id},"fill":"${'x'.repeat(id % 7 === 0 ? 900 : 10)}"}\n`,
    )
    await room.spool(room.write('a.ndjson', lines.join('')))
    using reader = SpoolReader.open(room.run)
    for (const [first, maxRows, maxBytes] of [
      [0, 256, 1e6],
      [0, 256, 5000],
      [3, 256, 20_000],
      [250, 600, 1e6],
      [999, 5, 1],
      [7, 3, 1],
    ] as const) {
      let count = 1
      let bytes = lines[first]!.length
      while (count < maxRows && first + count < 1000 && bytes + lines[first + count]!.length <= maxBytes) {
        bytes += lines[first + count]!.length
        count++
      }
      const cut = reader.cut(first, { maxRows, maxBytes })
      expect([cut.count, decode(cut.lines)]).toEqual([count, lines.slice(first, first + count).join('')])
    }
    expect(reader.cut(1000, { maxRows: 5 })).toEqual({ count: 0, lines: new Uint8Array(0) })
    expect(() => reader.pick([1000])).toThrow(RangeError)
    expect([...reader.scan(990)].map(({ seq, line }) => [seq, parseSpoolLine(line).row?.['id']])).toEqual(
      Array.from({ length: 10 }, (_, at) => [990 + at, 990 + at]),
    )
  })

  test('finds rows longer than what is read at once', async ({ room }) => {
    const lines = Array.from({ length: 6 }, (_, id) => `{"id":${id},"fill":"${'x'.repeat(900_000)}"}\n`)
    await room.spool(room.write('a.ndjson', lines.join('')))
    using reader = SpoolReader.open(room.run)
    expect(reader.cut(4, { maxRows: 2, maxBytes: 10 }).lines.length).toBe(lines[4]!.length)
    expect(decode(reader.pick([1, 5]).lines)).toBe(lines[1]! + lines[5]!)
    expect([...reader.scan()].map(({ line }) => line.length)).toEqual(lines.map((line) => line.length - 1))
  })

  test('is only counted when it is sealed, and refused when it is shorter or longer than its seal', async ({
    room,
  }) => {
    expect(sealedSummary(room.run)).toBeNull()
    const { summary } = await room.spool(room.write('a.ndjson', '{"id":1}\n'.repeat(1000)))
    expect(sealedSummary(room.run)).toEqual(summary)
    const rows = join(room.run, 'spool.ndjson')
    copyFileSync(rows, join(room.folder, 'copy'))
    truncateSync(rows, statSync(rows).size - 1)
    expect(() => SpoolReader.open(room.run)).toThrow('The spool is damaged, 9000 bytes were sealed, 8999 are there')
    copyFileSync(join(room.folder, 'copy'), rows)
    appendFileSync(rows, 'x')
    expect(() => SpoolReader.open(room.run)).toThrow('The spool is damaged')
    copyFileSync(join(room.folder, 'copy'), rows)
    truncateSync(join(room.run, 'spool.idx'), 24)
    expect(() => SpoolReader.open(room.run)).toThrow('its index is cut short')
    rmSync(rows)
    expect(() => SpoolReader.open(room.run)).toThrow('Could not read the spool')
    writeFileSync(join(room.run, 'spool.json'), '{"schema":2}')
    expect(() => sealedSummary(room.run)).toThrow('The spool is of a newer hookcast')
  })

  test('can be read just as a process opens it to go on with it', async ({ room }) => {
    const rows = Array.from({ length: 600 }, (_, seq) => `{"seq":${seq}}\n`).join('')
    await room.spool(room.write('people.ndjson', rows))
    const { position } = recoverSpool(room.run, { customerId: null })
    using _ = await SpoolWriter.open({ folder: room.run, source: null }, position)
    using reader = SpoolReader.open(room.run)
    reader.grow(600)
    expect(decode(reader.pick([599]).lines)).toBe('{"seq":599}\n')
  })

  test('can be read by its owner only', async ({ room }) => {
    await room.spool(room.write('a.ndjson', '{"id":1}\n'))
    for (const name of ['spool.ndjson', 'spool.idx', 'spool.json']) {
      expect(statSync(join(room.run, name)).mode & 0o777).toBe(0o600)
    }
  })

  test('says so when the disk is full', async ({ room }) => {
    symlinkSync('/dev/full', join(room.run, 'spool.ndjson'))
    await expect(room.spool(room.write('a.ndjson', '{"id":1}\n'))).rejects.toMatchObject({
      code: 'HOOKCAST_STORAGE_FULL',
      message: `Could not write the spool, the disk is full: ${room.run}`,
    })
    expect(sealedSummary(room.run)).toBeNull()
  })

  test('says so when its folder cannot be written', async ({ room }) => {
    rmSync(room.run, { recursive: true })
    await expect(room.spool(room.write('a.ndjson', '{"id":1}\n'))).rejects.toMatchObject({
      code: 'HOOKCAST_LEDGER_UNUSABLE',
      message: `Could not write the spool: ${room.run} (ENOENT)`,
    })
  })
})

function toRows(lines: Uint8Array): unknown[] {
  const text = decode(lines)
  expect(text.endsWith('\n')).toBe(true)
  return text
    .slice(0, -1)
    .split('\n')
    .map((line) => parseSpoolLine(line).row)
}

function toCsv(rows: readonly { id?: unknown; json?: unknown }[]): string {
  return ['id,json', ...rows.map(({ id, json }) => `${String(id)},"${String(json).replaceAll('"', '""')}"`)].join('\n')
}
