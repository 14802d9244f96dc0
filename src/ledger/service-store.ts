import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { HookcastError, LedgerError } from '../errors.ts'
import { GroupStore } from './group-store.ts'
import { folderError, isSqliteBusy } from './folder-error.ts'
import { RESTORING, SERVICE_MIGRATIONS } from './service-schema.ts'

export type { Row, Statements } from './group-store.ts'

const LOOK_MS = 500

/** `service.db`: what the service holds besides runs and event webhooks, and the lock on the data folder. */
export class ServiceStore extends GroupStore {
  readonly #lock: DatabaseSync
  readonly #holder: string

  /**
   * Opens the store of a data folder for this process alone, making or migrating its tables.
   *
   * @throws {HookcastError} HOOKCAST_SERVICE_RUNNING, when another process has it.
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when it is damaged, read-only or of a newer schema; HOOKCAST_STORAGE_FULL.
   */
  constructor(dataFolder: string, clock: Clock) {
    const lock = takeLock(dataFolder)
    try {
      const path = join(dataFolder, 'service.db')
      super({ path, clock, migrations: SERVICE_MIGRATIONS, name: "the service's store" })
    } catch (error) {
      lock.close()
      throw error
    }
    this.#lock = lock
    this.#holder = holderIn(dataFolder)
  }

  /** Commits what is waiting, and gives the store to whoever comes next. */
  override [Symbol.dispose](): void {
    if (!this.#lock.isOpen) return
    super[Symbol.dispose]()
    try {
      rmSync(this.#holder, { force: true })
    } finally {
      this.#lock.close()
    }
  }
}

/** The kernel gives the lock back when the process ends, however it ends. */
function takeLock(dataFolder: string): DatabaseSync {
  const path = join(dataFolder, 'service.lock')
  if (existsSync(join(dataFolder, RESTORING))) {
    const message = `A restore into the data folder goes on, or was broken off: do it again with \`hookcast restore\`: ${dataFolder}`
    throw new LedgerError('HOOKCAST_LEDGER_UNUSABLE', message)
  }
  let lock: DatabaseSync | undefined
  try {
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
    lock = new DatabaseSync(path, { timeout: LOOK_MS })
    lock.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    sayHolder(dataFolder)
    return lock
  } catch (cause) {
    lock?.close()
    if (!isSqliteBusy(cause)) throw folderError(path, cause)
    throw new HookcastError(
      'HOOKCAST_SERVICE_RUNNING',
      `Another service has this data folder${holderOf(dataFolder)}: stop it, or name another folder with --data: ${dataFolder}`,
      { cause },
    )
  }
}

function holderIn(dataFolder: string): string {
  return join(dataFolder, 'service.pid')
}

/** For people alone: what a killed process has left there is read by nobody, as the lock is free then. */
function sayHolder(dataFolder: string): void {
  try {
    writeFileSync(holderIn(dataFolder), `${process.pid}\n`, { mode: 0o600 })
  } catch {
    // A full disk is told of by whoever has something to keep.
  }
}

function holderOf(dataFolder: string): string {
  try {
    const [pid] = /^\d+/.exec(readFileSync(holderIn(dataFolder), 'utf8')) ?? []
    return pid === undefined ? '' : ` (process ${pid})`
  } catch {
    return ''
  }
}
