import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { LoopDelays } from './loop-delay.ts'
import { readCpuTimes, readPeakBytes } from '../bench/process-figures.ts'

const LOOP_DELAY = fileURLToPath(new URL('./loop-delay.ts', import.meta.url))
const BIN = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))
export const TOKEN = 'load-0123456789-0123456789-0123456789'

/** A Redis, and the key that a service and its workers share. */
export interface Over {
  readonly url: string
  readonly key: string
}

/** `hookcast serve` in a process of its own, over a folder that may have been filled before. */
export class Service implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  /** `ports`: where endpoints may be; `over`: workers call them. */
  static async start(folder: string, ports: readonly number[], over: Over | null = null): Promise<Service> {
    mkdirSync(folder, { recursive: true })
    const config = `server: { listen: { admin: "127.0.0.1:0" } }\nnetwork: { events: { allow: [127.0.0.1], http: true, ports: [${ports.join(', ')}] } }\n`
    const redis = over === null ? '' : `redis: ${over.url}\n`
    writeFileSync(join(folder, 'hookcast.yaml'), redis + config)
    const args = [
      '--import',
      LOOP_DELAY,
      BIN,
      'serve',
      '--data',
      join(folder, 'data'),
      '--config',
      join(folder, 'hookcast.yaml'),
    ]
    const env = {
      PATH: process.env['PATH'],
      HOOKCAST_ADMIN_TOKEN: TOKEN,
      ...(over === null ? {} : { HOOKCAST_SECRET_KEY: over.key }),
    }
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], cwd: folder })
    let said = ''
    for await (const text of child.stderr!) if ((said += String(text)).includes('listening on')) break
    const [, url] = /listening on (\S+)/.exec(said) ?? []
    if (url !== undefined) return new Service(child, url)
    child.kill('SIGKILL')
    throw new Error(`The service did not start: ${said}`)
  }

  get cpuMs(): number {
    return readCpuTimes(this.#child.pid!)?.ownMs ?? 0
  }

  /** What it had the disk write. */
  get writtenBytes(): number {
    return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${this.#child.pid!}/io`, 'utf8'))![1])
  }

  /** How long its event loop was held up since this was asked last. */
  async loopDelays(): Promise<LoopDelays> {
    const answer = once(this.#child, 'message')
    this.#child.send('delays')
    const [delays] = (await answer) as [LoopDelays]
    return delays
  }

  get peakBytes(): number {
    return readPeakBytes(this.#child.pid!) ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await ended
  }
}
