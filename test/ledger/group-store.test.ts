import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test as base, describe, expect } from 'vitest'

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
