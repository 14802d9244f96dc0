import { resolve } from 'node:path'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import { findSettings, loadSettings } from '../config.ts'
import { environment } from '../environment.ts'
import { wire, type Wiring } from '../hookcast.ts'
import type { RemoteSenders } from '../queue/bullmq/bullmq.ts'
import type { SurroundingsOptions } from './options.ts'

/** What everything that finds, starts or reads a run works with. */
export interface Surroundings {
  readonly env: Environment
  readonly wiring: Wiring
  /** hookcast.yaml as it holds for a campaign in that folder; null where no campaign is spoken of. */
  settings(campaignFolder: string | null): Settings
  readonly senders: (settings: Settings) => number
  /** The way to workers, for all runs of this process; without it each run opens one, where its settings name a Redis. */
  readonly remote?: RemoteSenders
  /** Told of what somebody should look at while runs go on. */
  readonly onNote?: (text: string) => void
  /** Campaign files may read only those variables that hookcast.yaml lists under `env`. */
  readonly isService?: boolean
}

export function surroundingsFrom({ data, config, senders, env }: SurroundingsOptions): Surroundings {
  const own = env === undefined ? environment() : { ...env }
  const wiring = wire()
  return {
    env: own,
    wiring,
    settings: (campaignFolder) => settingsFor(campaignFolder, { data, config, env: own }),
    senders: (settings) => senders ?? settings.senders ?? wiring.senders,
  }
}

/**
 * Reads hookcast.yaml: the one named, else beside the campaign, else in the current folder.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID.
 */
export function settingsFor(
  campaignFolder: string | null,
  { data, config, env }: Pick<SurroundingsOptions, 'data' | 'config'> & { readonly env: Environment },
): Settings {
  const path = config ?? findSettings({ campaignFolder, folder: process.cwd() })
  const settings = loadSettings(path, env)
  return data === undefined ? settings : { ...settings, data: resolve(data) }
}
