import { appendFileSync, copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { continueSpool, eraseRows, spoolAudience, spoolExtent, SpoolReader } from '../../src/audience/audience.ts'
import { readRows, test, type Room } from './fixture.ts'

const LEFT = { status: 'suppressed', reason: 'erased', message: null }

function pseudonymOf(id: string): string {
  return `erased-${Buffer.from(id).toString('hex')}`
}

/** Ends a stream after its first chunk: what a run leaves that is stopped while it reads. */
async function breakOff(room: Room, path: string): Promise<void> {
  const stop = new AbortController()
  await expect(
    spoolAudience({ ...room.request(path, { signal: stop.signal }), onRows: () => stop.abort() }),
  ).rejects.toThrow()
}

function peopleIn(rows: number): string {
  const fill = 'x'.repeat(1000)
  return Array.from({ length: rows }, (_, i) => `{"id":"p-${i % (rows - 1)}","fill":"${fill}"}\n`).join('')
}

describe('eraseRows', () => {
  test('leaves a pseudonym in the place of a row, and every other row where it was', async ({ room }) => {
    const { rows: before } = await room.spool(room.write('a.ndjson', peopleIn(600)))
    const places = [0, 255, 256, 511, 599]
    const rows = new Map(places.map((seq) => [seq, { pseudonym: pseudonymOf(`p-${seq}`), column: 'id' }]))
    await eraseRows(room.run, { rows, pseudonyms: [] })
    const after = readRows(room.run)
    expect(after.filter((_, seq) => !places.includes(seq))).toEqual(before.filter((_, seq) => !places.includes(seq)))
    for (const seq of places) {
      const row = { id: pseudonymOf(`p-${seq}`) }
      expect(after[seq]).toEqual({ row, number: seq + 1, verdict: LEFT, kept: null, event: null })
    }
    using reader = SpoolReader.open(room.run)
    expect(Buffer.from(reader.pick([257]).lines).toString()).toContain('"p-257"')
    expect(readdirSync(room.run).toSorted()).toEqual(['spool.1.idx', 'spool.1.ndjson', 'spool.json'])
  })

  test('lets whoever reads the old rows go on with them', async ({ room }) => {
    await room.spool(room.write('a.ndjson', peopleIn(600)))
    using reader = SpoolReader.open(room.run)
    await eraseRows(room.run, { rows: new Map([[3, { pseudonym: 'erased-x', column: 'id' }]]), pseudonyms: [] })
    expect(Buffer.from(reader.pick([3]).lines).toString()).toContain('"p-3"')
  })

  test('removes what an erasure left that was killed', async ({ room }) => {
    await room.spool(room.write('a.ndjson', peopleIn(10)))
    copyFileSync(join(room.run, 'spool.ndjson'), join(room.run, 'spool.1.ndjson'))
    copyFileSync(join(room.run, 'spool.ndjson'), join(room.run, 'spool.7.idx'))
    await eraseRows(room.run, { rows: new Map(), pseudonyms: [] })
    expect(readdirSync(room.run).toSorted()).toEqual(['spool.idx', 'spool.json', 'spool.ndjson'])
  })

  test('leaves out whom a broken-off stream reads later, in whatever row', async ({ room }) => {
    const path = room.write('a.ndjson', peopleIn(2000))
    await breakOff(room, path)
    const { rows: read = 0 } = spoolExtent(room.run) ?? {}
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(1999)
    appendFileSync(join(room.run, 'spool.ndjson'), '{"id":"p-0","torn')

    const rows = new Map([[0, { pseudonym: pseudonymOf('p-0'), column: 'id' }]])
    await eraseRows(room.run, { rows, pseudonyms: [pseudonymOf('p-0'), pseudonymOf('p-1500')] })
    expect(spoolExtent(room.run)).toEqual({ rows: read, isSealed: false })
    expect(readFileSync(join(room.run, 'spool.1.ndjson'), 'utf8')).not.toContain('"p-0"')

    const summary = await continueSpool({ ...room.request(path), pseudonymOf })
    expect(summary.rows).toBe(2000)
    const after = readRows(room.run)
    const erased = after.flatMap(({ row, verdict }, seq) => (verdict === null ? [] : [[seq, row, verdict]]))
    expect(erased).toEqual([
      [0, { id: pseudonymOf('p-0') }, LEFT],
      [1500, { id: pseudonymOf('p-1500') }, LEFT],
      [1999, { id: pseudonymOf('p-0') }, LEFT],
    ])
    expect(after[1998]?.row).toMatchObject({ id: 'p-1998' })
  })
})
