import { isRunLocked } from '../ledger/run-folder.ts'
import { readProgress } from '../report/report.ts'
import { Pace } from '../runner/runner.ts'
import type { Context } from './context.ts'
import { watchInterrupts } from './interrupts.ts'
import type { KnownRun } from '../library/library.ts'
import { ProgressDisplay } from './progress-display.ts'

const LOOK_MS = 500

/**
 * Shows how far a run is, as the process that works on it does, until none works on it any more.
 *
 * Ctrl-C ends the following and nothing else: false then. `onLook` is called at each look while the run goes on.
 */
export async function followRun(run: KnownRun, context: Context, onLook: () => void): Promise<boolean> {
  const { terminal, wiring } = context
  const { clock } = wiring
  const pace = new Pace()
  using interrupts = watchInterrupts(clock, () => undefined)
  using display = new ProgressDisplay(terminal, clock, { isUnderWay: true })
  const { signal } = interrupts
  while (!signal.aborted) {
    const { state, progress } = readProgress(run.paths, isRunLocked(run.paths))
    if (state !== 'running') return true
    onLook()
    display.update({ ...progress, perSecond: pace.perSecond(progress.numbers, clock.now()) })
    await clock.sleep(LOOK_MS, signal)
  }
  return false
}
