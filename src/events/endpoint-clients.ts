import type { Clock } from '../clock.ts'
import { CallClient, Resolver, type Call, type CallResult, type EventNetwork } from '../request/request.ts'

const IDLE_MS = 60_000
const ANSWER_BYTES = 20_000

interface Open {
  readonly client: CallClient
  readonly origin: string
  readonly timeoutMs: number
  usedAt: number
}

export interface EndpointClientsOptions {
  readonly clock: Clock
  readonly network: EventNetwork
  /** Calls of one endpoint at a time. */
  readonly connections: number
}

/** The connections to endpoints: of each its own, closed when they were not used for a minute. */
export class EndpointClients implements AsyncDisposable {
  readonly #options: EndpointClientsOptions
  readonly #resolver: Resolver
  readonly #open = new Map<number, Open>()
  readonly #closing = new Set<Promise<void>>()
  #cancelLook: (() => void) | null = null

  constructor(options: EndpointClientsOptions) {
    this.#options = options
    this.#resolver = new Resolver()
  }

  /** @throws {RangeError} when the request is malformed: nothing was sent then. */
  call(
    { endpoint, url, timeoutMs }: { readonly endpoint: number; readonly url: URL; readonly timeoutMs: number },
    call: Omit<Call, 'path' | 'method'>,
    onResult: (result: CallResult) => void,
  ): void {
    const { client } = this.#clientOf(endpoint, url.origin, timeoutMs)
    client.call({ ...call, method: 'POST', path: `${url.pathname}${url.search}` }, onResult)
  }

  /** Calls in flight end as our own trouble. */
  close(endpoint: number): void {
    const open = this.#open.get(endpoint)
    if (open === undefined) return
    this.#open.delete(endpoint)
    const closing = open.client.destroy().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #clientOf(endpoint: number, origin: string, timeoutMs: number): Open {
    const { clock, network, connections } = this.#options
    const known = this.#open.get(endpoint)
    if (known !== undefined && known.origin === origin && known.timeoutMs === timeoutMs) {
      known.usedAt = clock.now()
      return known
    }
    this.close(endpoint)
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
      if (client.inFlight === 0 && clock.now() - usedAt >= IDLE_MS) this.close(endpoint)
    }
    this.#cancelLook = this.#open.size === 0 ? null : clock.after(IDLE_MS, () => this.#look())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancelLook?.()
    for (const endpoint of this.#open.keys()) this.close(endpoint)
    await Promise.all(this.#closing)
  }
}
