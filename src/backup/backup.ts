import { constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { copyFile, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import { folderError } from '../ledger/folder-error.ts'
import { listRunIds, syncFolder } from '../ledger/run-folder.ts'
import { describeFile, writeManifest, type BackupFile } from './manifest.ts'

export { restoreData, type Restored } from './restore.ts'

export interface BackupOptions {
  readonly dataFolder: string
  /** The folder to make. */
  readonly target: string
  readonly clock: Clock
  readonly version: string
}

/** Made anew by whoever needs them, or of a process that is not there any more. */
const LEFT_OUT = /^(?:ballast|request(?:\..+)?|lock\.db|coordinator\.pid|.*-(?:wal|shm|journal))$/
const ATTEMPTS = 3
const BUSY_MS = 5000

/**
 * Copies a data folder, also while a service and runs work on it.
 *
 * Each database is copied as of one moment, in an order that makes the whole safe to go on from: the inbox before the runs
 * that take from it, a ledger before its spool, the days of messages before the endpoints. The key of the secrets is not in it.
 * @throws {HookcastError} HOOKCAST_BACKUP_UNUSABLE, when the target is there already or no data is; HOOKCAST_STORAGE_FULL.
 */
export async function backUp({ dataFolder, target, clock, version }: BackupOptions): Promise<readonly BackupFile[]> {
  if (existsSync(target))
    throw unusable(`There is something at the backup's place already, name a new folder: ${target}`)
  const runs = listRunIds(dataFolder)
  const service = ['service.db', 'erasure.key'].filter((name) => existsSync(join(dataFolder, name)))
  const days = namesIn(join(dataFolder, 'events/days')).filter((name) => name.endsWith('.db'))
  const hasEvents = existsSync(join(dataFolder, 'events/events.db'))
  if (service.length + runs.length === 0)
    throw unusable(`There is nothing to back up: no run and no service in ${dataFolder}`)
  const madeAt = new Date(clock.now()).toISOString()
  const copier = new Copier(dataFolder, target)
  try {
    mkdirSync(target, { recursive: true, mode: 0o700 })
    for (const name of service) await copier.copy(name)
    for (const runId of runs) await copier.copyRun(runId)
    for (const name of days) await copier.copyDay(name)
    if (hasEvents) await copier.copy('events/events.db')
    writeManifest(target, { schema: 1, made_at: madeAt, hookcast: version, files: copier.files })
    syncFolder(target)
  } catch (cause) {
    rmSync(target, { recursive: true, force: true })
    throw folderError(target, cause)
  }
  return copier.files
}

class Copier {
  readonly #from: string
  readonly #to: string
  files: BackupFile[] = []

  constructor(from: string, to: string) {
    this.#from = from
    this.#to = to
  }

  /** A run's folder may be removed meanwhile, as its time is over, or its spool written anew, as somebody is erased from it. */
  async copyRun(runId: string): Promise<void> {
    const folder = `runs/${runId}`
    for (let attempt = 1; existsSync(join(this.#from, folder, 'ledger.db')); attempt++) {
      const before = this.files
      try {
        await this.copy(`${folder}/ledger.db`)
        // What it says of the rows is true of files that only grow afterwards.
        const names = namesIn(join(this.#from, folder)).filter((name) => name !== 'ledger.db' && !LEFT_OUT.test(name))
        // What the state of a spool says of its rows stays true of files that only grow.
        const [state, others] = [names.filter(isSpoolState), names.filter((name) => !isSpoolState(name))]
        for (const name of [...state, ...others]) await this.copy(`${folder}/${name}`)
        return
      } catch (error) {
        const isRemoved = !existsSync(join(this.#from, folder, 'ledger.db'))
        if (!isRemoved && (!isGone(error) || attempt === ATTEMPTS)) throw error
        rmSync(join(this.#to, folder), { recursive: true, force: true })
        this.files = before
      }
    }
  }

  /** A day of messages is removed with the end of another, as its time is over: when many back up. */
  async copyDay(name: string): Promise<void> {
    const path = `events/days/${name}`
    try {
      await this.copy(path)
    } catch (error) {
      if (existsSync(join(this.#from, path))) throw error
      rmSync(join(this.#to, path), { force: true })
    }
  }

  async copy(path: string): Promise<void> {
    const from = join(this.#from, path)
    const to = join(this.#to, path)
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 })
    if (path.endsWith('.db')) copyDatabase(from, to)
    else await copyFile(from, to, constants.COPYFILE_EXCL)
    const handle = await open(to, 'r+')
    await handle.chmod(0o600)
    await handle.sync()
    await handle.close()
    this.files = [...this.files, await describeFile(this.#to, path)]
  }
}

/** In one read transaction, which nobody who writes waits for; SQLite's backup API begins anew whenever somebody writes. */
function copyDatabase(from: string, to: string): void {
  try {
    using database = new DatabaseSync(from, { readOnly: true, timeout: BUSY_MS })
    database.prepare('VACUUM INTO ?').run(to)
  } catch (cause) {
    throw folderError(from, cause)
  }
}

function namesIn(folder: string): readonly string[] {
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .flatMap((entry) => (entry.isFile() ? [entry.name] : []))
        .toSorted()
    : []
}

function isSpoolState(name: string): boolean {
  return name === 'spool.json'
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function unusable(message: string): HookcastError {
  return new HookcastError('HOOKCAST_BACKUP_UNUSABLE', message)
}
