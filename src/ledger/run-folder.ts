import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { RUN_ID_PATTERN } from '../campaign/run-id.ts'
import { HookcastError, LedgerError } from '../errors.ts'
import { folderError, isSqliteBusy, notBegun } from './folder-error.ts'

/** Magic numbers of `statfs(2)`: databases on these lose their locks, and with them customers. */
const NETWORK_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  0x6969: 'NFS',
  0x517b: 'SMB',
  0xff534d42: 'CIFS',
  0xfe534d42: 'SMB2',
  0x01021997: '9P',
}

/** Room that can be given up when the disk is full, so that what is in flight can still be written down. */
const BALLAST_BYTES = 8 * 1024 * 1024

export interface RunPaths {
  readonly folder: string
  readonly ledger: string
  readonly snapshot: string
  readonly ballast: string
  readonly request: string
  /** There while senders on workers may have a part of the run. */
  readonly workers: string
}

export function runPaths(dataFolder: string, runId: string): RunPaths {
  const folder = join(dataFolder, 'runs', runId)
  return {
    folder,
    ledger: join(folder, 'ledger.db'),
    snapshot: join(folder, 'snapshot.json'),
    ballast: join(folder, 'ballast'),
    request: join(folder, 'request'),
    workers: join(folder, 'workers'),
  }
}

/**
 * Makes the folder of a new run.
 *
 * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when it cannot be written or lies on a network disk.
 */
export function createRunFolder(dataFolder: string, runId: string): RunPaths {
  const paths = runPaths(dataFolder, runId)
  try {
    mkdirSync(paths.folder, { recursive: true, mode: 0o700 })
    const network = NETWORK_FILE_SYSTEMS[statfsSync(paths.folder).type]
    if (network !== undefined) {
      rmSync(paths.folder, { recursive: true })
      throw new LedgerError(
        'HOOKCAST_LEDGER_UNUSABLE',
        `The data folder lies on a network disk (${network}), where locks do not hold: name a folder on a local disk with --data: ${dataFolder}`,
      )
    }
    writeFileSync(paths.ballast, Buffer.alloc(BALLAST_BYTES))
  } catch (cause) {
    const error = folderError(paths.folder, writeFailure(dataFolder) ?? cause)
    // Half of a ballast would only make a full disk fuller.
    rmSync(paths.folder, { recursive: true, force: true })
    throw notBegun(error)
  }
  return paths
}

/**
 * Takes the room again that was given up when the disk was full, before a run goes on.
 *
 * @throws {LedgerError} HOOKCAST_STORAGE_FULL, when there is still none.
 */
export function restoreBallast({ ballast }: RunPaths): void {
  if (existsSync(ballast)) return
  try {
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES))
  } catch (cause) {
    rmSync(ballast, { force: true })
    throw folderError(ballast, cause)
  }
}

/** Makes the names of files in it last over a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** Why nothing can be made in a folder that is to be made: a recursive mkdir says ENOENT of a read-only disk (Node 24). */
function writeFailure(folder: string): unknown {
  const existing = existsSync(folder) ? folder : dirname(folder)
  if (existing !== folder && !existsSync(existing)) return writeFailure(existing)
  try {
    accessSync(existing, constants.W_OK)
    return null
  } catch (error) {
    return error
  }
}

/** Finds a run by its id, or by a beginning of it that no other run shares. */
export function findRun(dataFolder: string, wanted: string): RunPaths & { readonly runId: string } {
  const matches = listRunIds(dataFolder).filter((runId) => runId.startsWith(wanted))
  const exact = matches.find((runId) => runId === wanted) ?? (matches.length === 1 ? matches[0] : undefined)
  if (exact === undefined || wanted === '') {
    const why = matches.length > 1 ? `${matches.length} runs begin like that` : 'no such run'
    throw new HookcastError('HOOKCAST_RUN_UNKNOWN', `Could not find the run in ${dataFolder}, ${why}: ${wanted}`)
  }
  return { runId: exact, ...runPaths(dataFolder, exact) }
}

/** Every run of the data folder, newest first (a UUIDv7 sorts by time). */
export function listRunIds(dataFolder: string): string[] {
  return listRunFolders(dataFolder).filter((runId) => existsSync(runPaths(dataFolder, runId).ledger))
}

/** The same with those that have not begun (a folder without a ledger): their audience is being read, or they died over it. */
export function listRunFolders(dataFolder: string): string[] {
  const runs = join(dataFolder, 'runs')
  if (!existsSync(runs)) return []
  return readdirSync(runs)
    .filter((name) => RUN_ID_PATTERN.test(name))
    .toSorted()
    .toReversed()
}

export interface RunLock {
  release(): void
}

/**
 * Takes the run for this process. The kernel gives the lock back when the process ends, however it ends.
 *
 * @throws {HookcastError} HOOKCAST_RUN_IN_USE, when another process has it.
 */
export function lockRun(paths: RunPaths): RunLock {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lockFile(paths), { timeout: LOOK_MS })
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    writeFileSync(holderFile(paths), String(process.pid))
  } catch (cause) {
    database?.close()
    if (isSqliteBusy(cause)) {
      throw new HookcastError(
        'HOOKCAST_RUN_IN_USE',
        `Another process${holderOf(paths)} is working on this run: wait for it, or stop it with \`hookcast pause\`: ${paths.folder}`,
        { cause },
      )
    }
    throw folderError(paths.folder, cause)
  }
  const held = database
  return { release: () => (held.isOpen ? held.close() : undefined) }
}

/** True while some process works on the run; looks without taking the lock. */
export function isRunLocked(paths: RunPaths): boolean {
  if (!existsSync(lockFile(paths))) return false
  try {
    using database = new DatabaseSync(lockFile(paths), { readOnly: true })
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return false
  } catch (cause) {
    if (isSqliteBusy(cause)) return true
    throw folderError(paths.folder, cause)
  }
}

/** Whether some process has worked on the run before, or does now. */
export function hasBeenLocked(paths: RunPaths): boolean {
  return existsSync(holderFile(paths))
}

function holderFile({ folder }: RunPaths): string {
  return join(folder, 'coordinator.pid')
}

function lockFile({ folder }: RunPaths): string {
  return join(folder, 'lock.db')
}

/** Somebody may be looking whether the run is locked, which takes a moment. */
const LOOK_MS = 500

function holderOf(paths: RunPaths): string {
  try {
    return ` (pid ${readFileSync(holderFile(paths), 'utf8')})`
  } catch {
    return ''
  }
}
