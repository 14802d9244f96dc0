import { createHmac, randomBytes } from 'node:crypto'
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerError } from '../errors.ts'
import { folderError } from './folder-error.ts'
import { syncFolder } from './run-folder.ts'

const KEY_BYTES = 32
const FILE_MODE = 0o600

/**
 * Gives the function that names erased customers of a data folder; its first call makes the key when there is none yet.
 *
 * A plain hash of a telephone number or an e-mail address is undone by hashing all there are, so the hash has a key. It
 * lies beside the runs and not in them: a run's folder that is handed to somebody gives nobody away. With the same key the
 * same customer has one pseudonym in all runs, and a run goes on leaving out whom it has yet to read.
 *
 * Shape:   `erased-` and 128 bits of HMAC-SHA256 in hex
 * @throws {LedgerError} from the function: HOOKCAST_LEDGER_UNUSABLE, when the key cannot be read or written.
 */
export function openPseudonyms(dataFolder: string): (customerId: string) => string {
  let key: Buffer | null = null
  return (customerId) => {
    key ??= readKey(dataFolder) ?? makeKey(dataFolder)
    return `erased-${createHmac('sha256', key).update(customerId, 'utf8').digest('hex').slice(0, 32)}`
  }
}

function keyFile(dataFolder: string): string {
  return join(dataFolder, 'erasure.key')
}

function readKey(dataFolder: string): Buffer | null {
  const path = keyFile(dataFolder)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw folderError(path, cause)
  }
  const key = Buffer.from(text.trim(), 'base64url')
  if (key.length === KEY_BYTES) return key
  const message = `The key of erased customers is damaged (restore it from a backup, or remove it to begin with a new one): ${path}`
  throw new LedgerError('HOOKCAST_LEDGER_UNUSABLE', message)
}

/** Whole or not at all, and the first of two processes wins: a link is made once. */
function makeKey(dataFolder: string): Buffer {
  const path = keyFile(dataFolder)
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, `${randomBytes(KEY_BYTES).toString('base64url')}\n`, { mode: FILE_MODE, flush: true })
    try {
      linkSync(draft, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    syncFolder(dataFolder)
  } catch (cause) {
    throw folderError(path, cause)
  } finally {
    rmSync(draft, { force: true })
  }
  return readKey(dataFolder)!
}
