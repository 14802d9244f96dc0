import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Webhook } from '../../src/campaign/campaign.ts'
import { secretsOf } from './checked-runs.ts'
import { childrenOf, startCommand, type CommandOptions, type Finished, type RunningCommand } from './command-line.ts'
import { checkRun, webhookOf, type Invariant, type JournalEntry, type RunUnderCheck } from './invariants.ts'
import { startReceiverProcess, type ReceiverProcess } from './receiver.ts'
import type { ReceiverConfig } from './receiver-process.ts'

export interface CampaignRunSetup {
  /** A folder of its own, made if need be. */
  readonly folder: string
  /** How many customers (`c-0`, `c-1`, …), or their rows. */
  readonly customers: number | readonly object[]
  /** Lines under `webhook:`; `$RECEIVER` stands for its origin. */
  readonly webhook?: string
  /** Lines of the file's top level. */
  readonly top?: string
  readonly body?: string
  /** Default: one that accepts everything. */
  readonly receiver?: Omit<ReceiverConfig, 'journal'>
  /** Somebody else's receiver, with its journal, in place of one in a process of its own. */
  readonly elsewhere?: { readonly url: string; readonly journal: () => readonly JournalEntry[] }
  readonly senders?: number
  readonly seed?: number
}

export interface StartOptions extends CommandOptions {
  /** Tells its progress. */
  readonly isLoud?: boolean
}

/** What `--json` prints of a run's end. */
export type Report = Readonly<Record<string, unknown>>

const WATCH_MS = 100
const BODY = '{"customer_id":{{ customer.customer_id }}}'

/** One run through the real command line, over as many processes as it takes, with its receiver in a process of its own. */
export class CampaignRun implements AsyncDisposable {
  readonly folder: string
  readonly data: string
  readonly #setup: CampaignRunSetup
  #receiver: ReceiverProcess | null
  readonly #commands = new Set<RunningCommand>()
  readonly #stderr: string[] = []
  readonly #given: Record<string, string> = {}
  #runId: string | null = null
  #peakMb = 0
  /** Processes that were killed over it: each leaves what it had in flight in doubt. */
  crashes = 0

  private constructor(setup: CampaignRunSetup, receiver: ReceiverProcess | null) {
    this.#setup = setup
    this.#receiver = receiver
    this.folder = setup.folder
    this.data = join(setup.folder, 'data')
    const { customers, webhook = '', top = '', body = BODY } = setup
    const rows =
      typeof customers === 'number'
        ? Array.from({ length: customers }, (_, i) => ({ customer_id: `c-${i}` }))
        : customers
    const lines = webhook.replaceAll('$RECEIVER', this.url).split('\n')
    const yaml = [
      'name: faults',
      'audience: people.ndjson',
      top,
      'webhook:',
      /^url:/m.test(webhook) ? '' : `  url: "${this.url}/v1/messages"`,
      /^(?:body|batch):/m.test(webhook) ? '' : '  body: { file: body.j2 }',
      ...lines.map((line) => `  ${line}`),
    ]
    writeFileSync(join(this.folder, 'campaign.yaml'), yaml.join('\n'))
    writeFileSync(join(this.folder, 'body.j2'), body)
    writeFileSync(join(this.folder, 'people.ndjson'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }

  static async create(setup: CampaignRunSetup): Promise<CampaignRun> {
    mkdirSync(setup.folder, { recursive: true })
    if (setup.elsewhere !== undefined) return new CampaignRun(setup, null)
    const journal = join(setup.folder, 'journal.ndjson')
    return new CampaignRun(setup, await startReceiverProcess({ ...setup.receiver, journal }))
  }

  get url(): string {
    return this.#setup.elsewhere?.url ?? this.#receiver!.url
  }

  /** Null until the run's folder is there. */
  get runId(): string | null {
    this.#runId ??= runIn(this.data)
    return this.#runId
  }

  /** All that the commands have printed on stderr, one after the other. */
  get stderr(): string {
    return [...this.#stderr, ...[...this.#commands].map((command) => command.stderr())].join('')
  }

  journal(): readonly JournalEntry[] {
    return this.#setup.elsewhere?.journal() ?? this.#receiver!.readJournal()
  }

  /** How many requests have been received: told from the size of things, not by reading them. */
  get received(): number {
    return this.#setup.elsewhere === undefined ? countLines(join(this.folder, 'journal.ndjson')) : this.journal().length
  }

  /** Starts the run, or goes on with it. */
  start(args: readonly string[] = [], options: StartOptions = {}): RunningCommand {
    const { runId } = this
    const own = runId === null ? ['run', join(this.folder, 'campaign.yaml')] : ['resume', runId]
    const senders = String(this.#setup.senders ?? 2)
    const quiet = options.isLoud === true ? [] : ['--quiet']
    const all = [...own, '--data', this.data, '--json', ...quiet, '--yes', '--senders', senders, ...args]
    Object.assign(this.#given, options.env)
    const command = startCommand(all, options.env, { ...options, unchecked: 'its owner says when, and what to expect' })
    this.#commands.add(command)
    void this.#watch(command)
    return command
  }

  async #watch(command: RunningCommand): Promise<void> {
    while (isRunning(command)) {
      for (const pid of [command.pid, ...childrenOf(command.pid)]) this.#peakMb = Math.max(this.#peakMb, peakOf(pid))
      await sleep(WATCH_MS, undefined, { ref: false })
    }
    await command.finished
    this.#commands.delete(command)
    this.#stderr.push(command.stderr())
  }

  /** Resolves once so many requests have come in all, or the command has ended before: true if they came. */
  async untilReceived(count: number, command: RunningCommand): Promise<boolean> {
    return await this.until(() => this.received >= count, command)
  }

  /** Resolves once the condition holds, or the command has ended before: true if it held. */
  async until(condition: () => boolean, command: RunningCommand): Promise<boolean> {
    while (isRunning(command)) {
      if (condition()) return true
      await sleep(5)
    }
    return condition()
  }

  async killReceiver(): Promise<void> {
    await this.#receiver!.kill()
  }

  /** Starts a receiver that was killed again: at the same place, with the same journal. */
  async restartReceiver(): Promise<void> {
    const { port } = this.#receiver!
    const journal = join(this.folder, 'journal.ndjson')
    this.#receiver = await startReceiverProcess({ ...this.#setup.receiver, journal, port })
  }

  /** Ends a process at once, and counts it. */
  kill(pid: number): void {
    process.kill(pid, 'SIGKILL')
    this.crashes++
  }

  /** Starts or resumes it and waits for the end; the report, and the exit code. */
  async finish(args: readonly string[] = [], options: StartOptions = {}): Promise<Finished & { report: Report }> {
    const finished = await this.start(args, options).finished
    if (!finished.stdout.startsWith('{'))
      throw new Error(`expected a report, got exit ${finished.code}: ${finished.stderr}`)
    return { ...finished, report: JSON.parse(finished.stdout) as Report }
  }

  /** As the run has it: its secrets are read from `env`. */
  webhookWith(env: Readonly<Record<string, string>>): Webhook {
    return webhookOf(this.data, this.runId!, env)
  }

  /** Holds everything that happened against the invariants. */
  check(more: Partial<RunUnderCheck> = {}): readonly Invariant[] {
    const { seed } = this.#setup
    return checkRun({
      dataFolder: this.data,
      runId: this.runId!,
      journal: this.journal(),
      webhook: more.webhook ?? this.webhookWith({}),
      crashes: this.crashes,
      secrets: secretsOf(this.#given),
      said: [...this.#stderr, ...[...this.#commands].map((command) => command.stderr())],
      ...(this.#peakMb === 0 ? {} : { peakMb: this.#peakMb }),
      ...(seed === undefined ? {} : { seed }),
      ...more,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, finished } of this.#commands) {
      child.kill('SIGKILL')
      await finished
    }
    await this.#receiver?.kill()
  }
}

function isRunning({ child }: RunningCommand): boolean {
  return child.exitCode === null && child.signalCode === null
}

function runIn(data: string): string | null {
  try {
    return readdirSync(join(data, 'runs')).find((name) => !name.startsWith('.')) ?? null
  } catch {
    return null
  }
}

/** Most memory that a process has held, in MB; 0 once it is gone. */
function peakOf(pid: number): number {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
  } catch {
    return 0
  }
}

const counted = new Map<string, { bytes: number; lines: number }>()

function countLines(path: string): number {
  const count = counted.get(path) ?? { bytes: 0, lines: 0 }
  counted.set(path, count)
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(65_536)
    for (;;) {
      const read = readSync(file, buffer, 0, buffer.length, count.bytes)
      if (read === 0) return count.lines
      for (let at = 0; at < read; at++) if (buffer[at] === 10) count.lines++
      count.bytes += read
    }
  } finally {
    closeSync(file)
  }
}
