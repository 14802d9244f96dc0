import { inspectCampaign, type LoadOptions } from '../campaign/campaign-file.ts'
import type { Trigger } from '../campaign/campaign.ts'
import { checkCampaign, type Checked } from '../check/check.ts'
import type { Clock } from '../clock.ts'
import { ConfigError, HookcastError } from '../errors.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { Activations, type Activation } from './activations.ts'
import { FoundCampaigns, type FoundCampaign } from './found-campaigns.ts'
import { diffVersions } from './diff-versions.ts'
import { CampaignVersions, filesOf, type CampaignVersion } from './versions.ts'

/** A campaign as the service has it: its files as they are now, and what is active of it. */
export interface KnownCampaign {
  readonly name: string
  /** Null when its folder is gone: what is active goes on from what was kept. */
  readonly found: FoundCampaign | null
  /** The version that its files are now; null while they have problems. */
  readonly current: CampaignVersion | null
  readonly active: CampaignVersion | null
  readonly activation: Activation | null
}

/** What has to keep still while a campaign's version changes. */
export interface Stillness {
  /** Does `change` while nobody adds triggers to the campaign's run; gives it how far its listener has come. */
  whileStill<T>(campaign: string, change: (position: number | null) => Promise<T>): Promise<T>
  /** Told when something else is active. */
  onChange(): void
}

export interface CampaignsOptions extends Pick<LoadOptions, 'env' | 'settings'> {
  readonly store: ServiceStore
  readonly clock: Clock
  /** Null for a service without campaigns. */
  readonly folder: string | null
  readonly stillness: Stillness
}

/** The campaigns of a service: found in a folder, kept as versions, active once somebody said so. */
export class Campaigns {
  readonly versions: CampaignVersions
  readonly #activations: Activations
  readonly #folders: FoundCampaigns | null
  readonly #options: CampaignsOptions

  /** @throws {HookcastError} HOOKCAST_CONFIG_INVALID, when the folder cannot be read. */
  constructor(options: CampaignsOptions) {
    const { store, clock, folder, env, settings } = options
    this.#options = options
    this.versions = new CampaignVersions(store, clock)
    this.#activations = new Activations(store, clock)
    this.#folders = folder === null ? null : new FoundCampaigns(folder, { env, settings })
  }

  /** By name; also those whose folder is gone, while they are active. */
  async list(): Promise<readonly KnownCampaign[]> {
    const found = this.#folders?.list() ?? []
    const names = new Set(found.map(({ name }) => name))
    const gone = this.versions.active().filter(({ campaign }) => !names.has(campaign))
    const all = [
      ...found.map((one) => this.#known(one.name, one)),
      ...gone.map(({ campaign }) => this.#known(campaign, null)),
    ]
    return (await Promise.all(all)).toSorted((a, b) => a.name.localeCompare(b.name, 'en'))
  }

  /** By its name, or that of its folder. @throws {HookcastError} HOOKCAST_CAMPAIGN_UNKNOWN. */
  async get(name: string): Promise<KnownCampaign> {
    const found = this.#folders?.find(name) ?? null
    if (found === null && this.versions.list(name).length === 0) {
      throw new HookcastError('HOOKCAST_CAMPAIGN_UNKNOWN', `No such campaign: ${name}`)
    }
    return await this.#known(found?.name ?? name, found)
  }

  async #known(name: string, found: FoundCampaign | null): Promise<KnownCampaign> {
    const snapshot = found?.checked?.snapshot ?? null
    const current = snapshot === null ? null : await this.versions.keep(name, snapshot)
    const active = this.versions.activeOf(name)
    return { name, found, current, active, activation: this.#activations.current(name) }
  }

  /**
   * Makes a version active in place of the one before: that of the files as they are now, unless one is named.
   *
   * @throws {HookcastError} HOOKCAST_CAMPAIGN_UNKNOWN; HOOKCAST_CAMPAIGN_STATE, for a campaign that is started by hand.
   * @throws {ConfigError} with the problems of the files.
   */
  async activate(
    name: string,
    { by, version }: { readonly by: string; readonly version?: number },
  ): Promise<KnownCampaign> {
    const known = await this.get(name)
    const wanted = version === undefined ? currentOf(known) : this.versions.get(known.name, version)
    const { trigger } = this.load(wanted).campaign
    refuseStandardInput(wanted, trigger, this.load(wanted))
    const { stillness } = this.#options
    await stillness.whileStill(known.name, async (position) => {
      await this.#activations.activate({ campaign: known.name, version: wanted.version, trigger, by, position })
    })
    stillness.onChange()
    return await this.get(known.name)
  }

  /** What was accepted before is still sent. @throws {HookcastError} HOOKCAST_CAMPAIGN_STATE, when it is not active. */
  async deactivate(name: string, by: string): Promise<KnownCampaign> {
    const known = await this.get(name)
    await this.#activations.deactivate(known.name, by)
    this.#options.stillness.onChange()
    return await this.get(known.name)
  }

  /** When which version was active, newest first, and who said so. */
  history(name: string): readonly Activation[] {
    return this.#activations.list(name)
  }

  /** What changed from one version to another, as `diff -u` shows it. */
  diff(name: string, from: number, to: number): string {
    return diffVersions(this.versions.get(name, from), this.versions.get(name, to))
  }

  /** What starts a version, whatever else may have become of what it needs. */
  triggerOf(version: CampaignVersion): Trigger {
    const { env, settings } = this.#options
    return inspectCampaign(filesOf(version), { env, settings, isService: true }).loaded?.campaign.trigger ?? NOW
  }

  /**
   * Reads a version, to make a run of it: with the settings, the secrets and the origin of now.
   *
   * @throws {ConfigError} HOOKCAST_CAMPAIGN_INVALID, when one of its variables is gone.
   */
  load(version: CampaignVersion, params: LoadOptions['params'] = {}): Checked {
    const { env, settings } = this.#options
    return checkCampaign(filesOf(version), { env, settings, params, isService: true })
  }
}

const NOW: Trigger = { kind: 'now' }

function currentOf({ name, found, current }: KnownCampaign): CampaignVersion {
  if (current !== null) return current
  if (found === null) throw new HookcastError('HOOKCAST_CAMPAIGN_UNKNOWN', `The campaign's folder is gone: ${name}`)
  throw new ConfigError('HOOKCAST_CAMPAIGN_INVALID', found.problems)
}

/** Nobody is there to type when a schedule is due. */
function refuseStandardInput({ snapshot: { file } }: CampaignVersion, trigger: Trigger, { campaign }: Checked): void {
  if (trigger.kind !== 'schedule' || campaign.audience.path !== '-') return
  const message = 'expected audience to be a file, as the campaign runs on a schedule, got standard input'
  throw new ConfigError('HOOKCAST_CAMPAIGN_INVALID', [{ file, line: null, column: null, message }])
}
