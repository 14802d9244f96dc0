import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import type { RunPaths } from '../ledger/run-folder.ts'

/** What another process asks of a run's coordinator, by a file in its folder: the ledger has one writer. */
export type RunRequest = 'pause' | 'cancel'

const LOOK_MS = 250

/** It is there whole or not at all: one that is met half-written would be taken for none, and dropped. */
export function putRunRequest({ request: path }: RunPaths, request: RunRequest): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, request)
  renameSync(draft, path)
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

function takeRequest({ request: path }: RunPaths): RunRequest | null {
  const taken = `${path}.taken`
  let text: string
  try {
    // What is put from now on is another one, and taken at the next look.
    renameSync(path, taken)
    text = readFileSync(taken, 'utf8')
  } catch {
    return null
  }
  rmSync(taken, { force: true })
  return text === 'pause' || text === 'cancel' ? text : null
}
