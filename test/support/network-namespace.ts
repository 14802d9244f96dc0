import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Zone } from './dns-process.ts'

/** Holds the namespaces open; they are gone with the last process in them, and this one ends with its standard input. */
const HOLDER = 'mount --bind "$1" /etc/resolv.conf && ip link set lo up && echo ready && exec cat >/dev/null'

/**
 * A network of its own: nothing but a loopback interface, on which any address of the world may be put, and a resolver
 * at 127.0.0.1. Nothing in it can reach the outside, and nothing of it stays.
 */
export class NetworkNamespace implements AsyncDisposable {
  readonly #holder: ChildProcess
  readonly #folder: string
  readonly #ends: (() => void)[] = []

  private constructor(holder: ChildProcess, folder: string) {
    this.#holder = holder
    this.#folder = folder
  }

  static async create(): Promise<NetworkNamespace> {
    const folder = mkdtempSync(join(tmpdir(), 'namespace-'))
    const file = join(folder, 'resolv.conf')
    writeFileSync(file, 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n')
    const holder = spawn('unshare', ['--net', '--mount', 'sh', '-c', HOLDER, 'sh', file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error('Could not make a network namespace'))),
    ])
    return new NetworkNamespace(holder, folder)
  }

  /** Starts a command in it: goes before the command's own words. */
  get within(): readonly string[] {
    return ['nsenter', `--target=${this.#holder.pid}`, '--net', '--mount', '--']
  }

  /** Runs a command in it to its end, and gives what it has printed. */
  run(...command: readonly string[]): string {
    const [file = '', ...args] = [...this.within, ...command]
    const env = { PATH: `${process.env['PATH']}:/usr/sbin` }
    return execFileSync(file, args, { stdio: ['ignore', 'pipe', 'inherit'], env, encoding: 'utf8' })
  }

  /** Gives this machine an address of the world. */
  addAddress(address: string): void {
    const isSixth = address.includes(':')
    this.run('ip', 'address', 'add', `${address}/${isSixth ? 128 : 32}`, 'dev', 'lo', ...(isSixth ? ['nodad'] : []))
  }

  /** Whoever starts something in it says how it ends. */
  onEnd(end: () => void): void {
    this.#ends.push(end)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) end()
    const ended = once(this.#holder, 'exit')
    this.#holder.kill('SIGKILL')
    await ended
    rmSync(this.#folder, { recursive: true })
  }
}

/** Why no network of its own can be made here; null when one can. */
export function obstacleToNamespaces(): string | null {
  try {
    execFileSync('unshare', ['--net', '--mount', 'true'], { stdio: 'ignore' })
    return null
  } catch {
    return 'it needs root, and a kernel that lets it make namespaces'
  }
}

/** Starts a name server in it that says of each name what the zone says; it ends with the namespace. */
export async function startNameServer(namespace: NetworkNamespace, zone: Zone): Promise<void> {
  const file = fileURLToPath(new URL('dns-process.ts', import.meta.url))
  const [command, ...args] = [...namespace.within, process.execPath, file]
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  namespace.onEnd(() => void child.kill('SIGKILL'))
  child.stdin.write(`${JSON.stringify(zone)}\n`)
  await once(child.stdout, 'data')
}
