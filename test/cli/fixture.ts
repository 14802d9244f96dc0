import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test as base } from 'vitest'
import type { RunReport, RunSummary } from '../../src/report/report.ts'
import { checkRunsIn } from '../support/checked-runs.ts'
import { createReceiver, type Receiver, type ReceiverOptions } from '../support/receiver.ts'

const BIN = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))
const COMPILE_CACHE = join(tmpdir(), 'hookcast-test-compile-cache')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>
  /** What comes on standard input; `open` for a pipe in which nothing comes and that stays open. */
  readonly input?: string | Uint8Array
  readonly bin?: string
  /** A file that standard output goes to, `/dev/full` for one. */
  readonly stdout?: string
}

/** A command that goes on: what it has said so far, and a way to wait for more. */
export interface Going {
  readonly pid: number
  signal(signal: NodeJS.Signals): void
  closeStdout(): void
  /** Resolves when this was told on stderr; rejects when the command ends without. */
  untilTold(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

/** A folder of its own in which people type commands, and a receiver that their campaign calls. */
export interface Desk {
  readonly folder: string
  readonly receiver: Receiver
  /** Why the runs that are left here are not held against the invariants, as all others are. Default: null. */
  unchecked: string | null
  write(name: string, content: string | Uint8Array): string
  /** Writes campaign.yaml: three customers and a body, with more lines under `webhook:` and at the top. */
  writeCampaign(parts?: CampaignParts): void
  start(args: readonly string[], surroundings?: Surroundings): Going
  hookcast(args: readonly string[], surroundings?: Surroundings): Promise<Ended>
  /** The same with `--json`; what stands on stdout is parsed as the one object that it has to be. */
  json(args: readonly string[], surroundings?: Surroundings): Promise<Ended & { readonly object: RunReport }>
  /** What `runs --json` lists, newest first. */
  runs(): Promise<readonly RunSummary[]>
}

export interface CampaignParts {
  readonly name?: string
  readonly top?: string
  readonly webhook?: string
  readonly audience?: string
}

/** The body is on line 5, what is added under `webhook:` begins on line 6. */
function campaignText(
  url: string,
  { name = 'desk', top = '', webhook = '', audience = 'customers.csv' }: CampaignParts = {},
): string {
  const added = webhook === '' ? [] : webhook.split('\n').map((line) => `  ${line}`)
  const ownUrl = /^url:/m.test(webhook) ? '  # the URL is below' : `  url: "${url}/v1/messages"`
  const ownBody = /^(body|method: GET)/m.test(webhook) ? '  # no body here' : `  body: '{"id": "{{ customer.id }}"}'`
  return [
    `name: ${JSON.stringify(name)}`,
    `audience: ${audience}`,
    'webhook:',
    ownUrl,
    ownBody,
    ...added,
    top,
    '',
  ].join('\n')
}

/** `desk` has a receiver that takes everything; `openDesk` makes one whose receiver answers as told. */
export const test = base.extend<{ openDesk: (receiver?: ReceiverOptions) => Promise<Desk>; desk: Desk }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  openDesk: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async (options) => {
      // As the kernel names it: messages show real paths.
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'desk-')))
      stack.defer(() => rmSync(folder, { recursive: true, force: true }))
      const desk = createDesk(folder, stack.use(await createReceiver(options)))
      stack.defer(() => {
        const config = join(folder, 'hookcast.yaml')
        if (desk.unchecked !== null) return
        checkRunsIn(join(folder, '.hookcast'), { config: existsSync(config) ? config : null })
      })
      return desk
    })
  },
  desk: async ({ openDesk }, use) => use(await openDesk()),
})

function createDesk(folder: string, receiver: Receiver): Desk {
  const write: Desk['write'] = (name, content) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }
  const start: Desk['start'] = (args, surroundings = {}) => startIn(folder, args, surroundings)
  const hookcast: Desk['hookcast'] = (args, surroundings) => start(args, surroundings).ended
  write('customers.csv', 'id,name\nc-0,Ada\nc-1,Bob\nc-2,Eve\n')
  return {
    folder,
    receiver,
    unchecked: null,
    write,
    start,
    hookcast,
    writeCampaign: (parts) => void write('campaign.yaml', campaignText(receiver.url, parts)),
    json: async (args, surroundings) => {
      const ended = await hookcast([...args, '--json'], surroundings)
      return { ...ended, object: JSON.parse(ended.stdout) as RunReport }
    },
    runs: async () => {
      const { stdout } = await hookcast(['runs', '--json'])
      return (JSON.parse(stdout) as { runs: readonly RunSummary[] }).runs
    },
  }
}

function startIn(
  folder: string,
  args: readonly string[],
  { env = {}, input, bin = BIN, stdout: file }: Surroundings,
): Going {
  // One sender does for a handful of customers, and a cache of stripped types for a hundred starts of one program.
  const output = file === undefined ? 'pipe' : openSync(file, 'w')
  const child = spawn(process.execPath, [bin, '--senders', '1', ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', output, 'pipe'],
  })
  if (output !== 'pipe') closeSync(output)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const watchers = new Set<() => void>()
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
    for (const look of watchers) look()
  })
  child.stdin?.on('error', () => undefined)
  if (input !== 'open') child.stdin?.end(input)
  const ended = (async (): Promise<Ended> => {
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, stdout, stderr }
  })()
  return {
    pid: child.pid!,
    signal: (signal) => void child.kill(signal),
    closeStdout: () => void child.stdout!.destroy(),
    untilTold: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => (stderr.includes(text) ? resolve() : undefined)
        watchers.add(look)
        look()
        void ended.then(() => reject(new Error(`expected ${JSON.stringify(text)} on stderr, got ${stderr}`)))
      }),
    ended,
  }
}
