import { resolve } from 'node:path'
import type { Environment } from '../campaign/secret-text.ts'
import { MOST_SENDERS } from '../campaign/settings-schema.ts'
import type { Settings } from '../campaign/settings.ts'
import { environment, findSettings, loadSettings } from '../config.ts'
import { wire, type Wiring } from '../hookcast.ts'

/** Where a run lives and what it may use: what `--data`, `--config`, `--senders` and the environment say on the command line. */
export interface SurroundingsOptions {
  /** The data folder. Default: `HOOKCAST_DATA` of `env`, else `data` of hookcast.yaml, else `.hookcast` in the current folder. */
  readonly data?: string | undefined
  /** The path of hookcast.yaml. Default: beside the campaign, else in the current folder. */
  readonly config?: string | undefined
  /** Sender processes at most, 1 to 64. Default: `senders` of hookcast.yaml, else one a core, 8 at most. */
  readonly senders?: number | undefined
  /** Where `${NAME}` of campaign files is read from. Default: `process.env`, as it is when you call. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

/** What everything that finds, starts or reads a run works with. */
export interface Surroundings {
  readonly env: Environment
  readonly wiring: Wiring
  /** hookcast.yaml as it holds for a campaign in that folder; null where no campaign is spoken of. */
  settings(campaignFolder: string | null): Settings
  readonly senders: (settings: Settings) => number
}

/** @throws {RangeError} when `senders` is not a whole number from 1 to 64. */
export function surroundingsFrom({ data, config, senders, env }: SurroundingsOptions): Surroundings {
  if (senders !== undefined && !(Number.isInteger(senders) && senders >= 1 && senders <= MOST_SENDERS)) {
    throw new RangeError(`expected \`senders\` to be a whole number from 1 to ${MOST_SENDERS}, got ${senders}`)
  }
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
