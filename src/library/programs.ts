import { setImmediate as afterOthers } from 'node:timers/promises'
import { systemClock } from '../clock.ts'
import type { ResultRecord, RunReport } from '../report/report.ts'
import { checkOptions, limitFrom, pathFrom, refuseOldNode } from './check-options.ts'
import type { ReadResultsOptions, ResumeRunOptions, RunCampaignOptions, SurroundingsOptions } from './options.ts'
import { Run } from './run.ts'

// What only a run needs is imported when one begins: 0.3 s of work where all else takes 0.06 (measured).

/**
 * Runs a campaign: checks it and its audience, then calls the webhook once for each customer.
 *
 * The same run as `hookcast run`, in the same data folder: `hookcast runs`, `report`, `pause` and `resume` know it, also
 * from another process. Await it for its report; a run with customers that failed resolves all the same, look at
 * `report.failed`. Senders are child processes with the `node` that runs the program; nothing is printed, no signal is
 * listened to.
 *
 * Rejects with a ConfigError, when file, templates, secrets or audience have problems: all are listed in `problems`, and
 * nothing was sent. With another HookcastError, when the run could not go on: it is kept, and `resumeRun(run.runId)` goes on.
 *
 * @throws {TypeError | RangeError} when an option is not what it has to be, or there is none of that name.
 * @example const report = await runCampaign('campaign.yaml', { limit: { pauseAfter: '1%' } })
 */
export function runCampaign(file: string | URL, options: RunCampaignOptions = {}): Run {
  refuseOldNode()
  checkOptions('runCampaign', options)
  const until = limitFrom(options.limit)
  const path = pathFrom(file)
  return new Run(systemClock, async (witness) => {
    const { conductCampaign } = await import('./conduct-campaign.ts')
    return await conductCampaign(path, { options, until }, witness)
  })
}

/**
 * Goes on with a run that was interrupted, paused, killed or aborted: whoever has no result yet is called, with the same keys.
 *
 * A run that is finished resolves to its report. It rejects as `runCampaign` does, and with HOOKCAST_RUN_UNKNOWN,
 * HOOKCAST_RUN_IN_USE (also by this process) or HOOKCAST_RUN_STATE (cancelled, or replayed since).
 *
 * @throws {TypeError | RangeError} when an option is not what it has to be, or there is none of that name.
 */
export function resumeRun(runId: string, options: ResumeRunOptions = {}): Run {
  refuseOldNode()
  checkOptions('resumeRun', options)
  return new Run(systemClock, async (witness) => {
    const { conductResume } = await import('./resume-run.ts')
    return await conductResume(runId, options, witness)
  })
}

/**
 * Reads how a run went, or how it stands while it goes on, here or in another process.
 *
 * Rejects with a HookcastError: HOOKCAST_RUN_UNKNOWN, or HOOKCAST_LEDGER_UNUSABLE when it cannot be read.
 */
export async function readReport(runId: string, options: SurroundingsOptions = {}): Promise<RunReport> {
  checkOptions('readReport', options)
  const { reportOf } = await import('./read-run.ts')
  return reportOf(runId, options)
}

/** Other work of the program goes on between this many results. */
const RESULTS_AT_ONCE = 200

/**
 * Reads the result of each customer that has ended, in the order of the audience, from the disk as you ask for them.
 *
 * Throws what `readReport` rejects with.
 */
export async function* readResults(
  runId: string,
  options: ReadResultsOptions = {},
): AsyncGenerator<ResultRecord, void, void> {
  checkOptions('readResults', options)
  const { resultsOf } = await import('./read-run.ts')
  let read = 0
  for (const result of resultsOf(runId, options)) {
    yield result
    if (++read % RESULTS_AT_ONCE === 0) await afterOthers()
  }
}
