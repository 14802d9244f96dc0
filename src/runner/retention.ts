import { existsSync, rmSync, statSync } from 'node:fs'
import { startOfRunId } from '../campaign/run-id.ts'
import type { RunState } from '../campaign/result.ts'
import { HookcastError } from '../errors.ts'
import { hasBeenLocked, listRunFolders, lockRun, runPaths, type RunPaths } from '../ledger/run-folder.ts'
import { runRowFrom } from '../ledger/rows.ts'
import { selectRun } from '../ledger/statements.ts'
import { openForReading } from '../ledger/store.ts'
import { readSnapshot } from './run-snapshot.ts'

/** A run whose folder was removed; `state` is null for one that never began. */
export interface RemovedRun {
  readonly run_id: string
  readonly state: RunState | null
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Of runs that were made before it was kept with them. */
const RETAIN_DAYS = 90

/**
 * A run that can go on is not taken away over a weekend, however short its `retain`: nobody would know who was sent to.
 *
 * Default: a week, in which somebody looks.
 */
const UNFINISHED_MS = 7 * DAY_MS

/** A folder in which nothing was ever locked may be a moment old, and its maker about to lock it. */
const ORPHAN_MS = HOUR_MS

/**
 * Removes the folders of runs that ended longer ago than their `retain`, and those of runs that died before they began.
 *
 * Never one that a process works on. An unfinished run (interrupted, paused, killed, aborted) is kept for a week at least
 * after it stopped, and then goes like any other: what it holds of customers is what `retain` is for. What cannot be
 * removed or read stays: this is no reason to keep anything else from being done.
 */
export function removeExpiredRuns(dataFolder: string, now: number): readonly RemovedRun[] {
  return listRunFolders(dataFolder).flatMap((runId) => {
    const paths = runPaths(dataFolder, runId)
    try {
      const hasBegun = existsSync(paths.ledger)
      const state = hasBegun ? removeIfExpired(paths, { runId, now }) : removeOrphan(paths, { runId, now })
      return state === 'kept' ? [] : [{ run_id: runId, state }]
    } catch (error) {
      if (error instanceof HookcastError || (error instanceof Error && 'code' in error)) return []
      throw error
    }
  })
}

interface Moment {
  readonly runId: string
  readonly now: number
}

function removeIfExpired(paths: RunPaths, { runId, now }: Moment): RunState | 'kept' {
  // Without a look into anything: no `retain` is shorter than an hour, and no run ended before it began.
  const age = now - startOfRunId(runId)
  if (age < HOUR_MS) return 'kept'
  const retainMs = (readSnapshot(paths).retainDays ?? RETAIN_DAYS) * DAY_MS
  if (age < retainMs) return 'kept'
  const lock = lockRun(paths)
  try {
    const { state, endedAt } = endOf(paths)
    const isOver = state === 'finished' || state === 'cancelled'
    if (now - endedAt < (isOver ? retainMs : Math.max(retainMs, UNFINISHED_MS))) return 'kept'
    removeFolder(paths)
    return state
  } finally {
    lock.release()
  }
}

function removeOrphan(paths: RunPaths, { runId, now }: Moment): null | 'kept' {
  if (!hasBeenLocked(paths) && now - startOfRunId(runId) < ORPHAN_MS) return 'kept'
  const lock = lockRun(paths)
  try {
    // It may have begun while we came by.
    if (existsSync(paths.ledger)) return 'kept'
    removeFolder(paths)
    return null
  } finally {
    lock.release()
  }
}

/** How a run stands, and since when: a process that was killed wrote down no end. */
function endOf(paths: RunPaths): { readonly state: RunState; readonly endedAt: number } {
  using ledger = openForReading(paths)
  const { state, finishedAt } = runRowFrom(ledger.prepare(selectRun).get())
  if (state === 'running') return { state: 'interrupted', endedAt: lastWrite(paths) }
  return { state, endedAt: finishedAt ?? lastWrite(paths) }
}

function lastWrite({ ledger }: RunPaths): number {
  const files = [ledger, `${ledger}-wal`].filter((file) => existsSync(file))
  return Math.max(...files.map((file) => statSync(file).mtimeMs))
}

/** The ledger first: a folder without one is no run, and goes the next time if this process dies here. */
function removeFolder({ folder, ledger }: RunPaths): void {
  for (const file of [ledger, `${ledger}-wal`, `${ledger}-shm`]) rmSync(file, { force: true })
  rmSync(folder, { recursive: true, force: true })
}
