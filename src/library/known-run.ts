import { inspectCampaign } from '../campaign/campaign-file.ts'
import { campaignFilesFrom } from '../campaign/campaign-folder.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Settings } from '../campaign/settings.ts'
import { ConfigError } from '../errors.ts'
import { findRun, type RunPaths } from '../ledger/run-folder.ts'
import { readSnapshot } from '../runner/runner.ts'
import type { Surroundings } from './surroundings.ts'

/** A run that is there, and what it was made from. */
export interface KnownRun {
  readonly runId: string
  readonly paths: RunPaths
  readonly snapshot: ReturnType<typeof readSnapshot>
  /** hookcast.yaml beside the campaign, as it is now; the data folder is the one that the run was found in. */
  readonly settings: Settings
}

/** Finds a run by its id or the beginning of one. The data folder is that of the current folder's hookcast.yaml. */
export function findKnownRun(wanted: string, surroundings: Surroundings): KnownRun {
  const { data } = surroundings.settings(null)
  const { runId, ...paths } = findRun(data, wanted)
  const snapshot = readSnapshot(paths)
  return { runId, paths, snapshot, settings: { ...surroundings.settings(snapshot.campaign.folder), data } }
}

/** The campaign of a run as far as reading about it needs: no secret has to be set for that. */
export function readableCampaign({ snapshot, settings }: KnownRun, { env }: Surroundings): Campaign {
  const { loaded, problems } = inspectCampaign(campaignFilesFrom(snapshot.campaign), { env, settings })
  if (loaded === null) throw new ConfigError('HOOKCAST_CAMPAIGN_INVALID', problems)
  return loaded.campaign
}
