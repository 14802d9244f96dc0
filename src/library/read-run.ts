import { isRunLocked } from '../ledger/run-folder.ts'
import { readReport, readResults, type ResultRecord, type RunReport } from '../report/report.ts'
import { findKnownRun, readableCampaign } from './known-run.ts'
import type { ReadResultsOptions, SurroundingsOptions } from './options.ts'
import { surroundingsFrom } from './surroundings.ts'

export function reportOf(runId: string, options: SurroundingsOptions): RunReport {
  const surroundings = surroundingsFrom(options)
  const { paths } = findKnownRun(runId, surroundings)
  return readReport(paths, { isLocked: isRunLocked(paths), clock: surroundings.wiring.clock })
}

export function resultsOf(runId: string, { status, ...options }: ReadResultsOptions): Iterable<ResultRecord> {
  const surroundings = surroundingsFrom(options)
  const run = findKnownRun(runId, surroundings)
  return readResults(run.paths, readableCampaign(run, surroundings), { statuses: status ?? null })
}
