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
  /** As the coordinator has them: what is rendered must not depend on who renders it. */
  readonly settings: Pick<Settings, 'project' | 'throughput'>
}

export function remoteBriefFrom(
  paths: RunPaths,
  { runId, isEventRun, settings: { project, throughput } }: Omit<RemoteBrief, 'campaign' | 'kept'>,
): RemoteBrief {
  const { campaign, kept } = readSnapshot(paths)
  return { runId, campaign, kept, isEventRun, settings: { project, throughput } }
}

/**
 * Makes a sender's setup on a worker, with the worker's own secrets, egress pools and allowed networks.
 *
 * @throws {ConfigError} when one of them is missing here.
 */
export function setupFromBrief(
  brief: unknown,
  { env, settings: own, version }: { env: Environment; settings: Settings; version: string },
): SenderSetup {
  const { runId, campaign, kept, isEventRun, settings: told } = brief as RemoteBrief
  const settings = { ...own, ...told }
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
