import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test as base } from 'vitest'
import { CallClient } from '../../src/request/request.ts'
import type { Call, CallClientOptions, CallResult } from '../../src/request/request.ts'
import { createReceiver } from '../support/receiver.ts'
import type { Receiver, ReceiverOptions } from '../support/receiver.ts'

export type Answered = Extract<CallResult['answer'], { kind: 'answered' }>
export type Failed = Extract<CallResult['answer'], { kind: 'failed' }>

export const LOOPBACK = { allow: [], isLoopbackAllowed: true } as const

export function callOnce(client: CallClient, call: Partial<Call> = {}): Promise<CallResult> {
  return new Promise((resolve) => {
    client.call({ path: '/', method: 'POST', headers: [], body: '{}', ...call }, resolve)
  })
}

export function answered(result: CallResult): Answered {
  if (result.answer.kind === 'answered') return result.answer
  throw new Error(`No answer came: ${result.answer.code}, ${result.answer.message}`)
}

export function failed(result: CallResult): Failed {
  if (result.answer.kind === 'failed') return result.answer
  throw new Error(`An answer came: ${result.answer.httpStatus}`)
}

interface Fixture {
  /** A receiver that ends with the test. */
  readonly receive: (options?: ReceiverOptions) => Promise<Receiver>
  /** A client that ends with the test. */
  readonly connect: (origin: string, options?: Partial<CallClientOptions>) => CallClient
}

export const test = base.extend<Fixture>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from this pattern that no other fixture is needed.
  receive: async ({}, use) => {
    const receivers: Receiver[] = []
    await use(async (options) => {
      const receiver = await createReceiver(options)
      receivers.push(receiver)
      return receiver
    })
    await Promise.all(receivers.map((receiver) => receiver.stop()))
  },
  // oxlint-disable-next-line no-empty-pattern -- as above
  connect: async ({}, use) => {
    const clients: CallClient[] = []
    await use((origin, options) => {
      const client = new CallClient({
        origin,
        connections: 1,
        timeoutMs: 5_000,
        ca: null,
        network: LOOPBACK,
        ...options,
      })
      clients.push(client)
      return client
    })
    await Promise.all(clients.map((client) => client.destroy()))
  },
})

/** What `child-call.ts` is told: calls are made one after the other, or all at once. */
export interface ChildConfig {
  readonly options: CallClientOptions
  readonly calls: readonly Partial<Call>[]
  readonly isParallel?: boolean
  /** Instead of `calls`: one call to each of these, one after the other, each by a client of its own. */
  readonly origins?: readonly string[]
  /** Ends the client after this instead of waiting for results. */
  readonly destroyAfterMs?: number
  readonly throws?: boolean
}

export interface ChildResult {
  readonly exitCode: number | null
  readonly stderr: string
  readonly results: readonly CallResult[]
  /** The most memory that the process ever had. */
  readonly peakMb: number
  /** From its last line to its end. */
  readonly lingeredMs: number
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Makes calls in a process locked down as senders are. */
export async function callInChild(
  config: ChildConfig,
  run: { readonly env?: Record<string, string>; readonly shell?: string; readonly within?: readonly string[] } = {},
): Promise<ChildResult> {
  const file = fileURLToPath(new URL('child-call.ts', import.meta.url))
  const flags = ['--permission', `--allow-fs-read=${ROOT}`, '--disallow-code-generation-from-strings']
  const argv = [process.execPath, ...flags, file, JSON.stringify(config)]
  const [command = '', ...rest] =
    run.shell === undefined ? [...(run.within ?? []), ...argv] : ['bash', '-c', `${run.shell}; exec "$@"`, '-', ...argv]
  const child = spawn(command, rest, { env: run.env ?? {}, stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  let spokeAt = performance.now()
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    spokeAt = performance.now()
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [exitCode] = (await once(child, 'close')) as [number | null]
  const { results = [], peakMb = 0 } = stdout === '' ? {} : (JSON.parse(stdout) as Partial<ChildResult>)
  return { exitCode, stderr, results, peakMb, lingeredMs: performance.now() - spokeAt }
}

/** How much later than asked for a timer of this process fires just now: that part of a delay is the machine's. */
export async function overdueMs(ms: number): Promise<number> {
  const from = performance.now()
  await setTimeout(ms)
  return Math.max(performance.now() - from - ms, 0)
}
