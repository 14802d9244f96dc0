import { closeSync, fsync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LedgerError } from '../errors.ts'
import type { SourceIdentity } from './open-source.ts'
import type { SpoolSummary } from './row-pass.ts'

const syncFile = promisify(fsync)

/** Rows between two entries of the index. */
export const INDEX_STRIDE = 256

/** Spools hold customers' data: nobody but the owner reads them. */
export const FILE_MODE = 0o600

/**
 * The files of a spool.
 *
 * `spool.ndjson` has one line a row. `spool.idx` has the byte offset of rows 0, 256, 512 … in 8 bytes each, little-endian.
 * `spool.json` says what the rows come from and, once every row is in and on disk, how many there are: without that it is unsealed.
 * A spool that rows were erased from lies in files of a later generation (`spool.1.ndjson`), and `spool.json` says which counts.
 */
export function spoolFiles(folder: string, generation = 0): { readonly rows: string; readonly index: string } {
  const name = generation === 0 ? 'spool' : `spool.${generation}`
  return { rows: join(folder, `${name}.ndjson`), index: join(folder, `${name}.idx`) }
}

function stateFile(folder: string): string {
  return join(folder, 'spool.json')
}

export interface SpoolState {
  readonly schema: 1
  /** Null for standard input and for the spool of a replay: they cannot be read again. */
  readonly source: SourceIdentity | null
  /** Null while rows may still come, and after a crash in the middle. */
  readonly sealed: { readonly rows: number; readonly bytes: number; readonly summary: SpoolSummary } | null
  /** How often rows were erased from it; left out for never. */
  readonly generation?: number
  /** Pseudonyms of customers who were erased while rows could still come: they are left out when they do. */
  readonly erased?: readonly string[]
}

/** Null when there is no spool, or none that was even begun. */
export function readSpoolState(folder: string): SpoolState | null {
  let text: string
  try {
    text = readFileSync(stateFile(folder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw storageError('Could not read the spool', folder, error)
  }
  const state = JSON.parse(text) as { readonly schema: unknown }
  if (state.schema !== 1) {
    throw new LedgerError('HOOKCAST_LEDGER_UNUSABLE', `The spool is of a newer hookcast: ${folder}`)
  }
  return state as SpoolState
}

/** Replaces the state whole: after a crash either the old or the new one is there. */
export async function writeSpoolState(folder: string, state: SpoolState): Promise<void> {
  const path = stateFile(folder)
  const draft = `${path}.new`
  writeFileSync(draft, `${JSON.stringify(state)}\n`, { mode: FILE_MODE, flush: true })
  renameSync(draft, path)
  const fd = openSync(folder, 'r')
  try {
    await syncFile(fd)
  } finally {
    closeSync(fd)
  }
}

/** Removes the files of generations that do not count: what an erasure has left, or one that was killed. */
export function removeOldSpools(folder: string, { generation = 0 }: SpoolState): void {
  const { rows, index } = spoolFiles(folder, generation)
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (/^spool(\.\d+)?\.(ndjson|idx)$/.test(name) && path !== rows && path !== index) rmSync(path, { force: true })
  }
}

/** Names a failure of the run's folder by what a person can do about it. */
export function storageError(phrase: string, path: string, cause: unknown): LedgerError {
  const code = (cause as NodeJS.ErrnoException).code
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  const message = isFull ? `${phrase}, the disk is full: ${path}` : `${phrase}: ${path} (${code ?? 'unknown'})`
  return new LedgerError(isFull ? 'HOOKCAST_STORAGE_FULL' : 'HOOKCAST_LEDGER_UNUSABLE', message, { cause })
}
