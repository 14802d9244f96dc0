import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

/**
 * Names an audience's file by what is in it: two of one name hold the same bytes. Null when it cannot be read.
 *
 * By its bytes and not by its time: an export that writes the same file anew every night has nothing new in it.
 */
export async function identityOf(path: string): Promise<string | null> {
  const hash = createHash('sha256')
  try {
    // A FIFO would be emptied by the look at it.
    if (!(await stat(path)).isFile()) return null
    await pipeline(createReadStream(path), hash)
  } catch {
    // What is wrong with it, the run's own reading tells.
    return null
  }
  return hash.digest('hex')
}
