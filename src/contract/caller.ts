import type { IncomingHttpHeaders } from 'node:http'
import { requestIdOf } from '../campaign/run-id.ts'
import type { Answer } from '../campaign/outcome.ts'
import type { Clock } from '../clock.ts'
import { CallClient, type CallResult } from '../request/request.ts'
import type { Endpoint, HeaderLine } from './endpoint.ts'
import { bodyFor } from './payload.ts'

/** What one call came to. */
export interface Reply {
  readonly answer: Answer
  readonly headers: IncomingHttpHeaders
  readonly latencyMs: number
  readonly wasReusedConnection: boolean
  /** Epoch ms. */
  readonly endedAt: number
}

/** What differs between the calls of a check. */
export interface CallParts {
  readonly body: string
  readonly proof: readonly HeaderLine[]
  /** Default: one that no other call has. */
  readonly requestId?: string
}

export interface CallerSettings {
  readonly clock: Clock
  /** Monotonic milliseconds. */
  readonly now: () => number
  readonly runId: string
  readonly userAgent: string
  /** Requests that may leave. */
  readonly most: number
  readonly signal: AbortSignal
}

/** As a run has it: the sender gives up after this. */
const TIMEOUT_MS = 10_000

/** Makes the calls of a check, each announced as a test and each counted; never more than were agreed to. */
export class Caller {
  readonly #endpoint: Endpoint
  readonly #settings: CallerSettings
  readonly #constant: readonly HeaderLine[]
  #sent = 0

  constructor(endpoint: Endpoint, settings: CallerSettings) {
    this.#endpoint = endpoint
    this.#settings = settings
    const own = new Set(endpoint.headers.map(([name]) => name.toLowerCase()))
    const replaceable: readonly HeaderLine[] = [
      ['User-Agent', settings.userAgent],
      ['Accept', 'application/json, text/plain;q=0.5'],
      ['Content-Type', 'application/json'],
    ]
    this.#constant = [
      ...replaceable.filter(([name]) => !own.has(name.toLowerCase())),
      ...endpoint.headers,
      ['X-Hookcast-Run', settings.runId],
      ['X-Hookcast-Attempt', '1'],
      ['X-Hookcast-Test', '1'],
    ]
  }

  /** Requests that have left. */
  get sent(): number {
    return this.#sent
  }

  /** An id that no call before has. */
  nextRequestId(): string {
    return requestIdOf(this.#settings.runId, this.#sent)
  }

  /** One call on a connection of its own: nothing that a server did to an earlier one can disturb it. */
  async callAlone(parts: CallParts): Promise<Reply> {
    await using lane = this.openLane(1)
    return await lane.call(parts)
  }

  openLane(connections: number): Lane {
    const { origin, ca, network } = this.#endpoint
    const { now, signal } = this.#settings
    const client = new CallClient({ origin, connections, timeoutMs: TIMEOUT_MS, ca, network, now, isSingleTry: true })
    return new Lane(client, { signal, send: (parts, onResult) => this.#send(client, parts, onResult) })
  }

  /** @throws {RangeError} when more requests would leave than were agreed to: a defect in the plan. */
  #send(client: CallClient, { body, proof, requestId }: CallParts, onReply: (reply: Reply) => void): void {
    const { most, clock } = this.#settings
    if (this.#sent >= most) throw new RangeError(`expected at most ${most} requests to be sent, got one more`)
    const key = requestId ?? this.nextRequestId()
    const headers = [...this.#constant, ['Idempotency-Key', key] as const, ...proof].flat()
    const onResult = ({ answer, headers, latencyMs, wasReusedConnection }: CallResult): void =>
      onReply({ answer, headers, latencyMs, wasReusedConnection, endedAt: clock.now() })
    this.#sent++
    client.call({ path: this.#endpoint.path, method: 'POST', headers, body: bodyFor(body, key) }, onResult)
  }
}

interface LaneSettings {
  readonly signal: AbortSignal
  readonly send: (parts: CallParts, onReply: (reply: Reply) => void) => void
}

/** Connections that stay open from call to call. */
export class Lane implements AsyncDisposable {
  readonly #client: CallClient
  readonly #settings: LaneSettings
  readonly #onAbort: () => void

  constructor(client: CallClient, settings: LaneSettings) {
    this.#client = client
    this.#settings = settings
    this.#onAbort = () => void client.destroy()
    settings.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** @throws whatever the signal was aborted with; calls in flight are given up then. */
  call(parts: CallParts): Promise<Reply> {
    const { signal, send } = this.#settings
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      send(parts, (reply) => (signal.aborted ? reject(signal.reason as Error) : resolve(reply)))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#settings.signal.removeEventListener('abort', this.#onAbort)
    await this.#client.destroy()
  }
}

/** Holds one lane at a time: a receiver never sees more connections than are asked for. */
export class LaneStand implements AsyncDisposable {
  readonly #caller: Caller
  #held: { readonly connections: number; readonly lane: Lane } | null = null

  constructor(caller: Caller) {
    this.#caller = caller
  }

  async laneOf(connections: number): Promise<Lane> {
    if (this.#held?.connections === connections) return this.#held.lane
    await this[Symbol.asyncDispose]()
    this.#held = { connections, lane: this.#caller.openLane(connections) }
    return this.#held.lane
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const held = this.#held
    this.#held = null
    await held?.lane[Symbol.asyncDispose]()
  }
}
