import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Says in the data folder where its service is reached, until it ends: for commands on the same machine. */
export function announce(dataFolder: string, url: string): Disposable {
  const file = fileIn(dataFolder)
  writeFileSync(file, url, { mode: 0o600 })
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) }
}

/** Where the service of a data folder is reached; null when none has said so. */
export function announcedIn(dataFolder: string): string | null {
  try {
    // Empty while it is being written: nobody listens yet.
    return readFileSync(fileIn(dataFolder), 'utf8') || null
  } catch {
    return null
  }
}

function fileIn(dataFolder: string): string {
  return join(dataFolder, 'service.url')
}
