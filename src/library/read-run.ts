import type { ResultStatus } from '../campaign/result.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import {
  readReport as readReportAt,
  readResults as readResultsAt,
  type ResultRecord,
  type RunReport,
} from '../report/report.ts'
import { findKnownRun, readableCampaign } from './known-run.ts'
import { surroundingsFrom, type SurroundingsOptions } from './surroundings.ts'

/** Which results are wanted. */
export interface ReadResultsOptions extends SurroundingsOptions {
  /** Default: all. */
  readonly status?: readonly ResultStatus[] | undefined
}

/**
 * Reads how a run went, or how it stands while it goes on, here or in another process.
 *
 * @throws {HookcastError} HOOKCAST_RUN_UNKNOWN; HOOKCAST_LEDGER_UNUSABLE, when it cannot be read.
 */
export function readReport(runId: string, options: SurroundingsOptions = {}): RunReport {
  const surroundings = surroundingsFrom(options)
  const { paths } = findKnownRun(runId, surroundings)
  return readReportAt(paths, { isLocked: isRunLocked(paths), clock: surroundings.wiring.clock })
}

/**
 * Reads the result of each customer that has ended, in the order of the audience; a page at a time, whatever their number.
 *
 * @throws {HookcastError} HOOKCAST_RUN_UNKNOWN; HOOKCAST_LEDGER_UNUSABLE, when it cannot be read.
 */
export function readResults(runId: string, { status, ...options }: ReadResultsOptions = {}): Iterable<ResultRecord> {
  const surroundings = surroundingsFrom(options)
  const run = findKnownRun(runId, surroundings)
  return readResultsAt(run.paths, readableCampaign(run, surroundings), { statuses: status ?? null })
}
