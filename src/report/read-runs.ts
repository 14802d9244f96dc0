import type { RunState } from '../campaign/result.ts'
import type { ErrorCode } from '../errors.ts'
import { folderError } from '../ledger/folder-error.ts'
import { isRunLocked, listRunIds, runPaths } from '../ledger/run-folder.ts'
import { countCustomers, type CustomerCounts } from './count-customers.ts'
import { instantOf } from './instant.ts'
import { readRunFacts } from './run-facts.ts'
import { RunReader } from './run-reader.ts'

/** An entry of `runs --json`: a run in numbers, or a folder that cannot be read and why. */
export type RunSummary =
  | ({
      readonly run_id: string
      readonly campaign: string
      readonly state: RunState
      readonly started_at: string | null
    } & CustomerCounts)
  | { readonly run_id: string; readonly error: { readonly code: ErrorCode; readonly message: string } }

/** Lists every run of the data folder, newest first. A damaged one says so and hides none of the others. */
export function readRuns(dataFolder: string): RunSummary[] {
  return listRunIds(dataFolder).map((runId) => readRun(dataFolder, runId))
}

/** The entry of one of them, which is there. */
export function readRun(dataFolder: string, runId: string): RunSummary {
  try {
    return readSummary(dataFolder, runId)
  } catch (cause) {
    const { code, message } = folderError(runPaths(dataFolder, runId).ledger, cause)
    return { run_id: runId, error: { code, message } }
  }
}

function readSummary(dataFolder: string, runId: string): RunSummary {
  const paths = runPaths(dataFolder, runId)
  using reader = new RunReader(paths)
  return reader.atOnce(() => {
    const facts = readRunFacts(reader, () => isRunLocked(paths))
    const { customers, sent, failed, aborted, suppressed, waiting, pending } = countCustomers(reader, facts)
    return {
      run_id: runId,
      campaign: facts.run.campaign,
      state: facts.state,
      started_at: instantOf(facts.run.startedAt),
      customers,
      sent,
      failed,
      aborted,
      suppressed,
      waiting,
      pending,
    }
  })
}
