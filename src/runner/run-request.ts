import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { RunPaths } from '../ledger/run-folder.ts'

/** What another process asks of a run's coordinator, by a file in its folder: the ledger has one writer. */
export type RunRequest = 'pause' | 'cancel'

const LOOK_MS = 250

export function putRunRequest(paths: RunPaths, request: RunRequest): void {
  writeFileSync(paths.request, request)
}

/** Drops a request that was left for an earlier process; called once the run is locked, and before anything is awaited. */
export function dropRunRequest(paths: RunPaths): void {
  rmSync(paths.request, { force: true })
}

/** Looks for requests, at once and then now and then, until the returned function is called. */
export function watchRunRequest(
  paths: RunPaths,
  { clock, onRequest }: { clock: Clock; onRequest: (request: RunRequest) => void },
): () => void {
  let cancel: (() => void) | null = null
  const look = (): void => {
    const request = takeRequest(paths)
    if (request !== null) onRequest(request)
    cancel = clock.after(LOOK_MS, look)
  }
  look()
  return () => cancel?.()
}

function takeRequest(paths: RunPaths): RunRequest | null {
  let text: string
  try {
    text = readFileSync(paths.request, 'utf8')
  } catch {
    return null
  }
  rmSync(paths.request, { force: true })
  return text === 'pause' || text === 'cancel' ? text : null
}
