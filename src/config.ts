import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { KeyPath } from './campaign/key-path.ts'
import { checkShape } from './campaign/shape-problem.ts'
import { readSettings } from './campaign/read-settings.ts'
import type { Environment } from './campaign/secret-text.ts'
import type { Settings } from './campaign/settings.ts'
import { settingsSchema } from './campaign/settings-schema.ts'
import { readYaml } from './campaign/yaml-text.ts'
import { YamlReader, inFileOrder } from './campaign/yaml-reader.ts'
import { ConfigError, type Problem } from './errors.ts'

const FILE_NAME = 'hookcast.yaml'
const DATA_FOLDER = '.hookcast'

/**
 * Finds the settings of a campaign: hookcast.yaml beside it, else in the current folder; null when there is none.
 *
 * Default: beside the campaign first, so that a folder can be handed on with all that belongs to it.
 */
export function findSettings({
  campaignFolder,
  folder,
}: {
  campaignFolder: string | null
  folder: string
}): string | null {
  const candidates = [...(campaignFolder === null ? [] : [campaignFolder]), folder]
  return candidates.map((candidate) => join(candidate, FILE_NAME)).find((path) => existsSync(path)) ?? null
}

/**
 * Reads hookcast.yaml and the environment into one frozen value.
 *
 * `HOOKCAST_DATA` wins over `data:`, as what is set for one process wins over what is written for all.
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, with all problems at once.
 */
export function loadSettings(path: string | null, env: Environment): Settings {
  refuseUnverifiedTls(env)
  const place = resolve(path ?? FILE_NAME)
  const name = basename(place)
  const { text, problems } = readYaml(path === null ? new Uint8Array() : readFile(path), name)
  if (text === null) throw settingsError(problems, place)
  // A file with nothing but comments is a file with every default.
  const root = { ...text, value: text.value ?? {} }
  const reader = new YamlReader(root, { env, allowed: null })
  const { repaired, problems: shapeProblems } = checkShape(settingsSchema, root, { isHidden, elsewhere: {} })
  reader.reportAll(shapeProblems)
  reader.refusePlaceholders(root.value, isReadFromEnvironment, 'auth, redis, notify, triggers and egress proxies')
  const settings = readSettings(reader, repaired)
  if (reader.problems.length > 0) throw settingsError(inFileOrder(reader.problems), place)
  const data = env['HOOKCAST_DATA'] || resolve(path === null ? '.' : dirname(path), repaired.data ?? DATA_FOLDER)
  return deepFreeze({ ...settings, file: path === null ? null : place, data: resolve(data) })
}

function settingsError(problems: readonly Problem[], place: string): ConfigError {
  return new ConfigError(
    'HOOKCAST_CONFIG_INVALID',
    problems.map((problem) => ({ ...problem, file: place })),
  )
}

/**
 * Node would believe any certificate then, in every library of the process.
 *
 * Our own calls verify all the same; but whoever set it believes that it works.
 */
function refuseUnverifiedTls(env: Environment): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return
  const message =
    'expected NODE_TLS_REJECT_UNAUTHORIZED to be unset, got 0: certificates are always verified (tls.ca trusts another)'
  throw new ConfigError('HOOKCAST_CONFIG_INVALID', [{ file: 'environment', line: null, column: null, message }])
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const message = isMissing ? 'file not found' : 'file not readable'
    throw new ConfigError('HOOKCAST_CONFIG_INVALID', [{ file: resolve(path), line: null, column: null, message }], {
      cause,
    })
  }
}

function isHidden([top, , third]: KeyPath): boolean {
  return (
    top === 'auth' ||
    top === 'redis' ||
    top === 'notify' ||
    top === 'triggers' ||
    top === 'project' ||
    (top === 'egress' && third === 'proxy')
  )
}

function isReadFromEnvironment([top, , third, ...more]: KeyPath): boolean {
  if (top === 'auth' || top === 'redis' || top === 'notify' || top === 'triggers') return true
  return top === 'egress' && third === 'proxy' && more.length === 0
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const part of Object.values(value)) deepFreeze(part)
  return Object.freeze(value)
}
