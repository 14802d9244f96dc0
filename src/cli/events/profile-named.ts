import type { Profile } from '../../profile/profile.ts'
import type { Context } from '../context.ts'
import { flagError } from '../flag-value.ts'

/** `--profile`: one that is built in, or of hookcast.yaml. */
export async function profileNamed(name: string, context: Context): Promise<Profile> {
  const { eventProfiles } = await import('../../serve/event-profiles.ts')
  const profiles = eventProfiles(context.settings(null))
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile !== undefined) return profile
  throw flagError('--profile', `one of ${Object.keys(profiles).join(', ')}`, name)
}
