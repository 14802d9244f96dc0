import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { HookcastError, LedgerError } from '../errors.ts'

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_READONLY = 8
const SQLITE_IOERR = 10
const SQLITE_CANTOPEN = 14
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_FULL = 13

function isSqliteError(error: unknown, primary: number): boolean {
  return sqliteCodeOf(error) === primary
}

function sqliteCodeOf(error: unknown): number | null {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : null
  return typeof code === 'number' ? code & 0xff : null
}

/** Whether somebody else holds a lock. */
export function isSqliteBusy(error: unknown): boolean {
  return isSqliteError(error, SQLITE_BUSY)
}

/** Whether the disk (or a quota) is full, as SQLite or the file system says it. */
export function isStorageFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT' || isSqliteError(error, SQLITE_FULL)
}

/** What was in flight could still be written down: the ballast was given up for it. */
export function storageFullError(): LedgerError {
  return new LedgerError(
    'HOOKCAST_STORAGE_FULL',
    'The disk of the data folder is full; what was in flight was written down',
  )
}

/** That the disk is full is told without the advice to resume what has not begun. */
export function notBegun(error: unknown): unknown {
  if (!(error instanceof HookcastError) || error.code !== 'HOOKCAST_STORAGE_FULL') return error
  const message = `${error.message}; the run had not begun, nothing was sent`
  return new LedgerError('HOOKCAST_STORAGE_FULL', message, { cause: error })
}

const READ_ONLY =
  'Could not write there, the folder is read-only or belongs to somebody else: choose another with --data'
const IN_ITS_PLACE = 'Could not make the folder, a file is in its place'
const FAILING =
  'The disk did not take what was written (disk I/O error): look at its health, and at the log of the kernel'

const WORDS_OF_FILES: ReadonlyMap<unknown, string> = new Map([
  ['EIO', FAILING],
  ['EROFS', READ_ONLY],
  ['EACCES', READ_ONLY],
  ['EPERM', READ_ONLY],
  ['ENOTDIR', IN_ITS_PLACE],
  ['EEXIST', IN_ITS_PLACE],
])
const DAMAGED = (store: string): string => `${atTheStart(store)} is damaged: restore it from a backup`
const LOCKED = (store: string): string => `Another program has locked ${store} (a backup, a database browser): end that`
const WORDS_OF_SQLITE: ReadonlyMap<number | null, (store: string) => string> = new Map([
  [SQLITE_BUSY, LOCKED],
  [SQLITE_LOCKED, LOCKED],
  [SQLITE_READONLY, () => READ_ONLY],
  [SQLITE_IOERR, () => FAILING],
  [SQLITE_CORRUPT, DAMAGED],
  [SQLITE_CANTOPEN, (store) => `Could not open ${store}`],
  [SQLITE_NOTADB, DAMAGED],
])

/** Turns what the disk said about a run's folder, or another store, into a sentence with what to do; errors of ours pass. */
export function folderError(place: string, cause: unknown, store = 'the ledger'): HookcastError {
  if (cause instanceof HookcastError) return cause
  if (isStorageFull(cause)) {
    return new LedgerError('HOOKCAST_STORAGE_FULL', `The disk is full: ${place}`, {
      cause,
    })
  }
  const code = isSqliteError(cause, SQLITE_CANTOPEN) ? refusalOf(dirname(place)) : codeOf(cause)
  const said = cause instanceof Error ? cause.message : String(cause)
  const words =
    WORDS_OF_FILES.get(code) ??
    WORDS_OF_SQLITE.get(sqliteCodeOf(cause))?.(store) ??
    `Could not use the folder (${said})`
  return new LedgerError('HOOKCAST_LEDGER_UNUSABLE', `${words}: ${place}`, { cause })
}

/** SQLite does not tell why it cannot open a file: a folder that takes none is read-only, or somebody else's. */
function refusalOf(folder: string): unknown {
  try {
    accessSync(folder, constants.W_OK)
    return null
  } catch (error) {
    return codeOf(error)
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null
}

/** What a sentence begins with: `the ledger` is `The ledger`. */
export function atTheStart(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}
