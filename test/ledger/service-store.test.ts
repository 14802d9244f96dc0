import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test as base, describe, expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { ServiceStore, type Statements } from '../../src/ledger/service-store.ts'

const test = base.extend<{ folder: string }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  folder: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'service-store-'))
    await use(folder)
    rmSync(folder, { recursive: true })
  },
})

const insert =
  (id: string) =>
  (store: Statements): string => {
    store.run('INSERT INTO seen (trigger_id, accepted_at) VALUES (?, 1)', id)
    return id
  }

const idsIn = (folder: string): unknown[] => {
  using database = new DatabaseSync(join(folder, 'service.db'), { readOnly: true })
  return database
    .prepare('SELECT trigger_id AS id FROM seen ORDER BY id')
    .all()
    .map(({ id }) => id)
}

describe('the store of the service', () => {
  test('has a change on the disk when it resolves, and gives what it returned', async ({ folder }) => {
    using store = new ServiceStore(folder, systemClock)
    expect(await Promise.all(['a', 'b', 'c'].map((id) => store.commit(insert(id))))).toEqual(['a', 'b', 'c'])
    expect(idsIn(folder)).toEqual(['a', 'b', 'c'])
  })

  test('undoes a change that throws, and no other of its group', async ({ folder }) => {
    using store = new ServiceStore(folder, systemClock)
    const results = await Promise.allSettled([
      store.commit(insert('a')),
      store.commit((statements) => {
        insert('b')(statements)
        throw new Error('no')
      }),
      store.commit(insert('a')),
      store.commit(insert('c')),
    ])
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(idsIn(folder)).toEqual(['a', 'c'])
  })

  test('commits what is waiting when it is closed', async ({ folder }) => {
    const store = new ServiceStore(folder, systemClock)
    const committed = store.commit(insert('a'))
    store[Symbol.dispose]()
    expect(await committed).toBe('a')
    expect(idsIn(folder)).toEqual(['a'])
  })

  test('belongs to one process at a time', ({ folder }) => {
    const store = new ServiceStore(folder, systemClock)
    expect(() => new ServiceStore(folder, systemClock)).toThrow(
      expect.objectContaining({
        code: 'HOOKCAST_SERVICE_RUNNING',
        message: expect.stringContaining(`has this data folder (process ${process.pid}): stop it`) as string,
      }),
    )
    store[Symbol.dispose]()
    new ServiceStore(folder, systemClock)[Symbol.dispose]()
  })

  test('is not opened when a newer version wrote it', ({ folder }) => {
    new ServiceStore(folder, systemClock)[Symbol.dispose]()
    using database = new DatabaseSync(join(folder, 'service.db'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => new ServiceStore(folder, systemClock)).toThrow(/schema 99, this version of hookcast knows up to/)
    // It let go of the lock.
    expect(() => new ServiceStore(folder, systemClock)).toThrow(/schema 99/)
  })
})
