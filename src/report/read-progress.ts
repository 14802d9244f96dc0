import type { RunPaths } from '../ledger/run-folder.ts'
import type { RunState } from '../campaign/result.ts'
import type { Progress } from '../runner/runner.ts'
import { countCustomers } from './count-customers.ts'
import { readIntervals } from './read-story.ts'
import { readRunFacts } from './run-facts.ts'
import { RunReader } from './run-reader.ts'
import { countLent } from './statements.ts'

export interface SeenProgress {
  readonly state: RunState
  /** All but the pace, which takes more than one look. */
  readonly progress: Omit<Progress, 'perSecond'>
}

/**
 * Reads how far a run is that another process works on.
 *
 * `inFlight` is the most that was in flight lately: only the process that calls knows the number of this moment.
 */
export function readProgress(paths: RunPaths, isLocked: boolean): SeenProgress {
  using reader = new RunReader(paths)
  return reader.atOnce(() => {
    const facts = readRunFacts(reader, () => isLocked)
    const { aborted, nextDueAt } = countCustomers(reader, facts)
    const { numbers, customers, isAudienceComplete } = facts.run
    const isAnyLent = facts.isGoingOn && reader.count(countLent) > 0
    const inFlight = isAnyLent ? (readIntervals(reader).at(-1)?.inFlight ?? 0) : 0
    return { state: facts.state, progress: { numbers, customers, aborted, inFlight, nextDueAt, isAudienceComplete } }
  })
}
