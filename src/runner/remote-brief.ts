import type { CampaignSnapshot } from '../campaign/campaign-folder.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import type { SenderSetup } from '../sender/sender.ts'
import { campaignOf, readSnapshot } from './run-snapshot.ts'
import { senderSetupFrom } from './sender-setup-from.ts'

/** What a worker has to know of a run: texts and names, and no secret's value. */
interface RemoteBrief {
  readonly runId: string
  readonly campaign: CampaignSnapshot
  readonly kept: Readonly<Record<string, CampaignSnapshot>>
  readonly isEventRun: boolean
}

export function remoteBriefFrom(
  paths: RunPaths,
  { runId, isEventRun }: Pick<RemoteBrief, 'runId' | 'isEventRun'>,
): RemoteBrief {
  const { campaign, kept } = readSnapshot(paths)
  return { runId, campaign, kept, isEventRun }
}

/**
 * Makes a sender's setup on a worker, with the worker's own secrets, egress pools and allowed networks.
 *
 * @throws {ConfigError} when one of them is missing here.
 */
export function setupFromBrief(
  brief: unknown,
  { env, settings, version }: { env: Environment; settings: Settings; version: string },
): SenderSetup {
  const { runId, campaign, kept, isEventRun } = brief as RemoteBrief
  const around = { env, settings }
  return senderSetupFrom(campaignOf(campaign, around), {
    runId,
    env,
    networkAllow: settings.networkAllow,
    kept: new Map(Object.entries(kept).map(([id, snapshot]) => [id, campaignOf(snapshot, around)])),
    version,
    isEventRun,
  })
}
