import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CREDENTIALS, writeCampaign } from './campaign.ts'
import type { Bench } from './contender.ts'
import { childrenOf, readPeakBytes } from './process-figures.ts'
import { startScripted, type ScriptedReceiver } from './receiver.ts'
import type { Script, Seen } from './scripted-receiver.ts'

/** How long something took that people wait for, and what it may take. */
export interface ControlRow {
  readonly what: string
  readonly ms: readonly number[]
  readonly barMs: number
}

export interface RetryFindings {
  /** What everybody was answered once. */
  readonly status: number
  readonly delayMs: number
  readonly customers: number
  readonly seen: Seen
  readonly wallMs: number
  readonly peakBytes: number
  readonly sent: number
}

const now = (): number => performance.timeOrigin + performance.now()
const LIMIT_MS = 300_000

interface Run {
  readonly child: ChildProcess
  readonly startedAt: number
  readonly exited: Promise<number | null>
  stdout(): string
}

/** One run after the other against receivers that note when calls began; all of it is gone afterwards. */
export class ControlBench {
  readonly #bench: Bench
  readonly #data: string

  constructor(bench: Bench) {
    this.#bench = bench
    this.#data = join(bench.folder, 'control-data')
  }

  async measure({ most, rounds }: { readonly most: number; readonly rounds: number }): Promise<readonly ControlRow[]> {
    const few = rounds > 1 ? 3 : 1
    return [
      {
        what: 'from a 401 to the last call that began, 200 in flight, 2 senders',
        barMs: 20,
        ms: await this.#repeat(rounds, () => this.#abort()),
      },
      {
        what: `first call of \`run --stream\` on ${words(most)} customers, from the start of the command`,
        barMs: 300,
        ms: await this.#repeat(few, () => this.#firstCall(most, ['--stream'])),
      },
      {
        what: `first call of \`run\` on ${words(most)} customers: start, check and spool`,
        barMs: (3000 * most) / 1e6 + 500,
        ms: await this.#repeat(few, () => this.#firstCall(most, [])),
      },
      {
        what: `first call of \`resume\` after kill -9 of a run of ${words(most)}`,
        barMs: 2000,
        ms: await this.#repeat(few, () => this.#resume(most)),
      },
      {
        what: 'from Ctrl-C to the end of the command, calls of 1 s in flight',
        barMs: 1500,
        ms: await this.#repeat(few, () => this.#interrupt()),
      },
    ]
  }

  /**
   * Everybody is refused once, all at about the same time: with a status that the campaign takes for *again* and no more,
   * and with 503, for which a run goes down to one call in flight: a tenth, by a receiver that keeps nobody waiting.
   */
  async retries(customers: number): Promise<readonly RetryFindings[]> {
    const plain = await this.#refuseOnce(customers, { status: 404, delayMs: 10, retried: 404 })
    return [plain, await this.#refuseOnce(customers / 10, { status: 503, delayMs: 0 })]
  }

  #refuseOnce(
    customers: number,
    { status, delayMs, retried }: Pick<RetryFindings, 'status' | 'delayMs'> & { readonly retried?: number },
  ): Promise<RetryFindings> {
    const script: Script = { delayMs, failOnce: { keys: customers, status } }
    return this.#on(script, { customers, retried }, async (receiver, campaign) => {
      const run = this.#start(['run', campaign, '--json', '--quiet', '--yes'])
      let peakBytes = 0
      const look = setInterval(() => {
        for (const pid of [run.child.pid!, ...childrenOf(run.child.pid!)]) {
          peakBytes = Math.max(peakBytes, readPeakBytes(pid) ?? 0)
        }
      }, 200)
      const exitCode = await run.exited.finally(() => clearInterval(look))
      if (exitCode !== 0) throw new Error(`A run has to end with exit code 0, got ${exitCode}`)
      const wallMs = now() - run.startedAt
      const { sent } = JSON.parse(run.stdout()) as { readonly sent: number }
      return { status, delayMs, customers, seen: await receiver.seen(), wallMs, peakBytes, sent }
    })
  }

  async #repeat(rounds: number, once: () => Promise<number>): Promise<number[]> {
    const found: number[] = []
    for (let round = 0; round < rounds; round++) {
      this.#bench.signal.throwIfAborted()
      found.push(await once())
    }
    return found
  }

  #abort(): Promise<number> {
    return this.#on({ delayMs: 50, refuseAt: 4000 }, { customers: 20_000 }, async (receiver, campaign) => {
      await this.#start(['run', campaign, '--json', '--quiet', '--yes', '--senders', '2']).exited
      const { refusedAt, lastAt } = await receiver.seen()
      if (refusedAt === null || lastAt === null) throw new Error('The receiver has to come to its 401')
      return Math.max(0, lastAt - refusedAt)
    })
  }

  #firstCall(customers: number, flags: readonly string[]): Promise<number> {
    return this.#on({ delayMs: 50 }, { customers }, async (receiver, campaign) => {
      const run = this.#start(['run', campaign, '--quiet', '--yes', ...flags])
      const { firstAt } = await until(run, receiver, ({ calls }) => calls > 0)
      await kill(run)
      return firstAt! - run.startedAt
    })
  }

  #resume(customers: number): Promise<number> {
    return this.#on({ delayMs: 0 }, { customers }, async (receiver, campaign) => {
      const first = this.#start(['run', campaign, '--quiet', '--yes'])
      await until(first, receiver, ({ calls }) => calls > customers / 10)
      await kill(first)
      await sleep(500)
      const { calls: before } = await receiver.seen()
      const runId = readdirSync(join(this.#data, 'runs'))[0]!
      const second = this.#start(['resume', runId, '--quiet', '--yes'])
      const { lastAt } = await until(second, receiver, ({ calls }) => calls > before)
      await kill(second)
      return lastAt! - second.startedAt
    })
  }

  #interrupt(): Promise<number> {
    return this.#on({ delayMs: 1000 }, { customers: 20_000 }, async (receiver, campaign) => {
      const run = this.#start(['run', campaign, '--json', '--quiet', '--yes'])
      await until(run, receiver, ({ calls }) => calls >= 600)
      const at = now()
      run.child.kill('SIGINT')
      await run.exited
      return now() - at
    })
  }

  async #on<Found>(
    script: Script,
    { customers, retried }: { readonly customers: number; readonly retried?: number | undefined },
    use: (receiver: ScriptedReceiver, campaign: string) => Promise<Found>,
  ): Promise<Found> {
    await using receiver = await startScripted(script)
    const { folder, concurrency } = this.#bench
    const kind = { audience: `${customers}.ndjson`, origin: receiver.origin, concurrency, retried }
    const campaign = writeCampaign(folder, 'control.yaml', kind)
    try {
      return await use(receiver, campaign)
    } finally {
      rmSync(this.#data, { recursive: true, force: true })
    }
  }

  #start(args: readonly string[]): Run {
    const { folder, program, signal } = this.#bench
    const startedAt = now()
    const child = spawn(process.execPath, [program, ...args, '--data', this.#data], {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', BENCH_PASSWORD: CREDENTIALS.password },
      stdio: ['ignore', 'pipe', 'ignore'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.on('error', () => undefined)
    const exited = once(child, 'close').then(([code]) => code as number | null)
    return { child, startedAt, exited, stdout: () => stdout }
  }
}

/** @throws {Error} when the run ends before the receiver has seen enough of it. */
async function until({ child }: Run, receiver: ScriptedReceiver, isEnough: (seen: Seen) => boolean): Promise<Seen> {
  for (;;) {
    const isGone = child.exitCode !== null || child.signalCode !== null
    const seen = await receiver.seen()
    if (isEnough(seen)) return seen
    if (isGone)
      throw new Error(`A run ended (${child.exitCode ?? child.signalCode}) before the receiver saw enough of it`)
    await sleep(2)
  }
}

/** As `kill -9` does it: senders find out by themselves, and the next process waits until they are gone. */
async function kill({ child, exited }: Run): Promise<void> {
  const senders = childrenOf(child.pid!)
  child.kill('SIGKILL')
  await exited
  for (let tries = 0; tries < 500 && senders.some(isThere); tries++) await sleep(10)
}

function isThere(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

const words = (count: number): string => count.toLocaleString('en-US')
