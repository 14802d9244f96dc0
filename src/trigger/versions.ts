import { createHash } from 'node:crypto'
import {
  campaignFilesAt,
  campaignFilesFrom,
  type CampaignFiles,
  type CampaignSnapshot,
} from '../campaign/campaign-folder.ts'
import type { Clock } from '../clock.ts'
import { join } from 'node:path'
import { ConfigError, HookcastError } from '../errors.ts'
import { fromJson, rowReader } from '../ledger/row-reader.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import * as sql from './statements.ts'

/** What a campaign's files said at one time. */
export interface CampaignVersion {
  readonly campaign: string
  /** Counted from 1. */
  readonly version: number
  readonly snapshot: CampaignSnapshot
  readonly madeAt: number
  readonly isActive: boolean
}

/** Versions of campaigns: one for each time that any of a campaign's files had changed when it was looked at. */
export class CampaignVersions {
  readonly #store: ServiceStore
  readonly #clock: Clock

  constructor(store: ServiceStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Keeps what the files say as a version, unless one says the very same: then it is that one. */
  async keep(campaign: string, snapshot: CampaignSnapshot): Promise<CampaignVersion> {
    const digest = digestOf(snapshot)
    const known = this.#store.get(sql.selectVersionByDigest, campaign, digest)
    if (known !== undefined) return versionFrom(known)
    return await this.#store.commit((store) => {
      // Whoever looked at the same time has made it.
      if (store.get(sql.selectVersionByDigest, campaign, digest) === undefined) {
        const version = Number(store.get(sql.selectLastVersion, campaign)?.['version'] ?? 0) + 1
        store.run(sql.insertVersion, campaign, version, digest, JSON.stringify(snapshot), this.#clock.now())
      }
      return versionFrom(store.get(sql.selectVersionByDigest, campaign, digest)!)
    })
  }

  /** Newest first. */
  list(campaign: string): readonly CampaignVersion[] {
    return this.#store.all(sql.selectVersions, campaign).map(versionFrom)
  }

  /** @throws {HookcastError} HOOKCAST_CAMPAIGN_UNKNOWN. */
  get(campaign: string, version: number): CampaignVersion {
    const row = this.#store.get(sql.selectVersion, campaign, version)
    if (row !== undefined) return versionFrom(row)
    throw new HookcastError('HOOKCAST_CAMPAIGN_UNKNOWN', `No such version of ${campaign}: ${version}`)
  }

  active(): readonly CampaignVersion[] {
    return this.#store.all(sql.selectActiveVersions).map(versionFrom)
  }

  activeOf(campaign: string): CampaignVersion | null {
    const row = this.#store.get(sql.selectActiveVersion, campaign)
    return row === undefined ? null : versionFrom(row)
  }
}

/** Opens a version's files to make runs of: its texts are those that were kept; settings and the origin are those of now. */
export function filesOf({ snapshot }: CampaignVersion): CampaignFiles {
  const kept = campaignFilesFrom(snapshot)
  return { ...kept, snapshot: null, locate: (path) => (folderOf(snapshot) ?? kept).locate(path) }
}

/** The folder as it is now, as long as it is there: links may have come. */
function folderOf({ folder, file }: CampaignSnapshot): CampaignFiles | null {
  try {
    return campaignFilesAt(join(folder, file))
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
}

/** Of what a person has written: settings and variables are no part of a version. */
function digestOf({ file, texts }: CampaignSnapshot): string {
  const written = [file, Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1))]
  return createHash('sha256').update(JSON.stringify(written)).digest('hex')
}

const versionFrom = rowReader<CampaignVersion>({
  campaign: String,
  version: Number,
  snapshot: fromJson,
  madeAt: Number,
  isActive: (value) => value === 1,
})
