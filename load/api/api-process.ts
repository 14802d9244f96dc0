import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readCpuTimes, readPeakBytes } from '../bench/process-figures.ts'

const ROOT = join(import.meta.dirname, '../..')
export const REFERENCE_API = join(ROOT, 'reference-api/src/main.ts')
export const BARE_APP = join(import.meta.dirname, 'bare-hono.ts')
export const USER = { name: 'load', password: 'a-password-for-the-load-test' } as const

/** A server in a process of its own, on loopback. */
export interface ApiProcess extends AsyncDisposable {
  readonly url: string
  /** CPU time so far; null where the system does not tell. */
  cpuMs(): number | null
  peakBytes(): number | null
  isAlive(): boolean
  /** Asks it to stop, as an operator would, and waits until it has: what it had in hand is done then. */
  stop(): Promise<void>
}

/** Starts the reference API, or the bare app, and waits until it listens. */
export async function startApi(
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ApiProcess> {
  const child = spawn(process.execPath, [script], {
    env: {
      PATH: process.env['PATH'],
      HOST: '127.0.0.1',
      PORT: '0',
      ADMIN_PORT: 'off',
      LOG_LEVEL: 'off',
      API_USERS: `${USER.name}:${USER.password}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await exited
    process.removeListener('exit', kill)
  }
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^listening on (http:\/\/\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    const pid = child.pid ?? 0
    return {
      url,
      cpuMs: () => readCpuTimes(pid)?.ownMs ?? null,
      peakBytes: () => readPeakBytes(pid),
      isAlive: () => child.exitCode === null && child.signalCode === null,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  }
  throw new Error(`Could not start: ${script}`)
}
