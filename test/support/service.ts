import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { checkRunsIn } from './checked-runs.ts'
import { startCommand, type Finished, type RunningCommand } from './command-line.ts'

export const ADMIN_TOKEN = 'a-token-that-only-tests-know-0123456789'

/** A folder with campaigns, hookcast.yaml and data, and the services that run on it, one after the other. */
export interface ServiceFolder extends AsyncDisposable {
  readonly path: string
  readonly data: string
  start(env?: Readonly<Record<string, string>>): Promise<RunningService>
}

/** `hookcast serve` as a process of its own. */
export interface RunningService {
  /** Of the listener for everything. */
  readonly url: string
  readonly urls: readonly string[]
  readonly command: RunningCommand
  /** Calls the API as its administrator. */
  call(path: string, init?: RequestInit): Promise<Response>
  get(path: string): Promise<Record<string, unknown>>
  /** Ends it, and resolves with what it wrote. */
  end(
    signal: 'SIGTERM' | 'SIGHUP' | 'SIGKILL',
  ): Promise<Finished & { readonly lines: readonly Record<string, unknown>[] }>
}

export function createServiceFolder(
  files: Readonly<Record<string, string>>,
  { unchecked }: { readonly unchecked?: string } = {},
): ServiceFolder {
  const path = mkdtempSync(join(tmpdir(), 'service-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  const data = join(path, 'data')
  const running = new Set<RunningService>()
  const given: Record<string, string> = { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN }
  const said: string[] = []
  const forget = async (service: RunningService): Promise<void> => {
    const { stdout, stderr } = await service.command.finished
    running.delete(service)
    said.push(stdout, stderr)
  }
  const start = async (env: Readonly<Record<string, string>> = {}): Promise<RunningService> => {
    const config = 'hookcast.yaml' in files ? ['--config', join(path, 'hookcast.yaml')] : ['--port', '0']
    const args = ['serve', '--data', data, '--campaigns', join(path, 'campaigns'), '--senders', '1', ...config]
    const command = startCommand(args, { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN, ...env })
    await command.untilStderr('listening on ')
    const service = runningService(command)
    running.add(service)
    Object.assign(given, env)
    void forget(service)
    return service
  }
  return {
    path,
    data,
    start,
    async [Symbol.asyncDispose]() {
      for (const service of running) await service.end('SIGKILL')
      const config = 'hookcast.yaml' in files ? join(path, 'hookcast.yaml') : null
      if (unchecked === undefined) checkRunsIn(data, { config, env: given, said })
      rmSync(path, { recursive: true })
    },
  }
}

function runningService(command: RunningCommand): RunningService {
  const urls = Array.from(command.stderr().matchAll(/^listening on (\S+)$/gm), ([, url = '']) => url)
  const url = urls[0]!
  const call = (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { Authorization: `Bearer ${ADMIN_TOKEN}`, ...(init.headers as Record<string, string> | undefined) }
    return fetch(`${url}${path}`, { ...init, headers })
  }
  return {
    url,
    urls,
    command,
    call,
    get: async (path) => (await (await call(path)).json()) as Record<string, unknown>,
    end: async (signal) => {
      command.child.kill(signal)
      const finished = await command.finished
      const lines = finished.stdout
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as Record<string, unknown>)
      return { ...finished, lines }
    },
  }
}
