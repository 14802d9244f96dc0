import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { Checkpoints } from '../../src/ledger/checkpoints.ts'
import { SkippingClock } from '../support/skipping-clock.ts'

/** A file whose log is long, and what becomes of it. */
function createLog() {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoints-'))
  const path = join(folder, 'a.db')
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE line (text TEXT)')
  const pages = (): number => Number(database.prepare('PRAGMA wal_checkpoint(NOOP)').get()!['log'])
  const fill = (): number => {
    database.exec('BEGIN')
    for (let n = 0; n < 50; n++) database.prepare('INSERT INTO line VALUES (?)').run('x'.repeat(400_000))
    database.exec('COMMIT')
    return pages()
  }
  const told: string[] = []
  const clock = new SkippingClock()
  const checkpoints = new Checkpoints({
    pageBytes: 4096,
    path,
    clock,
    hold: () => told.push('hold'),
    release: () => told.push('release'),
    onFailed: () => told.push('failed'),
  })
  const close = (): void => {
    checkpoints[Symbol.dispose]()
    database.close()
    rmSync(folder, { recursive: true, force: true })
  }
  return { path, database, pages, fill, told, clock, checkpoints, [Symbol.dispose]: close }
}

const wait = { timeout: 20_000 }

describe('a log that has grown long', () => {
  test('begins anew, also with a thread that has rested meanwhile', async () => {
    using log = createLog()
    log.checkpoints.look(100)
    for (const turns of [1, 2]) {
      log.checkpoints.look(log.fill())
      await expect.poll(() => log.told.length, wait).toBe(2 * turns)
      expect(log.pages()).toBe(1)
      log.clock.skip(60_000)
    }
    expect(log.told).toEqual(['hold', 'release', 'hold', 'release'])
  })

  test('stays while somebody reads it, and begins anew once that is over', async () => {
    using log = createLog()
    const reader = new DatabaseSync(log.path)
    log.database.exec("INSERT INTO line VALUES ('a')")
    reader.exec('BEGIN')
    reader.prepare('SELECT * FROM line').all()
    const long = log.fill()
    log.checkpoints.look(long)
    await expect.poll(() => log.told, wait).toEqual(['hold', 'release'])
    expect(log.pages()).toBe(long)
    log.checkpoints.look(long + 1)
    reader.close()
    log.checkpoints.look(log.fill())
    await expect.poll(() => log.told.length, wait).toBe(4)
    expect(log.pages()).toBe(1)
  })

  test('is told of when no thread can take care of it', async () => {
    using log = createLog()
    const long = log.fill()
    rmSync(dirname(log.path), { recursive: true })
    log.checkpoints.look(long)
    await expect.poll(() => log.told, wait).toContain('failed')
  })
})
