import type { Clock } from '../clock.ts'
import type { EventNetwork } from '../request/request.ts'
import type { CallEnd, EndpointCaller, EndpointRequest, EndpointTarget } from './endpoint-caller.ts'
import { EndpointClients } from './endpoint-clients.ts'

/** The way to those who call elsewhere: what is handed over is theirs to understand. */
export interface CallsElsewhere extends AsyncDisposable {
  readonly isOpen: boolean
  whenOpen(callback: () => void): void
  /** Calls of one key go the same way as long as that is there. */
  call(
    call: { readonly key: number; readonly timeoutMs: number; readonly request: unknown },
    onEnd: (end: { readonly kind: 'ended'; readonly result: unknown } | { readonly kind: 'again' }) => void,
  ): void
}

/** What those elsewhere have to know of the service; holds no secret. */
export type CallsBrief = Pick<EventNetwork, 'ownPorts'>

interface HandedCall extends Omit<EndpointTarget, 'url'>, EndpointRequest {
  readonly url: string
}

/** Endpoints are called by workers. What leaves here is a whole request: who made its signature stays here. */
export class RemoteCaller implements EndpointCaller {
  readonly #calls: CallsElsewhere

  constructor(calls: CallsElsewhere) {
    this.#calls = calls
  }

  get isOpen(): boolean {
    return this.#calls.isOpen
  }

  whenOpen(callback: () => void): void {
    this.#calls.whenOpen(callback)
  }

  call(
    { endpoint, url, timeoutMs }: EndpointTarget,
    { headers, body }: EndpointRequest,
    onEnd: (end: CallEnd) => void,
  ): void {
    const request: HandedCall = { endpoint, url: url.href, timeoutMs, headers, body }
    this.#calls.call({ key: endpoint, timeoutMs, request }, (end) => {
      onEnd(end.kind === 'again' ? end : (end.result as CallEnd))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#calls[Symbol.asyncDispose]()
  }
}

/** The ceilings are the service's: what it has given up may still be in flight here. */
const MOST_OF_ENDPOINT = 512

/** The other end: makes the calls that one service hands over, to where the worker's own rules let them go. */
export function makeCallsFrom(
  brief: unknown,
  { clock, network }: { readonly clock: Clock; readonly network: Omit<EventNetwork, 'ownPorts'> },
): AsyncDisposable & { call(request: unknown, onEnd: (end: CallEnd) => void): void } {
  const { ownPorts } = brief as CallsBrief
  const clients = new EndpointClients({ clock, network: { ...network, ownPorts }, connections: MOST_OF_ENDPOINT })
  return {
    call: (request, onEnd) => {
      const { endpoint, url, timeoutMs, headers, body } = request as HandedCall
      clients.call({ endpoint, url: new URL(url), timeoutMs }, { headers, body }, onEnd)
    },
    [Symbol.asyncDispose]: () => clients[Symbol.asyncDispose](),
  }
}
