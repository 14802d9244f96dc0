import { unlinkSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { LedgerError, type HookcastError } from '../errors.ts'
import { LogFile } from './log-file.ts'
import { MIGRATIONS } from './schema.ts'
import { folderError, isStorageFull } from './folder-error.ts'
import { type RunPaths } from './run-folder.ts'
import * as sql from './statements.ts'

/** How long to wait for another process's lock: a reader's checkpoint, a backup. */
const BUSY_MS = 5000

/** How many interned strings are remembered for reuse; a receiver that never repeats itself only costs rows. */
const REMEMBERED_TEXTS = 5000

/**
 * One SQLite file with one writer: opening, migrating, committing, interned strings.
 *
 * Full sync: what `commit` returned from survives a power cut. Left to `NORMAL` alone a power cut could roll finished
 * customers back, who would then be sent to twice: the log is synced here, after each commit.
 *
 * @see https://sqlite.org/pragma.html#pragma_synchronous
 */
export class Store implements Disposable {
  readonly #database: DatabaseSync
  readonly #log: LogFile
  readonly #paths: RunPaths
  readonly #prepared = new Map<string, StatementSync>()
  readonly #texts = new Map<string, number>()
  #nextTextId = 1
  /** Why nothing can be written any more. */
  #broken: HookcastError | null = null

  /**
   * Opens the file for writing, making or migrating its tables; the caller holds the run's lock.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when it is damaged, read-only or of a newer schema;
   *   HOOKCAST_STORAGE_FULL.
   */
  constructor(paths: RunPaths) {
    this.#paths = paths
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(paths.ledger, { timeout: BUSY_MS })
      const { journal_mode: mode } = database.prepare('PRAGMA journal_mode = WAL').get() ?? {}
      if (mode !== 'wal') {
        throw new LedgerError(
          'HOOKCAST_LEDGER_UNUSABLE',
          `The file system does not support SQLite's WAL mode: ${paths.ledger}`,
        )
      }
      database.exec('PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864')
      database.exec('PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = FAST')
      migrate(database, paths)
      this.#log = LogFile.of(paths.ledger)
      // Its log is synced by us from here on; SQLite goes on syncing it before what is in it goes into the file.
      database.exec('PRAGMA synchronous = NORMAL')
      this.#database = database
      this.#readNextTextId()
    } catch (cause) {
      database?.close()
      throw folderError(paths.ledger, cause)
    }
  }

  /**
   * Runs `change` as one transaction that is on the disk when this returns. It may run twice, so it only
   * writes here and changes nothing else.
   *
   * On a full disk the ballast is given up and the change tried once more: what was in flight gets written
   * down, and the caller is told to pause.
   *
   * @throws {LedgerError} HOOKCAST_STORAGE_FULL, HOOKCAST_LEDGER_UNUSABLE: nothing of the change was kept. After a sync
   *   that failed nobody knows what is on the disk: nothing is written any more until the file is opened again.
   */
  commit(change: () => void): { readonly isStorageFull: boolean } {
    const written = this.#write(change)
    try {
      this.#log.sync()
      return written
    } catch (cause) {
      throw this.#break(cause)
    }
  }

  /**
   * The same, on the disk when it resolves, while others go on: readers and later commits see the change before.
   *
   * @throws {LedgerError} as `commit`.
   */
  async commitBeside(change: () => void): Promise<{ readonly isStorageFull: boolean }> {
    const written = this.#write(change)
    try {
      await this.#log.syncBeside()
      return written
    } catch (cause) {
      throw this.#break(cause)
    }
  }

  #break(cause: unknown): HookcastError {
    this.#broken = folderError(this.#paths.ledger, cause)
    return this.#broken
  }

  #write(change: () => void): { readonly isStorageFull: boolean } {
    if (this.#broken !== null) throw this.#broken
    try {
      this.#transaction(change)
      return { isStorageFull: false }
    } catch (cause) {
      if (!isStorageFull(cause) || !this.#dropBallast()) throw folderError(this.#paths.ledger, cause)
    }
    try {
      this.#transaction(change)
      return { isStorageFull: true }
    } catch (cause) {
      throw folderError(this.#paths.ledger, cause)
    }
  }

  #transaction(change: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      change()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#readNextTextId()
      throw error
    }
  }

  /**
   * Brings what is in the log into the file. SQLite does it when it closes the file, and says nothing when that fails.
   *
   * @throws {LedgerError} HOOKCAST_STORAGE_FULL, HOOKCAST_LEDGER_UNUSABLE.
   */
  settle(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch (cause) {
      throw folderError(this.#paths.ledger, cause)
    }
  }

  #dropBallast(): boolean {
    try {
      unlinkSync(this.#paths.ballast)
      return true
    } catch {
      return false
    }
  }

  [Symbol.dispose](): void {
    if (!this.#database.isOpen) return
    this.#log.close()
    this.#database.close()
  }

  /** The id of a string in `text`, made when it is not remembered; null for null. */
  textId(value: string | null): number | null {
    if (value === null) return null
    const known = this.#texts.get(value)
    if (known !== undefined) return known
    const id = this.#nextTextId++
    this.run(sql.insertText, id, value)
    if (this.#texts.size >= REMEMBERED_TEXTS) this.#texts.clear()
    this.#texts.set(value, id)
    return id
  }

  exec(text: string): void {
    this.#database.exec(text)
  }

  #readNextTextId(): void {
    this.#texts.clear()
    this.#nextTextId = 1 + Number(this.get(sql.lastTextId)?.['id'] ?? 0)
  }

  #statement(text: string): StatementSync {
    let statement = this.#prepared.get(text)
    if (statement === undefined) {
      statement = this.#database.prepare(text)
      this.#prepared.set(text, statement)
    }
    return statement
  }

  run(text: string, ...values: readonly SQLInputValue[]): void {
    this.#statement(text).run(...values)
  }

  get(text: string, ...values: readonly SQLInputValue[]): Record<string, unknown> | undefined {
    return this.#statement(text).get(...values)
  }

  iterate(text: string, ...values: readonly SQLInputValue[]): NodeJS.Iterator<Record<string, unknown>> {
    return this.#statement(text).iterate(...values)
  }

  all(text: string, ...values: readonly SQLInputValue[]): Record<string, unknown>[] {
    return this.#statement(text).all(...values)
  }
}

/** Opens the file for reading, also while another process writes it; one of an earlier version is brought up to date first. */
export function openForReading(paths: RunPaths): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(paths.ledger, { readOnly: true, timeout: BUSY_MS })
    if (schemaVersion(database, paths) === MIGRATIONS.length) return database
    database.close()
    database = new DatabaseSync(paths.ledger, { timeout: BUSY_MS })
    migrate(database, paths)
    return database
  } catch (cause) {
    database?.close()
    throw folderError(paths.ledger, cause)
  }
}

function schemaVersion(database: DatabaseSync, paths: RunPaths): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > MIGRATIONS.length) {
    throw new LedgerError(
      'HOOKCAST_LEDGER_UNUSABLE',
      `The ledger has schema ${version}, this version of hookcast knows up to ${MIGRATIONS.length}: use the newer hookcast that wrote it: ${paths.ledger}`,
    )
  }
  return version
}

function migrate(database: DatabaseSync, paths: RunPaths): void {
  if (schemaVersion(database, paths) === MIGRATIONS.length) return
  database.exec('BEGIN IMMEDIATE')
  // Read again: another process may have been first.
  const version = schemaVersion(database, paths)
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
}
