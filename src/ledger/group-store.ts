import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { LedgerError, type HookcastError } from '../errors.ts'
import { Checkpoints, LOG_PRAGMAS } from './checkpoints.ts'
import { atTheStart, folderError } from './folder-error.ts'
import { LogFile } from './log-file.ts'

export type Row = Readonly<Record<string, unknown>>

/** Statements by their text, prepared once. */
export interface Statements {
  run(sql: string, ...values: readonly SQLInputValue[]): { readonly changes: number }
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[]
}

interface Waiting {
  readonly change: () => void
  readonly settle: (error: unknown) => void
}

/** Prepared as any other: `exec` would compile them anew for each change. */
const SAVE = 'SAVEPOINT change'
const KEEP = 'RELEASE change'
/** Checkpoints nothing: it only tells how many pages the log has. */
const LOG_PAGES = 'PRAGMA wal_checkpoint(NOOP)'

export interface GroupStoreOptions {
  readonly path: string
  readonly clock: Clock
  /** Numbered by their place (`PRAGMA user_version`), never edited after release. */
  readonly migrations: readonly string[]
  /** Whose it is, as messages say it: `the service's store`. */
  readonly name: string
  /** Of a new file: a change writes whole pages, so small ones suit rows that lie far apart. */
  readonly pageBytes?: number
}

/** Changes that come within this time are one commit: each waits for the disk, and with them 2,000 a second come in. */
const GROUP_MS = 4
/** While many come: a page that they share is written once for all of them, and a slow disk is asked less often. */
const BUSY_GROUP_MS = 12
const BUSY_CHANGES = 6
const BUSY_MS = 5000
const PAGE_BYTES = 4096

/**
 * A SQLite file that one process has and writes in groups.
 *
 * What a `commit` has resolved for survives a power cut, as with the full sync of a ledger. But SQLite's own sync would hold
 * up everything else: a group is written, and seen by whoever reads, and its changes resolve once the log is synced beside.
 * What comes meanwhile is the next group. What the log holds goes into the file beside, too.
 */
export class GroupStore implements Statements, Disposable {
  readonly #path: string
  readonly #name: string
  readonly #clock: Clock
  readonly #database: DatabaseSync
  readonly #log: LogFile
  readonly #checkpoints: Checkpoints
  readonly #prepared = new Map<string, StatementSync>()
  #waiting: Waiting[] = []
  #groupMs = GROUP_MS
  #cancelFlush: (() => void) | null = null
  /** Of the group that was written last; null once it is on the disk. */
  #syncing: Promise<void> | null = null
  /** The end of a checkpoint wants nothing to be written. */
  #isHeld = false
  /** The time of a group came while the one before was synced, or it was held up. */
  #isDue = false
  /** Why nothing can be written any more. */
  #broken: HookcastError | null = null

  /**
   * Opens the file, making or migrating its tables.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when it is damaged, read-only or of a newer schema; HOOKCAST_STORAGE_FULL.
   */
  constructor({ path, clock, migrations, name, pageBytes = PAGE_BYTES }: GroupStoreOptions) {
    this.#clock = clock
    this.#path = path
    let database: DatabaseSync | undefined
    try {
      database = new DatabaseSync(path, { timeout: BUSY_MS })
      database.exec(
        `PRAGMA page_size = ${pageBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA secure_delete = FAST`,
      )
      migrate(database, { path, migrations, name })
      this.#log = LogFile.of(path)
      // Its log is synced by us from here on; SQLite goes on syncing it before what is in it goes into the file.
      database.exec(LOG_PRAGMAS)
      this.#database = database
    } catch (cause) {
      database?.close()
      throw folderError(path, cause, name)
    }
    this.#name = name
    this.#checkpoints = new Checkpoints({
      path,
      pageBytes: Number(this.get('PRAGMA page_size')!['page_size']),
      clock,
      hold: () => {
        this.#isHeld = true
      },
      release: () => {
        this.#isHeld = false
        if (this.#isDue) this.#flushBeside()
      },
      onFailed: () => {
        if (this.#database.isOpen) this.#database.exec('PRAGMA wal_autocheckpoint = 1000')
      },
    })
  }

  /**
   * Makes a change, in one transaction with others of the same few milliseconds; resolves once it is on the disk.
   *
   * A change that throws is undone alone, and its promise rejects with what it threw.
   * @throws {LedgerError} HOOKCAST_STORAGE_FULL, HOOKCAST_LEDGER_UNUSABLE: nothing of the group was kept. After a sync that
   *   failed nobody knows what is on the disk: nothing is written any more until the file is opened again.
   */
  commit<T>(change: (statements: Statements) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (this.#broken !== null || !this.#database.isOpen) {
      reject(this.#broken ?? new LedgerError('HOOKCAST_LEDGER_UNUSABLE', `The store is closed: ${this.#path}`))
      return promise
    }
    let made: { readonly value: T } | null = null
    this.#waiting.push({
      change: () => {
        made = { value: change(this) }
      },
      settle: (error) => (error === null && made !== null ? resolve(made.value) : reject(error)),
    })
    this.#cancelFlush ??= this.#clock.after(this.#groupMs, () => this.#flushBeside())
    return promise
  }

  /**
   * Resolves when all that can be read by now is on the disk: what is done with it must not outlive it.
   *
   * @throws {LedgerError} when it cannot be known to be.
   */
  async settled(): Promise<void> {
    await this.#syncing
    if (this.#broken !== null) throw this.#broken
  }

  /**
   * Leaves nothing of what was deleted in the file: pages that were freed or split before hold copies that no statement
   * reaches. It takes a second for some 100 MB, in which nothing else goes on.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when somebody reads it for so long that its log cannot be cut.
   */
  purge(): void {
    this.flush()
    try {
      // Aside goes to the disk of temporary files, not into memory.
      this.#database.exec('PRAGMA temp_store = FILE; VACUUM')
      const { busy } = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() ?? {}
      if (busy === 0) return
    } catch (cause) {
      throw folderError(this.#path, cause, this.#name)
    } finally {
      this.#database.exec('PRAGMA temp_store = MEMORY')
    }
    const message = `Could not cut the store's log while somebody reads it: end that (a backup) and erase again: ${this.#path}`
    throw new LedgerError('HOOKCAST_LEDGER_UNUSABLE', message)
  }

  /** Commits what is waiting, which is on the disk when this returns. */
  flush(): void {
    const settle = this.#write()
    if (settle === null) return
    try {
      this.#log.sync()
      settle(null)
    } catch (cause) {
      settle(this.#break(cause))
    }
  }

  #flushBeside(): void {
    this.#isDue = this.#syncing !== null || this.#isHeld
    if (this.#isDue) return
    const settle = this.#write()
    if (settle !== null) this.#syncing = this.#syncBeside(settle)
  }

  async #syncBeside(settle: (error: unknown) => void): Promise<void> {
    let error: unknown = null
    try {
      await this.#log.syncBeside()
    } catch (cause) {
      error = this.#break(cause)
    }
    this.#syncing = null
    settle(error)
    if (this.#isDue) this.#flushBeside()
  }

  /** Its changes may be in the file all the same, so that no later ones may be told of as kept. */
  #break(cause: unknown): HookcastError {
    const error = folderError(this.#path, cause, this.#name)
    this.#broken = error
    for (const { settle } of this.#waiting) settle(error)
    this.#waiting = []
    return error
  }

  /** Writes a group; gives what tells those who made it, once it is on the disk, or why it is not; null for none. */
  #write(): ((error: unknown) => void) | null {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    const group = this.#waiting
    this.#waiting = []
    if (group.length === 0) return null
    this.#groupMs = group.length < BUSY_CHANGES ? GROUP_MS : BUSY_GROUP_MS
    const failures = new Map<Waiting, unknown>()
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      for (const waiting of group) this.#try(waiting, failures)
      this.#database.exec('COMMIT')
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const error = folderError(this.#path, cause, this.#name)
      for (const { settle } of group) settle(error)
      return null
    }
    this.#checkpoints.look(Number(this.get(LOG_PAGES)?.['log']))
    return (error) => {
      for (const waiting of group) waiting.settle(error ?? (failures.has(waiting) ? failures.get(waiting) : null))
    }
  }

  #try(waiting: Waiting, failures: Map<Waiting, unknown>): void {
    this.run(SAVE)
    try {
      waiting.change()
      this.run(KEEP)
    } catch (error) {
      // A full disk ends the transaction by itself, and with it the group.
      if (!this.#database.isTransaction) throw error
      this.#database.exec('ROLLBACK TO change; RELEASE change')
      failures.set(waiting, error)
    }
  }

  run(sql: string, ...values: readonly SQLInputValue[]): { readonly changes: number } {
    return { changes: Number(this.#statement(sql).run(...values).changes) }
  }

  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values)
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (statement === undefined) {
      statement = this.#database.prepare(sql)
      this.#prepared.set(sql, statement)
    }
    return statement
  }

  /** Commits what is waiting, and closes the file. */
  [Symbol.dispose](): void {
    if (!this.#database.isOpen) return
    this.flush()
    this.#checkpoints[Symbol.dispose]()
    this.#log.close()
    this.#database.close()
  }
}

function migrate(
  database: DatabaseSync,
  { path, migrations, name }: Pick<GroupStoreOptions, 'path' | 'migrations' | 'name'>,
): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version > migrations.length) {
    throw new LedgerError(
      'HOOKCAST_LEDGER_UNUSABLE',
      `${atTheStart(name)} has schema ${version}, this version of hookcast knows up to ${migrations.length}: use the newer hookcast that wrote it: ${path}`,
    )
  }
  if (version === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  for (const migration of migrations.slice(version)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`)
}
