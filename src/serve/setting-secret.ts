import type { SecretText } from '../campaign/campaign.ts'
import { readVariable } from '../campaign/environment-variable.ts'
import { isOwnName, substitute, type Environment } from '../campaign/secret-text.ts'
import { ConfigError } from '../errors.ts'
import { secretFrom } from '../profile/profile.ts'

/**
 * Reads a value of hookcast.yaml that may stand in the environment: to be kept in memory only.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when a variable is not set, empty, or one of the program's own.
 */
export function settingValue(secret: SecretText, label: string, env: Environment): string {
  return substitute(secret.text, (name) => {
    const value = isOwnName(name) ? null : readVariable(env, name)
    if (value !== null) return value
    throw settingProblem(secret, `environment variable not set: ${name}, for ${label}`)
  })
}

/** Reads what messages are signed with. @throws {ConfigError} HOOKCAST_CONFIG_INVALID, without showing it. */
export function signingSecret(written: SecretText, label: string, env: Environment): Uint8Array {
  const secret = secretFrom(settingValue(written, label, env))
  if (secret !== null) return secret
  const message = `expected ${label} to be whsec_ and 24 to 64 bytes in base64, got something else: make one with \`echo whsec_$(openssl rand -base64 32)\``
  throw settingProblem(written, message)
}

export function settingProblem({ file, line }: SecretText, message: string): ConfigError {
  return new ConfigError('HOOKCAST_CONFIG_INVALID', [{ file, line, column: null, message }])
}
