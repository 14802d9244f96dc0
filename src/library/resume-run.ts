import { campaignFilesFrom } from '../campaign/campaign-folder.ts'
import { checkCampaign } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { numbersSentSince, readReport } from '../report/report.ts'
import { resumeRun as goOn } from '../runner/runner.ts'
import { conductRun, type Conducted } from './conduct-run.ts'
import { findKnownRun, readableCampaign, type KnownRun } from './known-run.ts'
import type { ResumeRunOptions } from './options.ts'
import type { Witness } from './run.ts'
import { surroundingsFrom, type Surroundings } from './surroundings.ts'

/** Takes a run from where it was left to its report. */
export async function conductResume(wanted: string, options: ResumeRunOptions, witness: Witness): Promise<Conducted> {
  const { signal, resendUnknown } = options
  const surroundings = surroundingsFrom(options)
  const known = findKnownRun(wanted, surroundings)
  checkResumable(known, surroundings)
  const { settings, paths } = known
  const { customerId } = readableCampaign(known, surroundings)
  witness.begun({ runId: known.runId, paths, customerIdColumn: customerId })
  return await conductRun(
    surroundings,
    {
      settings,
      isUnknownResent: resendUnknown === true,
      signal,
      onProgress: (progress) => witness.progress(progress),
    },
    (runOptions) => goOn(known.runId, runOptions),
  )
}

/**
 * Checks what a resume needs before it touches the run.
 *
 * @throws {ConfigError} when a secret is gone, or what the run began with cannot be called any more.
 * @throws {HookcastError} HOOKCAST_RUN_STATE, when customers that a stop had aborted were replayed.
 */
export function checkResumable({ runId, paths, snapshot, settings }: KnownRun, { env, wiring }: Surroundings): void {
  const { state } = readReport(paths, { isLocked: isRunLocked(paths), clock: wiring.clock })
  if (state !== 'finished' && state !== 'cancelled') {
    for (const campaign of [snapshot.campaign, ...Object.values(snapshot.kept)]) {
      checkCampaign(campaignFilesFrom(campaign), { env, settings })
    }
  }
  // The receiver could not tell that it serves them twice: the keys of a replay are others.
  if (state === 'aborted' && numbersSentSince(settings.data, runId).size > 0) {
    const message = `Customers of this run were sent to by a replay of it, and a resume would send to them again: take the others with \`hookcast replay ${runId}\``
    throw new HookcastError('HOOKCAST_RUN_STATE', message)
  }
}
