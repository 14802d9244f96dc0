import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { checkResumable, findKnownRun, type ActiveRuns, type KnownRun, type Surroundings } from '../library/library.ts'
import { readReport } from '../report/report.ts'
import type { RunObserver } from './run-observer.ts'

interface Around {
  readonly surroundings: Surroundings
  readonly observer: RunObserver
  readonly fail: (error: unknown) => void
}

/**
 * Looks at the runs that were going on when the service ended: of those whose ledgers say that they had come to their end,
 * which nobody was told before it died, it tells now. Gives those that are to go on.
 */
export function endLeft(runIds: readonly string[], around: Around): readonly KnownRun[] {
  return runIds.flatMap((runId) => {
    try {
      const known = findKnownRun(runId, around.surroundings)
      return hasEnded(known, around) ? [] : [known]
    } catch (error) {
      leave(runId, error, around)
      return []
    }
  })
}

/** Goes on with a run; one of events goes on when it is led what waits for it. */
export async function goOn(
  known: KnownRun,
  { runs, ...around }: Around & { readonly runs: ActiveRuns },
): Promise<void> {
  if (known.snapshot.event !== undefined) return
  try {
    checkResumable(known, around.surroundings)
    await runs.resume(known)
  } catch (error) {
    leave(known.runId, error, around)
  }
}

function hasEnded({ runId, paths, snapshot }: KnownRun, { surroundings, observer }: Around): boolean {
  const report = readReport(paths, { isLocked: isRunLocked(paths), clock: surroundings.wiring.clock })
  // A run of events that is paused or aborted is on hold.
  if (report.state === 'running' || report.state === 'interrupted') return false
  if (snapshot.event !== undefined && report.state !== 'finished' && report.state !== 'cancelled') return false
  observer.onEnd({ runId, campaign: report.campaign, isResumed: true }, { report, error: null })
  return true
}

/** Removed, ended, or taken over by somebody else while the service was away. */
const NOT_OURS: ReadonlySet<string> = new Set(['HOOKCAST_RUN_UNKNOWN', 'HOOKCAST_RUN_STATE', 'HOOKCAST_RUN_IN_USE'])

function leave(runId: string, error: unknown, { observer, fail }: Around): void {
  if (error instanceof HookcastError && NOT_OURS.has(error.code)) observer.forget(runId)
  else fail(error)
}
