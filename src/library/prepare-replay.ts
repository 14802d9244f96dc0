import { join } from 'node:path'
import { campaignFilesAt } from '../campaign/campaign-folder.ts'
import type { Settings } from '../campaign/settings.ts'
import { checkCampaign } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { numbersSentSince, selectForReplay, type ReplayCounts, type ReplayFilter } from '../report/report.ts'
import type { ReplayRequest } from '../runner/runner.ts'
import { readableCampaign, type KnownRun } from './known-run.ts'
import type { Surroundings } from './surroundings.ts'

/** What a replay would do, and all that it takes to do it. */
export interface PreparedReplay extends Pick<ReplayRequest, 'from' | 'campaign' | 'snapshot' | 'rows'> {
  readonly settings: Settings
  readonly counts: ReplayCounts
}

/**
 * Selects customers of a run for a new one, and checks the campaign as it is now; nothing is begun.
 *
 * @throws {ConfigError} when the campaign has problems.
 * @throws {HookcastError} HOOKCAST_RUN_IN_USE, while the run goes on; HOOKCAST_RUN_STATE, when the campaign calls somebody
 *   else now, and some have to be asked again what the old one has.
 */
export function prepareReplay(
  old: KnownRun,
  surroundings: Surroundings,
  filter: Omit<ReplayFilter, 'sentSince'>,
): PreparedReplay {
  const { runId: from, snapshot: kept, settings } = old
  // Of a run of events those who failed are taken while others come: nobody calls them any more.
  if (kept.event === undefined && isRunLocked(old.paths)) {
    const message = `The run is going on: replay it when it has ended, or pause it first with \`hookcast pause\`: ${from}`
    throw new HookcastError('HOOKCAST_RUN_IN_USE', message)
  }
  const { folder, file, params, audience } = kept.campaign
  const { campaign, snapshot } = checkCampaign(campaignFilesAt(join(folder, file)), {
    env: surroundings.env,
    settings,
    isService: surroundings.isService === true || kept.event !== undefined,
    params,
    ...(audience === null ? {} : { audience }),
  })
  const { rows, counts } = selectForReplay(old.paths, readableCampaign(old, surroundings), {
    ...filter,
    sentSince: numbersSentSince(settings.data, from),
  })
  if (counts.kept > 0 && kept.campaign.origin !== snapshot.origin) {
    const message = `${counts.kept.toLocaleString('en-US')} customers ended in doubt at ${kept.campaign.origin}, and the campaign calls ${snapshot.origin} now: give all of them new keys with --new-keys, or put the old origin back`
    throw new HookcastError('HOOKCAST_RUN_STATE', message)
  }
  return { from, campaign, snapshot, rows, settings, counts }
}
