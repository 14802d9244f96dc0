import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspectCampaign, type LoadOptions } from '../campaign/campaign-file.ts'
import { campaignFilesAt } from '../campaign/campaign-folder.ts'
import { CAMPAIGN_FILE, CampaignFolders } from '../campaign/campaign-folders.ts'
import { checkCampaign, type Checked } from '../check/check.ts'
import { ConfigError, HookcastError, type Problem } from '../errors.ts'

/** A campaign as its folder has it now. */
export interface FoundCampaign {
  /** `name:` of the file; that of the folder while the file cannot be read. */
  readonly name: string
  /** Of its folder within the campaigns' folder: by it the campaign can be found too. */
  readonly folder: string
  /** Absolute path of the campaign file. */
  readonly path: string
  /** Null when it has problems. */
  readonly checked: Checked | null
  readonly problems: readonly Problem[]
}

interface Known {
  readonly signature: string
  readonly found: FoundCampaign
}

/**
 * The campaigns of a folder: each `<folder>/campaign.yaml`, with what lies beside it.
 *
 * Files are read again when their size or time has changed.
 */
export class FoundCampaigns {
  readonly #folders: CampaignFolders
  readonly #options: Pick<LoadOptions, 'env' | 'settings'>
  readonly #known = new Map<string, Known>()

  /** @throws {HookcastError} HOOKCAST_CONFIG_INVALID, when there is no such folder. */
  constructor(root: string, options: Pick<LoadOptions, 'env' | 'settings'>) {
    this.#options = options
    this.#folders = new CampaignFolders(root)
    try {
      readdirSync(root)
    } catch (cause) {
      throw new HookcastError('HOOKCAST_CONFIG_INVALID', `Could not read the campaigns' folder: ${root}`, { cause })
    }
  }

  /** By name. A name that two folders give is a problem of both. */
  list(): readonly FoundCampaign[] {
    const found = this.#folders.names().map((folder) => this.#read(folder))
    const byName = Map.groupBy(found, ({ name }) => name)
    return found
      .map((campaign) => (byName.get(campaign.name)!.length === 1 ? campaign : ambiguous(campaign)))
      .toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
  }

  /** By its name, or that of its folder. */
  find(name: string): FoundCampaign | null {
    const all = this.list()
    return all.find((campaign) => campaign.name === name) ?? all.find(({ folder }) => folder === name) ?? null
  }

  #read(folder: string): FoundCampaign {
    const known = this.#known.get(folder)
    if (known !== undefined && known.signature === signatureOf(known.found)) return known.found
    const found = this.#load(folder)
    const signature = signatureOf(found)
    // What other files one with problems names is not known: it is read each time. So is one that was saved meanwhile.
    if (isAsRead(found)) this.#known.set(folder, { signature, found })
    else this.#known.delete(folder)
    return found
  }

  #load(folder: string): FoundCampaign {
    const path = this.#folders.fileOf(folder) ?? folder
    const options = { ...this.#options, isService: true }
    try {
      const checked = checkCampaign(campaignFilesAt(path), options)
      return { name: checked.campaign.name, folder, path, checked, problems: [] }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      return { name: this.#nameIn(path) ?? folder, folder, path, checked: null, problems: error.problems }
    }
  }

  #nameIn(path: string): string | null {
    try {
      const { loaded } = inspectCampaign(campaignFilesAt(path), { ...this.#options, isService: true })
      return loaded?.campaign.name || null
    } catch (error) {
      if (error instanceof ConfigError) return null
      throw error
    }
  }
}

function signatureOf({ path, checked }: FoundCampaign): string {
  const { folder = '', texts = {} } = checked?.snapshot ?? {}
  const parts = [path, ...Object.keys(texts).map((name) => join(folder, name))].map((file) => {
    const stats = statSync(file, { throwIfNoEntry: false })
    return stats === undefined ? null : [stats.size, stats.mtimeMs, stats.ino]
  })
  return JSON.stringify(parts)
}

/** Whether its files still say what was read: then their size and time are those of what was read. */
function isAsRead({ path, checked }: FoundCampaign): boolean {
  if (checked === null) return false
  try {
    const files = campaignFilesAt(path)
    return Object.entries(checked.snapshot.texts).every(
      ([name, text]) => new TextDecoder().decode(files.read(name)) === text,
    )
  } catch (error) {
    if (error instanceof ConfigError) return false
    throw error
  }
}

function ambiguous(campaign: FoundCampaign): FoundCampaign {
  const message = `expected name to be that of one folder only, got ${JSON.stringify(campaign.name)} in others too`
  const problem = { file: CAMPAIGN_FILE, line: null, column: null, message }
  return { ...campaign, checked: null, problems: [...campaign.problems, problem] }
}
