import { readFileSync } from 'node:fs'
import { ConfigError } from '../errors.ts'
import type { Environment } from './secret-text.ts'

/**
 * Reads a setting of ours from the environment, or from the file that `<name>_FILE` names; null when neither is set.
 *
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when both are set, or the file cannot be read.
 */
export function ownVariable(env: Environment, name: string): string | null {
  const value = env[name]
  const file = env[`${name}_FILE`]
  if (value && file) throw variableProblem(`contradicting variables: ${name} and ${name}_FILE, set one of them`)
  if (value) return value
  if (!file) return null
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw variableProblem(`file of ${name}_FILE not readable: ${file}`, cause)
  }
}

export function variableProblem(message: string, cause?: unknown): ConfigError {
  const problem = { file: 'environment', line: null, column: null, message }
  return new ConfigError('HOOKCAST_CONFIG_INVALID', [problem], { cause })
}
