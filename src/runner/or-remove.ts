import { rmSync } from 'node:fs'
import { HookcastError, LedgerError } from '../errors.ts'
import type { RunPaths } from '../ledger/run-folder.ts'

/** A run that never began leaves nothing behind; that its disk is full is told without the advice to resume it. */
export async function orRemove<T>(paths: RunPaths, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    rmSync(paths.folder, { recursive: true, force: true })
    if (!(error instanceof HookcastError) || error.code !== 'HOOKCAST_STORAGE_FULL') throw error
    const message = `${error.message}; the run had not begun, nothing was sent`
    throw new LedgerError('HOOKCAST_STORAGE_FULL', message, { cause: error })
  }
}
