import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { describe, expect } from 'vitest'
import { RULES, test } from './fixture.ts'

const AUDIENCE = new URL('../../src/audience/audience.ts', import.meta.url).href
const ROWS = 100_000

describe('a large audience', () => {
  test('passes through a heap far smaller than itself', async ({ room }) => {
    const name = 'x'.repeat(400)
    const row = (id: number): string => (id % 2 === 0 ? `c-${id},"N, ${name}",${id}\n` : `c-${id},${name},${id}\n`)
    const path = join(room.folder, 'a.csv.gz')
    const text = (function* () {
      yield 'customer_id,name,points\n'
      for (let id = 0; id < ROWS; id += 1000) yield Array.from({ length: 1000 }, (_, at) => row(id + at)).join('')
    })()
    await pipeline(Readable.from(text), createGzip({ level: 1 }), createWriteStream(path))
    const source = { path, format: 'csv', isGzip: true, delimiter: 'auto', encoding: 'utf-8' }
    expect(await heapOf({ source, folder: room.run, rules: { ...RULES, columns: { points: 'int' } } })).toBe(ROWS)
  })

  test('of one endless line costs no more than any other', async ({ room }) => {
    const path = join(room.folder, 'a.ndjson.gz')
    const block = 'x'.repeat(1_000_000)
    const line = (function* () {
      yield '{"id":1}\n{"id":"'
      for (let at = 0; at < 200; at++) yield block
      yield '"}\n{"id":3}\n'
    })()
    await pipeline(Readable.from(line), createGzip({ level: 1 }), createWriteStream(path))
    const source = { path, format: 'ndjson', isGzip: true, delimiter: 'auto', encoding: 'utf-8' }
    expect(await heapOf({ source, folder: room.run, rules: RULES })).toBe(3)
  })
})

/** Spools in a process with 16 MB of heap for old objects and returns the rows; more memory than 40 MB on top of Node's own fails. */
async function heapOf(request: object): Promise<number> {
  const program = `
    import { spoolAudience } from ${JSON.stringify(AUDIENCE)}
    const before = process.resourceUsage().maxRSS
    const { rows } = await spoolAudience({ ...${JSON.stringify(request)}, skipBadRows: true })
    const grownKiB = process.resourceUsage().maxRSS - before
    console.log(grownKiB < 40 * 1024 ? rows : JSON.stringify('grew by ' + grownKiB + ' KiB'))
  `
  const flags = ['--max-old-space-size=16', '--max-semi-space-size=2', '--input-type=module', '-e', program]
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  const output: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  await once(child, 'close')
  return JSON.parse(Buffer.concat(output).toString() || '"died"') as number
}
