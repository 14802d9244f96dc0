import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test as base } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import {
  checkContract,
  createEndpoint,
  planContract,
  referencePayload,
  type CheckId,
  type ContractReport,
  type Credentials,
} from '../../src/contract/contract.ts'
import type { EndpointParts } from '../../src/contract/endpoint.ts'
import type { PlanOptions } from '../../src/contract/contract.ts'
import { createReceiver, type Received, type Receiver, type ReceiverOptions, type Reply } from '../support/receiver.ts'

export const USER = {
  kind: 'basic',
  user: 'acme',
  password: 'correct horse, battery: staple',
} as const satisfies Credentials
const AUTHORIZATION = `Basic ${Buffer.from('acme:correct horse, battery: staple').toString('base64')}`

/** The checks that open many connections: left out where a fault has nothing to do with them. */
export const LOADS: readonly CheckId[] = ['latency_1', 'latency_50', 'connections', 'latency_200']

/** What a test may say about a check; all else is that of a person who gives a URL and the right credentials. */
export interface Checking extends Partial<PlanOptions>, Partial<Omit<EndpointParts, 'url'>> {
  /**
   * How fast the clock runs by which latency is told. Tests share few cores with one another: at a tenth of the time
   * none is slow by accident, at a hundred times a delay of 20 ms is one of 2 s.
   */
  readonly pace?: number
  readonly signal?: AbortSignal
}

export async function check(url: string, checking: Checking = {}): Promise<ContractReport> {
  const { only = null, skip = [], maxRequests = 600, pace = 0.1, signal = new AbortController().signal } = checking
  const endpoint = createEndpoint({
    url,
    headers: [],
    credentials: USER,
    payload: referencePayload({ isBatch: false }),
    ca: null,
    networkAllow: [],
    ...checking,
  })
  const now = (): number => performance.now() * pace
  const plan = planContract(endpoint, { only, skip, maxRequests })
  return checkContract(plan, { clock: systemClock, now, version: '0.0.0', signal })
}

/** The findings other than `pass`, by id. */
export function notPassed({ checks }: ContractReport): Partial<Record<CheckId, string>> {
  return Object.fromEntries(checks.filter(({ status }) => status !== 'pass').map(({ id, status }) => [id, status]))
}

interface Message {
  readonly customer_id?: unknown
  readonly to?: unknown
  readonly text?: unknown
}

export type Answer = NonNullable<ReceiverOptions['answer']>

/** An API that does what the contract asks for: the order of its questions, its bodies, its memory for keys. */
export function rightfulApi(): (request: Received) => Reply {
  const known = new Map<string, Reply>()
  let count = 0
  return ({ headers, body, key }) => {
    if (headers['authorization'] !== AUTHORIZATION) {
      const challenge = { 'www-authenticate': 'Basic realm="test", charset="UTF-8"' }
      return { status: 401, headers: challenge, body: failure(4010, 'Credentials are missing or wrong.') }
    }
    const message = parse(body)
    if (message === undefined) return { status: 400, body: failure(4000, 'The body is not JSON.') }
    const before = known.get(key ?? '')
    if (before !== undefined) return { ...before, headers: { 'idempotency-replayed': 'true' } }
    const problem = problemOf(message)
    const result = { code: 1, status: 'sent', id: `msg_${count++}` }
    const reply = { body: problem ?? { success: true, result } }
    known.set(key ?? '', reply)
    return reply
  }
}

export function failure(code: number, description: string): object {
  return { success: false, errors: [{ code, description }] }
}

function parse(body: string): Message | undefined {
  try {
    return JSON.parse(body) as Message
  } catch {
    return undefined
  }
}

function problemOf({ to, text }: Message): object | null {
  if (typeof text !== 'string' || text.length > 160) return failure(1004, 'SMS message too long.')
  return typeof to === 'string' && to.startsWith('+') ? null : failure(1002, 'The phone number is wrong.')
}

interface Fixture {
  /** Receivers that end with the test; their answers are those of the rightful API unless told otherwise. */
  readonly serve: (options?: ReceiverOptions) => Promise<Receiver>
  /** A server in a process of its own; resolves to where it listens. */
  readonly spawnServer: (file: string, options?: SpawnOptions) => Promise<string>
}

interface SpawnOptions {
  readonly args?: readonly string[]
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** What it says about its own errors is not shown. */
  readonly isQuiet?: boolean
}

export const test = base.extend<Fixture>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from this pattern that no other fixture is needed.
  serve: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async (options) => stack.use(await createReceiver({ answer: rightfulApi(), ...options })))
  },
  // oxlint-disable-next-line no-empty-pattern -- as above
  spawnServer: async ({}, use) => {
    const children: ChildProcess[] = []
    await use(async (file, { args = [], flags = [], env = {}, cwd, isQuiet = false } = {}) => {
      const child = spawn(process.execPath, [...flags, file, ...args], {
        env: { PATH: process.env['PATH'], ...env },
        stdio: ['ignore', 'pipe', isQuiet ? 'ignore' : 'inherit'],
        ...(cwd === undefined ? {} : { cwd }),
      })
      children.push(child)
      for await (const line of createInterface({ input: child.stdout })) {
        const url = /^listening on (\S+)/.exec(line)?.[1]
        if (url === undefined) continue
        child.stdout.resume()
        return url
      }
      throw new Error(`expected ${file} to listen, got its end`)
    })
    const ends = children.filter((child) => child.exitCode === null).map((child) => once(child, 'exit'))
    for (const child of children) child.kill()
    await Promise.all(ends)
  },
})

export const REFERENCE_API = fileURLToPath(new URL('../../reference-api/src/main.ts', import.meta.url))
