import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCpuTimes } from '../bench/process-figures.ts'
import type { Over } from './service.ts'

const BIN = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))

/** `hookcast worker` in a process of its own, with the hookcast.yaml of the folder. */
export class Worker implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(folder: string, { url, key }: Over): Promise<Worker> {
    const args = [BIN, 'worker', '--redis', url, '--senders', '1', '--config', join(folder, 'hookcast.yaml')]
    const env = { PATH: process.env['PATH'], HOOKCAST_SECRET_KEY: key }
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'], cwd: folder })
    await once(child.stderr, 'data')
    child.stderr.resume()
    return new Worker(child)
  }

  get cpuMs(): number {
    return readCpuTimes(this.#child.pid!)?.ownMs ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    await ended
  }
}
