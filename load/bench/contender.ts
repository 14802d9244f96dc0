import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BareLoop, BareLoopResult } from './bare-loop.ts'
import { CONSTANT_BODY, CREDENTIALS } from './campaign.ts'
import { measureCommand, type Measured } from './measure-command.ts'
import type { Receiver } from './receiver.ts'

/** What every contender is given. */
export interface Bench {
  /** Holds the campaigns and their audiences; data folders come and go in it. */
  readonly folder: string
  readonly receiver: Receiver
  readonly concurrency: number
  /** Sender processes; null for hookcast's own choice. */
  readonly senders: number | null
  readonly signal: AbortSignal
}

/** One round of one contender. */
export interface Sample extends Measured {
  readonly calls: number
  /** From the first call to the end of the last: without start, check and spool. */
  readonly sendingMs: number
}

/** Something that calls the receiver, once for each customer. */
export interface Contender {
  readonly name: string
  run(bench: Bench, customers: number): Promise<Sample>
}

/** Nothing runs for longer than it would at 400 calls/s. */
const LIMIT_MS_PER_CALL = 2.5
const LIMIT_MS_AT_LEAST = 60_000

const limitMs = (calls: number): number => LIMIT_MS_AT_LEAST + calls * LIMIT_MS_PER_CALL

/** The yardstick: see bare-loop.ts. */
export const bareLoop: Contender = {
  name: 'bare undici `request()` loop',
  async run({ folder, receiver, concurrency, signal }, calls) {
    const { username, password } = CREDENTIALS
    const loop: BareLoop = {
      origin: receiver.origin,
      calls,
      connections: concurrency,
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      body: CONSTANT_BODY,
    }
    const measured = await measureCommand({
      args: [fileURLToPath(new URL('bare-loop.ts', import.meta.url)), JSON.stringify(loop)],
      env: {},
      folder,
      receiver,
      limitMs: limitMs(calls),
      signal,
    })
    refuseFailure(measured)
    const { sent, durationMs } = JSON.parse(measured.stdout) as BareLoopResult
    if (sent !== calls) throw new Error(`The bare loop has to get ${calls} answers 200, got ${sent}`)
    return { ...measured, calls, sendingMs: durationMs }
  },
}

const COMMAND = fileURLToPath(new URL('../../bin/hookcast.js', import.meta.url))

interface Report {
  readonly customers: number
  readonly sent: number
  readonly attempts: number
  readonly duration_ms: number
}

/** The real command, on a campaign that renders every customer, with a fresh ledger on the disk. */
export const hookcastRun: Contender = {
  name: '**`hookcast run`**',
  async run({ folder, receiver, senders, signal }, customers) {
    const data = join(folder, 'data')
    const flags = ['--json', '--quiet', '--yes', '--data', data]
    if (senders !== null) flags.push('--senders', String(senders))
    try {
      const measured = await measureCommand({
        args: [COMMAND, 'run', campaignOf(customers), ...flags],
        env: { BENCH_PASSWORD: CREDENTIALS.password },
        folder,
        receiver,
        limitMs: limitMs(customers),
        signal,
      })
      refuseFailure(measured)
      const report = JSON.parse(measured.stdout) as Report
      if (report.sent !== customers || report.attempts !== customers) {
        throw new Error(`A run of ${customers} customers has to send to each once, got ${JSON.stringify(report)}`)
      }
      return { ...measured, calls: customers, sendingMs: report.duration_ms }
    } finally {
      rmSync(data, { recursive: true, force: true })
    }
  },
}

function refuseFailure({ exitCode, stdout }: Measured): void {
  if (exitCode !== 0) throw new Error(`A contender has to end with exit code 0, got ${exitCode}: ${stdout}`)
}

/** The name of the campaign file for so many customers. */
export function campaignOf(customers: number): string {
  return `${customers}.yaml`
}
