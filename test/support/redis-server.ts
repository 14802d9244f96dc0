import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface RedisSetup {
  /** Default: nothing is kept over a restart. */
  readonly appendFsync?: 'always' | 'everysec'
  /** More of redis.conf, as arguments: `['--maxmemory-policy', 'allkeys-lru']`. */
  readonly args?: readonly string[]
  readonly password?: string
  /** Default: redis-server. */
  readonly program?: 'redis-server' | 'valkey-server'
}

/** A real redis-server, or valkey-server, of a test's own, on a free port of loopback, in a folder that goes with it. */
export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'redis-'))
  readonly #setup: RedisSetup
  #child: ChildProcess | null = null

  private constructor(port: number, setup: RedisSetup) {
    this.port = port
    this.#setup = setup
  }

  static async start(setup: RedisSetup = {}): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), setup)
    await server.start()
    return server
  }

  get url(): string {
    const { password } = this.#setup
    return `redis://${password === undefined ? '' : `:${password}@`}127.0.0.1:${this.port}`
  }

  get pid(): number {
    return this.#child!.pid!
  }

  /** Starts it, or starts it again where it was. */
  async start(): Promise<void> {
    const { appendFsync, args = [], password, program = 'redis-server' } = this.#setup
    mkdirSync(this.#folder, { recursive: true })
    const keeps = appendFsync === undefined ? [] : ['--appendonly', 'yes', '--appendfsync', appendFsync]
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const secret = password === undefined ? [] : ['--requirepass', password]
    const child = spawn(program, [...own, ...keeps, ...secret, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    let log = ''
    await new Promise<void>((resolve, reject) => {
      child.on('error', reject)
      child.on('exit', () => reject(new Error(`${program} has ended: ${log}`)))
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        log += text
        if (text.includes('Ready to accept connections')) resolve()
      })
    })
  }

  /** One command, such as `CONFIG SET maxmemory 1mb`, as an operator would give it. */
  async command(words: string | readonly string[]): Promise<string> {
    const args = typeof words === 'string' ? words.split(' ') : words
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(this.port), ...args])
    return stdout
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** What it kept is gone, too. */
  async killAndForget(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killAndForget()
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
