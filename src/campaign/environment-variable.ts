import { readFileSync } from 'node:fs'
import { ConfigError } from '../errors.ts'
import type { Environment } from './secret-text.ts'

/**
 * Reads a variable of the environment, or the file that `<name>_FILE` names, without the white space at its ends; null when
 * neither is set. An empty variable is one that is not set.
 *
 * A secret in a file is in no list of processes, and another one is there as soon as it is read again.
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when both are set, or the file cannot be read.
 */
export function readVariable(env: Environment, name: string): string | null {
  const value = env[name]
  const file = env[`${name}_FILE`]
  if (value && file) throw variableProblem(`contradicting variables: ${name} and ${name}_FILE, set one of them`)
  if (value) return value
  if (!file) return null
  try {
    return readFileSync(file, 'utf8').trim() || null
  } catch (cause) {
    throw variableProblem(`file of ${name}_FILE not readable: ${file}`, cause)
  }
}

export function variableProblem(message: string, cause?: unknown): ConfigError {
  const problem = { file: 'environment', line: null, column: null, message }
  return new ConfigError('HOOKCAST_CONFIG_INVALID', [problem], { cause })
}
