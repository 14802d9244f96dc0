import { readFileSync, writeFileSync } from 'node:fs'
import { loadCampaign } from '../campaign/campaign-file.ts'
import { campaignFilesFrom, type CampaignSnapshot } from '../campaign/campaign-folder.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import { folderError } from '../ledger/folder-error.ts'
import { type RunPaths } from '../ledger/run-folder.ts'

/** What a run was made from, kept in its folder: no secret's value is in it. */
export interface RunSnapshot {
  readonly campaign: CampaignSnapshot
  /** By run id: campaigns of earlier runs whose requests this one repeats byte for byte. */
  readonly kept: Readonly<Record<string, CampaignSnapshot>>
  readonly isStreamed: boolean
  readonly skipsBadRows: boolean
  /** How long the folder is kept after the run's end; left out by earlier versions. */
  readonly retainDays?: number
  /** Set for a run of events; see `EventRun`. */
  readonly event?: { readonly campaign: string; readonly version: number; readonly day: string }
}

const FILE_MODE = 0o600

export function writeSnapshot(paths: RunPaths, snapshot: RunSnapshot): void {
  try {
    writeFileSync(paths.snapshot, `${JSON.stringify(snapshot, null, 2)}\n`, { mode: FILE_MODE, flush: true })
  } catch (cause) {
    throw folderError(paths.folder, cause)
  }
}

export function readSnapshot(paths: RunPaths): RunSnapshot {
  try {
    return JSON.parse(readFileSync(paths.snapshot, 'utf8')) as RunSnapshot
  } catch (cause) {
    throw folderError(paths.snapshot, cause)
  }
}

/** The campaign as it was when the run began; only secrets and the origin are read anew. */
export function campaignOf(
  snapshot: CampaignSnapshot,
  { env, settings }: { env: Environment; settings: Settings },
): Campaign {
  return loadCampaign(campaignFilesFrom(snapshot), { env, settings }).campaign
}
