import { rmSync } from 'node:fs'
import { notBegun } from '../ledger/folder-error.ts'
import { type RunPaths } from '../ledger/run-folder.ts'

/** A run that never began leaves nothing behind. */
export async function orRemove<T>(paths: RunPaths, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    rmSync(paths.folder, { recursive: true, force: true })
    throw notBegun(error)
  }
}
