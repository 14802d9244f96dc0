import { rmSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import { Ledger } from '../ledger/ledger.ts'
import { isRunLocked, lockRun } from '../ledger/run-folder.ts'
import { readReport, type RunReport } from '../report/report.ts'
import { putRunRequest, type RunRequest } from '../runner/runner.ts'
import type { KnownRun } from './known-run.ts'

interface Waiting {
  readonly clock: Clock
  /** Ends the waiting: what was asked for stays asked for. */
  readonly signal: AbortSignal
}

/**
 * Lets a run finish what is in flight and stop there, in whatever process it goes on.
 *
 * @throws {HookcastError} HOOKCAST_RUN_STATE, when it has ended; HOOKCAST_RUN_IN_USE, when it takes too long.
 */
export async function pauseRun(
  run: KnownRun,
  { clock, signal }: Waiting,
): Promise<{ readonly wasGoingOn: boolean; readonly report: RunReport }> {
  const wasGoingOn = isRunLocked(run.paths)
  if (wasGoingOn) await askRun(run, 'pause', { clock, signal })
  const report = reportOf(run, clock)
  const { state } = report
  if (state === 'finished' || state === 'cancelled' || state === 'aborted') {
    throw new HookcastError('HOOKCAST_RUN_STATE', `The run cannot be paused, it is ${state}: ${run.runId}`)
  }
  return { wasGoingOn, report }
}

/**
 * Ends a run for good, whether somebody works on it or not: whoever has no result yet is aborted.
 *
 * @throws {HookcastError} HOOKCAST_RUN_STATE, when it is finished; HOOKCAST_RUN_IN_USE, when it takes too long.
 */
export async function cancelRun(run: KnownRun, { clock, signal }: Waiting): Promise<RunReport> {
  if (isRunLocked(run.paths)) await askRun(run, 'cancel', { clock, signal })
  const { state } = reportOf(run, clock)
  if (state === 'finished') {
    throw new HookcastError('HOOKCAST_RUN_STATE', `The run cannot be cancelled, it is finished: ${run.runId}`)
  }
  if (state !== 'cancelled') endForGood(run, clock)
  return reportOf(run, clock)
}

const LOOK_MS = 200
/** An attempt in flight takes up to its timeout (10 s by default) to come back; twice that, and some room. */
const LONGEST_WAIT_MS = 30_000

/** Asks whoever works on a run, and waits until nobody does any more, or a service only keeps it, for events to come. */
async function askRun(run: KnownRun, request: RunRequest, { clock, signal }: Waiting): Promise<void> {
  putRunRequest(run.paths, request)
  const until = clock.now() + LONGEST_WAIT_MS
  const isDone = (): boolean => !isRunLocked(run.paths) || (request === 'pause' && isKept(run, clock))
  while (!isDone()) {
    if (clock.now() >= until) {
      const message = `The run was asked to ${request} and is still finishing what is in flight, after ${LONGEST_WAIT_MS / 1000} s: ${run.runId}`
      throw new HookcastError('HOOKCAST_RUN_IN_USE', message)
    }
    await clock.sleep(LOOK_MS, signal)
    signal.throwIfAborted()
  }
}

function isKept({ paths, snapshot }: KnownRun, clock: Clock): boolean {
  return snapshot.event !== undefined && readReport(paths, { isLocked: true, clock }).state !== 'running'
}

/** Where a run that nobody works on stands. */
function reportOf({ paths }: KnownRun, clock: Clock): RunReport {
  return readReport(paths, { isLocked: false, clock })
}

/** Nobody works on the run who could be asked: its last state is written here. */
function endForGood({ paths }: KnownRun, clock: Clock): void {
  const lock = lockRun(paths)
  try {
    using ledger = new Ledger(paths)
    ledger.commit(() => ledger.saveState('cancelled', clock.now()))
    ledger.buildCustomerIndex()
    rmSync(paths.ballast, { force: true })
  } finally {
    lock.release()
  }
}
