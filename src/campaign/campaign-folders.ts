import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'
import { campaignFilesAt, type CampaignFiles } from './campaign-folder.ts'
import { nearestName } from './nearest-name.ts'
import { HookcastError } from '../errors.ts'

export const CAMPAIGN_FILE = 'campaign.yaml'

/** Of a campaign's folder, and of a campaign in URLs: nothing that a path could be made of. */
export const CAMPAIGN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** The campaigns of a service: one folder each, called as the campaign is in URLs, with a campaign.yaml in it. */
export class CampaignFolders {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** In the order of the alphabet. */
  names(): readonly string[] {
    if (!existsSync(this.#folder)) return []
    return readdirSync(this.#folder)
      .filter((name) => CAMPAIGN_NAME.test(name) && this.fileOf(name) !== null)
      .toSorted()
  }

  /** @throws {HookcastError} HOOKCAST_CAMPAIGN_UNKNOWN, when there is none, or it leads out of the folder of campaigns. */
  filesOf(name: string): CampaignFiles {
    const file = CAMPAIGN_NAME.test(name) ? this.fileOf(name) : null
    if (file !== null) return campaignFilesAt(file)
    const near = nearestName(name, this.names())
    const hint = near === null ? '' : `, did you mean ${near}?`
    throw new HookcastError('HOOKCAST_CAMPAIGN_UNKNOWN', `No such campaign: ${JSON.stringify(name)}${hint}`)
  }

  /** The campaign file of a folder that is here; null when it has none, or leads out of the folder of campaigns. */
  fileOf(name: string): string | null {
    try {
      const file = realpathSync(join(this.#folder, name, CAMPAIGN_FILE))
      return `${dirname(file)}${sep}`.startsWith(`${realpathSync(this.#folder)}${sep}`) ? file : null
    } catch {
      return null
    }
  }
}
