import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test as base, describe, expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { GroupStore } from '../../src/ledger/group-store.ts'

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'group-store-'))
    await use(folder)
    rmSync(folder, { recursive: true })
  },
})

/** What a process says that makes changes, while `strace` does to its syncs what a disk would. */
async function storeOn(folder: string, disk: string): Promise<readonly string[]> {
  const script = fileURLToPath(new URL('../support/store-process.ts', import.meta.url))
  const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', `inject=fdatasync:${disk}`]
  const { stdout } = await promisify(execFile)('strace', [...strace, process.execPath, script, join(folder, 'a.db')])
  return stdout.trim().split('\n')
}

describe('a store whose groups are synced beside', { timeout: 60_000 }, () => {
  test('tells of a change once it is on the disk, and holds up nothing else until then', async ({ folder }) => {
    expect(await storeOn(folder, 'delay_enter=500000')).toEqual([
      'first: seen',
      'first: settled, told',
      'first: kept',
      'second: seen',
      'second: settled, told',
      'second: kept',
    ])
  })

  test('keeps nothing more after a sync that failed, until it is opened again', async ({ folder }) => {
    expect(await storeOn(folder, 'error=EIO:delay_enter=500000:when=1')).toEqual([
      'first: seen',
      'first: HOOKCAST_LEDGER_UNUSABLE, told',
      'first: HOOKCAST_LEDGER_UNUSABLE',
      'second: HOOKCAST_LEDGER_UNUSABLE',
    ])
    expect((await storeOn(folder, 'delay_enter=1')).at(-1)).toBe('second: kept')
  })
})

const CHECKPOINT_PROCESS = fileURLToPath(new URL('../support/checkpoint-process.ts', import.meta.url))

describe('the log of a store that is written without a pause', { timeout: 60_000 }, () => {
  test('goes into the file and begins anew, and no sync of it holds up anything else', async ({ folder }) => {
    const [file, trace] = [join(folder, 'a.db'), join(folder, 'trace')]
    const strace = ['-f', '-qq', '-s', '8', '-o', trace, '-e', 'trace=fsync,fdatasync,write']
    await promisify(execFile)('strace', [...strace, process.execPath, CHECKPOINT_PROCESS, file, '2'])
    const calls = readFileSync(trace, 'utf8').split('\n')
    const written = (text: string): number => calls.findIndex((line) => line.includes(`write(1, "${text}\\n"`))
    const meanwhile = calls.slice(written('open'), written('done'))
    const own = calls[written('open')]!.split(' ')[0]!
    const syncs = meanwhile.filter((line) => /sync\(/.test(line))
    expect(syncs.filter((line) => line.includes(' fsync(')).length).toBeGreaterThan(2)
    expect(syncs.filter((line) => line.startsWith(`${own} `))).toEqual([])
  })

  test('loses nothing that was kept when the process is killed', async ({ folder }) => {
    const file = join(folder, 'a.db')
    using child = spawn(process.execPath, [CHECKPOINT_PROCESS, file, '1000'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const closed = once(child, 'close')
    let kept = 0
    for await (const line of createInterface({ input: child.stdout })) {
      kept = Number(line) || kept
      // Some checkpoints are done by then, and one or the other is under way.
      if (kept === 20_000) child.kill('SIGKILL')
    }
    await closed
    using database = new DatabaseSync(file)
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
    const { last, count } = database.prepare('SELECT max(number) AS last, count(*) AS count FROM change').get()!
    expect(Number(last)).toBeGreaterThanOrEqual(kept)
    expect(count).toBe(2000)
  })
})

test('a new file has pages of the size that is asked for, and keeps it', ({ folder }) => {
  const path = join(folder, 'a.db')
  const pageBytes = (asked?: number): number => {
    const migrations = ['CREATE TABLE line (text TEXT)']
    const options = { path, clock: systemClock, migrations, name: 'a store' }
    using store = new GroupStore(asked === undefined ? options : { ...options, pageBytes: asked })
    return Number(store.get('PRAGMA page_size')!['page_size'])
  }
  expect(pageBytes(1024)).toBe(1024)
  expect(pageBytes()).toBe(1024)
})
