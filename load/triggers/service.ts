import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { childrenOf, readCpuTimes, readPeakBytes } from '../bench/process-figures.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export const TOKEN = randomBytes(32).toString('hex')
export const TYPE = 'user.registered'
const CAMPAIGN = 'welcome'
/** The one that is started with an audience. */
export const UPLOADED = 'newsletter'

/** What a process and the senders that it has started took so far. */
export interface Taken {
  readonly ownMs: number
  readonly sendersMs: number
  readonly peakBytes: number
}

/** `hookcast serve`, with one campaign that calls a receiver for each trigger of one type. */
export class Service implements AsyncDisposable {
  readonly url: string
  readonly receiverPort: number
  readonly #folder: string
  readonly #port: number
  readonly #profileFolder: string | null
  #child: ChildProcess | null = null

  private constructor(folder: string, ports: readonly number[], profileFolder: string | null) {
    const [port = 0, receiverPort = 0] = ports
    this.#folder = folder
    this.#port = port
    this.#profileFolder = profileFolder
    this.url = `http://127.0.0.1:${port}`
    this.receiverPort = receiverPort
  }

  /** Makes its folders; nothing runs yet. */
  static async prepare(folder: string, { profileFolder }: { readonly profileFolder: string | null }): Promise<Service> {
    const service = new Service(folder, [await freePort(), await freePort()], profileFolder)
    const to = `http://127.0.0.1:${service.receiverPort}/v1/messages`
    writeCampaign(folder, CAMPAIGN, { lines: [`trigger: { event: ${TYPE} }`], to, body: '{{ event.id }}' })
    writeCampaign(folder, UPLOADED, { lines: [], to, body: '{{ customer_id }}' })
    return service
  }

  /** Starts it, or starts it again; resolves once it listens. */
  async start(): Promise<void> {
    const profile = this.#profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.#profileFolder}`]
    const args = ['--data', join(this.#folder, 'data'), '--campaigns', join(this.#folder, 'campaigns')]
    const child = spawn(
      process.execPath,
      [...profile, join(ROOT, 'bin/hookcast.js'), 'serve', '--port', String(this.#port), '--senders', '1', ...args],
      {
        cwd: this.#folder,
        env: { PATH: process.env['PATH'], HOOKCAST_ADMIN_TOKEN: TOKEN },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    this.#child = child
    let said = ''
    for await (const text of child.stderr) {
      said += String(text)
      if (said.includes('listening on')) break
    }
    if (!said.includes('listening on')) throw new Error(`The service did not start: ${said}`)
  }

  async activate(): Promise<void> {
    const headers = { Authorization: `Bearer ${TOKEN}` }
    const answer = await fetch(`${this.url}/v1/campaigns/${CAMPAIGN}/activate`, { method: 'POST', headers })
    if (!answer.ok) throw new Error(`The campaign was not activated: ${await answer.text()}`)
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  taken(): Taken {
    const pid = this.#child?.pid ?? 0
    const sendersMs = childrenOf(pid).reduce((sum, child) => sum + (readCpuTimes(child)?.ownMs ?? 0), 0)
    return { ownMs: readCpuTimes(pid)?.ownMs ?? 0, sendersMs, peakBytes: readPeakBytes(pid) ?? 0 }
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === null || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A profile is written by a process that ends by itself.
    await this.#end(this.#profileFolder === null ? 'SIGKILL' : 'SIGTERM')
  }
}

function writeCampaign(
  folder: string,
  name: string,
  { lines, to, body }: { readonly lines: readonly string[]; readonly to: string; readonly body: string },
): void {
  const campaign = join(folder, 'campaigns', name)
  mkdirSync(campaign, { recursive: true })
  const webhook = ['webhook:', `  url: "${to}"`, '  payload: text', `  body: "${body}"`]
  writeFileSync(join(campaign, 'campaign.yaml'), [`name: ${name}`, ...lines, ...webhook, ''].join('\n'))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
