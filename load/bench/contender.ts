import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BareLoop, BareLoopResult } from './bare-loop.ts'
import { CONSTANT_BODY, CREDENTIALS } from './campaign.ts'
import { measureCommand, type Measured } from './measure-command.ts'
import type { PeerLoop } from './peer-loop.ts'
import type { Receiver } from './receiver.ts'
import { startPostgres, type Postgres } from './postgres.ts'
import { startRedis, type Redis } from './redis.ts'

/** What every contender is given. */
export interface Bench {
  /** Holds the campaigns and their audiences; data folders come and go in it. */
  readonly folder: string
  /** The file to start hookcast by. */
  readonly program: string
  readonly concurrency: number
  /** Sender processes; null for hookcast's own choice. */
  readonly senders: number | null
  readonly signal: AbortSignal
}

/** What is to be called in a round, for everybody alike. */
export interface Task {
  readonly customers: number
  readonly campaign: string
  readonly audience: string
  readonly receiver: Receiver
  readonly isTls?: boolean
  /** How many customers go in a request; 1 without. */
  readonly batch?: number
}

/** One round of one contender. */
export interface Sample extends Measured {
  readonly calls: number
  /** From the first call to the end of the last: without start, check and spool. */
  readonly sendingMs: number
  /** Of a store beside it: Redis, PostgreSQL. Null without one. */
  readonly storeCpuMs: number | null
}

/** Something that calls the receiver for each customer. */
export interface Contender {
  readonly name: string
  run(bench: Bench, task: Task): Promise<Sample>
}

/** Nothing runs for longer than it would at 400 calls/s. */
const LIMIT_MS_PER_CALL = 2.5
const LIMIT_MS_AT_LEAST = 60_000

const limitMs = (calls: number): number => LIMIT_MS_AT_LEAST + calls * LIMIT_MS_PER_CALL

const { username, password } = CREDENTIALS
const AUTHORIZATION = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

/** The yardstick: see bare-loop.ts. */
export const bareLoop: Contender = {
  name: 'bare undici `request()` loop',
  async run({ folder, concurrency, signal }, { receiver, customers: calls, isTls }) {
    const tls = isTls === true ? receiver.tls : null
    const loop: BareLoop = {
      origin: tls?.origin ?? receiver.origin,
      calls,
      connections: concurrency,
      authorization: AUTHORIZATION,
      body: CONSTANT_BODY,
      caFile: tls?.caFile ?? null,
    }
    const script = fileURLToPath(new URL('bare-loop.ts', import.meta.url))
    const args = [script, JSON.stringify(loop)]
    const measured = await measureCommand({ args, env: {}, folder, receiver, limitMs: limitMs(calls), signal })
    const { durationMs } = resultOf(measured, calls)
    return { ...measured, calls, sendingMs: durationMs, storeCpuMs: null }
  },
}

function peerLoop(name: string, kind: PeerLoop['kind']): Contender {
  return {
    name,
    async run({ folder, concurrency, signal }, { receiver, customers: calls, audience }) {
      await using store = await startStore(kind, folder)
      const loop: PeerLoop = {
        kind,
        origin: receiver.origin,
        connections: concurrency,
        authorization: AUTHORIZATION,
        audience,
        template: 'body.json.j2',
        storeUrl: store?.url ?? '',
      }
      const script = fileURLToPath(new URL('peer-loop.ts', import.meta.url))
      const args = [script, JSON.stringify(loop)]
      const before = store?.cpuMs() ?? 0
      const measured = await measureCommand({ args, env: {}, folder, receiver, limitMs: limitMs(calls), signal })
      const { durationMs } = resultOf(measured, calls)
      const storeCpuMs = store === null ? null : (store.cpuMs() ?? 0) - before
      return { ...measured, calls, sendingMs: durationMs, storeCpuMs }
    },
  }
}

function startStore(kind: PeerLoop['kind'], folder: string): Promise<(Redis | Postgres) | null> {
  if (kind === 'p-limit') return Promise.resolve(null)
  return kind === 'bullmq' ? startRedis(folder) : startPostgres(folder)
}

export const limitedLoop = peerLoop('by hand: p-limit', 'p-limit')
export const bullmq = peerLoop('by hand: BullMQ, a job a customer', 'bullmq')
export const graphileWorker = peerLoop('by hand: graphile-worker, in batches', 'graphile-worker')

function resultOf(measured: Measured, calls: number): BareLoopResult {
  refuseFailure(measured)
  const result = JSON.parse(measured.stdout) as BareLoopResult
  if (result.sent !== calls) throw new Error(`A loop has to get ${calls} answers 200, got ${result.sent}`)
  return result
}

interface Report {
  readonly customers: number
  readonly sent: number
  readonly attempts: number
  readonly duration_ms: number
}

const NO_JOURNAL = fileURLToPath(new URL('without-journal.ts', import.meta.url))

/** The real command with a fresh ledger on the disk. */
function hookcast(name: string, more: { readonly isUnwritten?: boolean; readonly senders?: number } = {}): Contender {
  return {
    name,
    async run({ folder, program, senders, signal }, { campaign, customers, receiver, batch = 1 }) {
      const data = join(folder, 'data')
      const flags = ['--json', '--quiet', '--yes', '--data', data]
      const processes = more.senders ?? senders
      if (processes !== null) flags.push('--senders', String(processes))
      const preload = more.isUnwritten === true ? ['--import', NO_JOURNAL] : []
      try {
        const measured = await measureCommand({
          args: [...preload, program, 'run', campaign, ...flags],
          env: { BENCH_PASSWORD: password },
          folder,
          receiver,
          limitMs: limitMs(customers),
          signal,
        })
        refuseFailure(measured)
        const report = JSON.parse(measured.stdout) as Report
        if (report.sent !== customers || report.attempts !== Math.ceil(customers / batch)) {
          throw new Error(`A run of ${customers} customers has to send to each once, got ${JSON.stringify(report)}`)
        }
        return { ...measured, calls: customers, sendingMs: report.duration_ms, storeCpuMs: null }
      } finally {
        rmSync(data, { recursive: true, force: true })
      }
    },
  }
}

export const hookcastRun = hookcast('**`hookcast run`**')
export const hookcastOneSender = hookcast('`hookcast run --senders 1`', { senders: 1 })
export const hookcastUnrendered = hookcast('`hookcast run`, nothing rendered')
export const hookcastUnwritten = hookcast('`hookcast run`, nothing written down', { isUnwritten: true })

function refuseFailure({ exitCode, stdout }: Measured): void {
  if (exitCode !== 0) throw new Error(`A contender has to end with exit code 0, got ${exitCode}: ${stdout}`)
}
