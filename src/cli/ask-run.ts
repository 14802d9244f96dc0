import { isRunLocked } from '../ledger/run-folder.ts'
import { readReport, type RunReport } from '../report/report.ts'
import { putRunRequest, type RunRequest } from '../runner/runner.ts'
import { HookcastError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import { untilInterrupted } from './interrupts.ts'
import type { KnownRun } from '../library/library.ts'

const LOOK_MS = 200
/** An attempt in flight takes up to its timeout (10 s by default) to come back; twice that, and some room. */
const LONGEST_WAIT_MS = 30_000

/**
 * Asks whoever works on a run to pause or cancel it, and waits until nobody does any more.
 *
 * @throws {HookcastError} HOOKCAST_RUN_IN_USE, when that takes too long; the request stays.
 */
export async function askRun(run: KnownRun, request: RunRequest, clock: Clock): Promise<void> {
  putRunRequest(run.paths, request)
  const until = clock.now() + LONGEST_WAIT_MS
  await untilInterrupted(clock, async (signal) => {
    while (isRunLocked(run.paths)) {
      if (clock.now() >= until) {
        const message = `The run was asked to ${request} and is still finishing what is in flight, after ${LONGEST_WAIT_MS / 1000} s: ${run.runId}`
        throw new HookcastError('HOOKCAST_RUN_IN_USE', message)
      }
      await clock.sleep(LOOK_MS, signal)
      signal.throwIfAborted()
    }
  })
}

/** Where a run that nobody works on stands. */
export function stateOf({ paths }: KnownRun, clock: Clock): RunReport {
  return readReport(paths, { isLocked: false, clock })
}
