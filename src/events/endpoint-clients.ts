import type { Clock } from '../clock.ts'
import { CallClient, Resolver, type EventNetwork } from '../request/request.ts'
import type { CallEnd, EndpointCaller, EndpointRequest, EndpointTarget } from './endpoint-caller.ts'

const IDLE_MS = 60_000
const ANSWER_BYTES = 20_000
const CONNECTIONS = 8

interface Open {
  readonly client: CallClient
  readonly origin: string
  readonly timeoutMs: number
  usedAt: number
}

export interface EndpointClientsOptions {
  readonly clock: Clock
  readonly network: EventNetwork
  /** Calls of one endpoint at a time. Default: 8, as many as a service makes. */
  readonly connections?: number
}

/** The connections to endpoints: of each its own, closed when they were not used for a minute. */
export class EndpointClients implements EndpointCaller {
  readonly isOpen = true
  readonly #options: EndpointClientsOptions
  readonly #resolver: Resolver
  readonly #open = new Map<number, Open>()
  readonly #closing = new Set<Promise<void>>()
  #cancelLook: (() => void) | null = null

  constructor(options: EndpointClientsOptions) {
    this.#options = options
    this.#resolver = new Resolver()
  }

  whenOpen(callback: () => void): void {
    queueMicrotask(callback)
  }

  call({ endpoint, url, timeoutMs }: EndpointTarget, request: EndpointRequest, onEnd: (end: CallEnd) => void): void {
    try {
      const { client } = this.#clientOf(endpoint, url.origin, timeoutMs)
      const path = `${url.pathname}${url.search}`
      client.call({ ...request, method: 'POST', path }, (result) => onEnd({ kind: 'ended', result }))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      onEnd({ kind: 'unsendable', why: error.message })
    }
  }

  /** Calls in flight end as our own trouble. */
  #close(endpoint: number): void {
    const open = this.#open.get(endpoint)
    if (open === undefined) return
    this.#open.delete(endpoint)
    const closing = open.client.destroy().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #clientOf(endpoint: number, origin: string, timeoutMs: number): Open {
    const { clock, network, connections = CONNECTIONS } = this.#options
    const known = this.#open.get(endpoint)
    if (known !== undefined && known.origin === origin && known.timeoutMs === timeoutMs) {
      known.usedAt = clock.now()
      return known
    }
    this.#close(endpoint)
    const client = new CallClient({
      origin,
      connections,
      timeoutMs,
      ca: null,
      network,
      maxAnswerBytes: ANSWER_BYTES,
      isBase64Kept: true,
      resolver: this.#resolver,
    })
    const open = { client, origin, timeoutMs, usedAt: clock.now() }
    this.#open.set(endpoint, open)
    this.#cancelLook ??= clock.after(IDLE_MS, () => this.#look())
    return open
  }

  #look(): void {
    const { clock } = this.#options
    for (const [endpoint, { client, usedAt }] of this.#open) {
      if (client.inFlight === 0 && clock.now() - usedAt >= IDLE_MS) this.#close(endpoint)
    }
    this.#cancelLook = this.#open.size === 0 ? null : clock.after(IDLE_MS, () => this.#look())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelLook?.()
    for (const endpoint of this.#open.keys()) this.#close(endpoint)
    await Promise.all(this.#closing)
  }
}
