import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readVariable, variableProblem } from '../campaign/environment-variable.ts'
import type { Environment } from '../campaign/secret-text.ts'

/** What secrets at rest are sealed with. */
export interface SecretKey {
  /** Names the key beside what it has sealed, and tells nothing of it. */
  readonly id: string
  readonly bytes: Uint8Array
}

/** In the data folder, when the environment has none. */
export const KEY_FILE = 'secret.key'
const KEY_BYTES = 32
const ID_LENGTH = 8

/**
 * Gives the keys of the environment; without any, the one in the data folder, which is made for this user alone.
 *
 * Several keys, with commas or spaces between: the first seals, the others open what they have sealed before.
 * `warn` is told of a key in the data folder: whoever copies that folder has the key with what it protects.
 * @throws {ConfigError} HOOKCAST_CONFIG_INVALID, when one is not 32 bytes in base64, or a file cannot be read or made.
 */
export function provideSecretKeys({
  env,
  dataFolder,
  warn,
}: {
  readonly env: Environment
  readonly dataFolder: string
  readonly warn: (text: string) => void
}): readonly SecretKey[] {
  const own = readVariable(env, 'HOOKCAST_SECRET_KEY')
  if (own !== null) return keysFrom(own, 'HOOKCAST_SECRET_KEY')
  const path = join(dataFolder, KEY_FILE)
  const keys = keysFrom(readOrMake(path), path)
  warn(`Secrets at rest are encrypted with a key beside them: ${path}; keep it elsewhere with HOOKCAST_SECRET_KEY_FILE`)
  return keys
}

function readOrMake(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw variableProblem(`file not readable: ${path}`, cause)
  }
  const made = `${randomBytes(KEY_BYTES).toString('base64')}\n`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    // Never over one that is there: what that has sealed would be lost.
    writeFileSync(path, made, { mode: 0o600, flag: 'wx', flush: true })
  } catch (cause) {
    throw variableProblem(`file not writable: ${path}`, cause)
  }
  return made
}

function keysFrom(text: string, place: string): readonly SecretKey[] {
  const written = text.split(/[\s,]+/).filter((part) => part !== '')
  if (written.length === 0) throw notAKey(place, 'nothing')
  return written.map((part) => {
    const bytes = Buffer.from(part, 'base64')
    const isBase64 = /^[A-Za-z0-9+/_-]+={0,2}$/.test(part)
    if (!isBase64) throw notAKey(place, 'something else')
    if (bytes.length !== KEY_BYTES) throw notAKey(place, `${bytes.length} bytes`)
    return { id: idOf(bytes), bytes }
  })
}

/** 48 bits tell a handful of keys apart. */
function idOf(bytes: Uint8Array): string {
  return createHash('sha256').update('hookcast key id\0').update(bytes).digest('base64url').slice(0, ID_LENGTH)
}

function notAKey(place: string, got: string): Error {
  const message = `expected ${place} to be 32 bytes in base64, got ${got}: make one with \`openssl rand -base64 32\``
  return variableProblem(message)
}
