import { spawn, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { readCpuTimes } from './process-figures.ts'
import { freePort, untilListening } from './receiver.ts'

export interface Redis extends AsyncDisposable {
  readonly port: number
  readonly url: string
  cpuMs(): number | null
}

export function hasRedis(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A Redis of its own that keeps what it is told, synced every second: the least of what a queue should have. */
export async function startRedis(folder: string): Promise<Redis> {
  const data = mkdtempSync(join(folder, 'redis-'))
  const port = await freePort()
  const flags = ['--port', String(port), '--bind', '127.0.0.1', '--dir', data, '--save', '']
  const child = spawn('redis-server', [...flags, '--appendonly', 'yes', '--appendfsync', 'everysec'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await untilListening(port, () => child.exitCode !== null || child.signalCode !== null)
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    cpuMs: () => readCpuTimes(child.pid!)?.ownMs ?? null,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      rmSync(data, { recursive: true, force: true })
    },
  }
}
