import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { childrenOf, readCpuTimes } from './process-figures.ts'
import { freePort, untilListening } from './receiver.ts'

export interface Postgres extends AsyncDisposable {
  readonly url: string
  cpuMs(): number | null
}

const DEBIAN = '/usr/lib/postgresql'

/** Where the server's programs lie: on the PATH, or where Debian puts them; null where it is not installed. */
export function findPostgres(): { readonly folder: string; readonly version: string } | null {
  for (const folder of ['', ...debianFolders()]) {
    try {
      const said = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8', stdio: 'pipe' })
      return { folder, version: /[\d.]+/.exec(said)?.[0] ?? '' }
    } catch {
      continue
    }
  }
  return null
}

function debianFolders(): string[] {
  try {
    return readdirSync(DEBIAN).map((version) => join(DEBIAN, version, 'bin'))
  } catch {
    return []
  }
}

/** Who runs it: it refuses to be root. */
function ownUser(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
      return { uid: id('-u'), gid: id('-g') }
    } catch {
      continue
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody')
}

/** A server of its own with its settings as they come: every commit is on the disk. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const found = findPostgres()
  if (found === null) throw new Error('PostgreSQL is not installed')
  const home = mkdtempSync(join(folder, 'postgres-'))
  const user = ownUser()
  if (user !== null) {
    chmodSync(folder, 0o711)
    chownSync(home, user.uid, user.gid)
  }
  const as = { cwd: home, ...user }
  const data = join(home, 'data')
  const made = ['-D', data, '-U', 'bench', '--auth', 'trust', '--no-sync', '--encoding', 'UTF8', '--locale', 'C']
  execFileSync(join(found.folder, 'initdb'), made, { ...as, stdio: 'ignore' })
  const port = await freePort()
  const flags = ['-D', data, '-h', '127.0.0.1', '-p', String(port), '-k', home]
  const child = spawn(join(found.folder, 'postgres'), flags, { ...as, stdio: 'ignore' })
  const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null
  await untilListening(port, isGone)
  return {
    url: `postgres://bench@127.0.0.1:${port}/postgres`,
    cpuMs: () => {
      const server = readCpuTimes(child.pid!)
      if (server === null) return null
      const own = childrenOf(child.pid!).reduce((sum, pid) => sum + (readCpuTimes(pid)?.ownMs ?? 0), 0)
      return server.ownMs + server.childrenMs + own
    },
    async [Symbol.asyncDispose]() {
      if (!isGone()) {
        const ended = once(child, 'exit')
        // The fast shutdown: clients are cut off, its processes end.
        child.kill('SIGINT')
        await ended
      }
      rmSync(home, { recursive: true, force: true })
    },
  }
}
