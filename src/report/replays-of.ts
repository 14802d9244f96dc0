import { HookcastError } from '../errors.ts'
import { listRunIds, runPaths } from '../ledger/run-folder.ts'
import { RunReader } from './run-reader.ts'
import { selectReplayOf } from './statements.ts'

/** Each is a file to open: a replay that began after more runs than these is not found. */
const MOST_LOOKED_AT = 200

/** Finds the replays of a run, the oldest first, among the 200 runs that followed it. */
export function replaysOf(dataFolder: string, runId: string): readonly string[] {
  const later = listRunIds(dataFolder)
    .filter((id) => id > runId)
    .toReversed()
  return later.slice(0, MOST_LOOKED_AT).filter((id) => {
    try {
      using reader = new RunReader(runPaths(dataFolder, id))
      return reader.get(selectReplayOf)?.['replay_of'] === runId
    } catch (error) {
      // Another run that is damaged, or just pruned, hides nothing of this one.
      if (error instanceof HookcastError) return false
      throw error
    }
  })
}
