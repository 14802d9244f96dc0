import type { Settings } from '../campaign/settings.ts'
import { ConfigError } from '../errors.ts'
import { defineProfile, PROFILES, type Profile } from '../profile/profile.ts'

/**
 * Gives the profiles by name: those that are built in, and those of hookcast.yaml.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when one is none, or the default is not among them.
 */
export function eventProfiles({ events, file }: Pick<Settings, 'events' | 'file'>): Readonly<Record<string, Profile>> {
  const profiles: Record<string, Profile> = { ...PROFILES }
  const problem = (message: string): ConfigError =>
    new ConfigError('HOOKCAST_CONFIG_INVALID', [{ file: file ?? 'hookcast.yaml', line: null, column: null, message }])
  for (const [name, definition] of Object.entries(events.profiles)) {
    try {
      profiles[name] = defineProfile(name, definition)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      throw problem(`events.profiles.${name}: ${error.message}`)
    }
  }
  if (Object.hasOwn(profiles, events.defaultProfile)) return profiles
  const known = Object.keys(profiles).join(', ')
  throw problem(`expected events.default_profile to be one of ${known}, got ${JSON.stringify(events.defaultProfile)}`)
}
