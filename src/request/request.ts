import { createSecureContext, getCACertificates } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import { systemClock } from '../clock.ts'
import { CallsInFlight } from './calls-in-flight.ts'
import { loadUndici } from './connection.ts'
import { ConnectionLanes } from './connection-lanes.ts'
import { wayFrom } from './egress.ts'
import type { Egress, Way } from './egress.ts'
import { Exchange } from './exchange.ts'
import type { Call, CallResult, ExchangeSettings } from './exchange.ts'
import { isAddressAllowed } from './network-guard.ts'
import type { NetworkRules } from './network-guard.ts'
import { Resolver } from './resolver.ts'
import { targetFromOrigin } from './url.ts'

export { loadUndici } from './connection.ts'
export { basicAuthorization, bearerAuthorization } from './authorization.ts'
export type { Egress } from './egress.ts'
export type { Call, CallResult } from './exchange.ts'
export { checkEndpointUrl, strangersView, UNREACHABLE } from './endpoint-url.ts'
export { checkHeader, checkPath } from './header.ts'
export { checkRange, describeAddress, isAddressAllowed } from './network-guard.ts'
export type { EventNetwork, NetworkRules } from './network-guard.ts'
export { Resolver } from './resolver.ts'
export type { Lookup } from './resolver.ts'
export { SecretMask } from './secret-mask.ts'
export { redactUrl } from './url.ts'

export interface CallClientOptions {
  /** Scheme, host and port: `https://sms.example.com`. */
  readonly origin: string
  /** Calls that may be in flight, one on each connection. */
  readonly connections: number
  /** The whole call: name, connection, TLS, request, answer. */
  readonly timeoutMs: number
  /** Default: 3000, and never more than `timeoutMs`. */
  readonly connectTimeoutMs?: number
  /** Trusted besides the default store, in PEM; null for none. */
  readonly ca: string | null
  readonly network: NetworkRules
  /** Null, the default: straight from whatever address the system chooses. */
  readonly egress?: Egress | null
  /** Default: 65,536. */
  readonly maxAnswerBytes?: number
  /** An answer that is not UTF-8 is kept in base64. Default: as text, with a mark for each byte that is none. */
  readonly isBase64Kept?: boolean
  /** A request that may have left is never sent a second time at once: for who counts requests. Default: false. */
  readonly isSingleTry?: boolean
  /** Shared by clients that call many origins. Default: its own. */
  readonly resolver?: Resolver
  /** Monotonic milliseconds. Default: `performance.now()`. */
  readonly now?: () => number
  /** Default: `Math.random`. */
  readonly random?: () => number
}

const CONNECT_TIMEOUT_MS = 3_000
const MAX_ANSWER_BYTES = 65_536

/**
 * Makes HTTP/1.1 calls to one origin over connections of its own, and tells each call's end once, as a value.
 *
 * Addresses to leave from take turns. Free connections are taken last in, first out, so a lowered concurrency lets the
 * others close by themselves (4 s).
 * An answer is never followed, retried or unpacked here; what it means is for others to say.
 */
export class CallClient {
  readonly #settings: ExchangeSettings
  readonly #limit: number
  readonly #lanes: ConnectionLanes
  readonly #exchanges = new CallsInFlight()
  #cancelDeadline: (() => void) | null = null
  #isClosed = false

  /** @throws {RangeError} when an option is not what it has to be, before any connection is made. */
  constructor(options: CallClientOptions) {
    loadUndici()
    const target = targetFromOrigin(options.origin)
    const { connections, timeoutMs, network } = options
    // Reads every range once, so that a wrong one is refused here and not at the first connection.
    isAddressAllowed(target.hostname, network)
    if (!Number.isInteger(connections) || connections < 1) {
      throw new RangeError(`expected \`connections\` to be a whole number from 1, got ${connections}`)
    }
    const now = options.now ?? (() => performance.now())
    const way = wayFrom(options.egress ?? null)
    const connectionSettings = {
      target,
      way,
      network,
      now,
      random: options.random ?? Math.random,
      resolver: options.resolver ?? new Resolver({ now }),
      secureContext: target.isTls || isTlsProxy(way) ? createContext(options.ca) : null,
      connectTimeoutMs: Math.min(options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS, timeoutMs),
    }
    this.#limit = connections
    const lanes = way.kind === 'addresses' ? way.addresses.length : 1
    this.#lanes = new ConnectionLanes(connectionSettings, { lanes, limit: connections })
    this.#settings = {
      target,
      timeoutMs,
      now,
      maxAnswerBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
      isBase64Kept: options.isBase64Kept ?? false,
      isSingleTry: options.isSingleTry ?? false,
      onSettled: (exchange) => this.#release(exchange),
    }
  }

  /** Calls that have begun and have no result yet. */
  get inFlight(): number {
    return this.#exchanges.size
  }

  /** Calls that could begin now. */
  get idle(): number {
    return this.#isClosed ? 0 : this.#limit - this.#exchanges.size
  }

  /**
   * Begins one call; `onResult` is called once, later, and may itself begin the next one.
   *
   * @throws {RangeError} when no connection is free, when the client is closed, or when the request is malformed
   * (`checkHeader` and `checkPath` tell that in words before). Nothing is sent then and `onResult` is not called.
   */
  call(call: Call, onResult: (result: CallResult) => void): void {
    if (this.idle === 0) {
      const found = this.#isClosed ? 'a closed client' : `one more than ${this.#limit}`
      throw new RangeError(`expected \`call\` to find a free connection, got ${found}`)
    }
    const startedAt = this.#settings.now()
    const connection = this.#lanes.take()
    connection.retire(startedAt)
    const exchange = new Exchange(this.#settings, { connection, call, onResult, startedAt })
    this.#exchanges.add(exchange)
    this.#awaitDeadline()
    exchange.start()
  }

  /** Ends every call in flight as our own trouble (`local`), closes every connection, and resolves when all are gone. */
  async destroy(): Promise<void> {
    this.#isClosed = true
    for (let next = this.#exchanges.first; next !== null; next = this.#exchanges.first) next.giveUp()
    const closing = this.#lanes
      .takeAll()
      .map((connection) => new Promise<void>((resolve) => connection.discard(resolve)))
    await Promise.all(closing)
  }

  #release(exchange: Exchange): void {
    this.#exchanges.remove(exchange)
    this.#lanes.give(exchange.connection)
    if (this.#exchanges.size > 0) return
    this.#cancelDeadline?.()
    this.#cancelDeadline = null
  }

  /** One timer for all: every call has the same time, so the one that began first is the next to be late. */
  #awaitDeadline(): void {
    if (this.#cancelDeadline !== null) return
    const { first } = this.#exchanges
    if (first === null) return
    const { timeoutMs, now } = this.#settings
    // The timers of a turn run before its I/O: an answer that came while the event loop was blocked is not too late.
    const cancel = systemClock.after(Math.ceil(first.startedAt + timeoutMs - now()), () => {
      setImmediate(() => (this.#cancelDeadline === cancel ? this.#expire() : undefined))
    })
    this.#cancelDeadline = cancel
  }

  #expire(): void {
    this.#cancelDeadline = null
    const { timeoutMs, now } = this.#settings
    const latest = now() - timeoutMs
    for (let next = this.#exchanges.first; next !== null && next.startedAt <= latest; next = this.#exchanges.first) {
      next.expire()
    }
    this.#awaitDeadline()
  }
}

function isTlsProxy(way: Way): boolean {
  return way.kind === 'proxy' && way.proxy.isTls
}

/** @throws {RangeError} when `ca` holds no certificate: Node would take it in silence and trust nothing more. */
function createContext(ca: string | null): SecureContext {
  if (ca === null) return createSecureContext({ minVersion: 'TLSv1.2' })
  try {
    void new X509Certificate(ca)
  } catch (error) {
    throw new RangeError('expected `ca` to be certificates in PEM, got something else', { cause: error })
  }
  // `ca` replaces the default store: what is meant is an addition to it.
  return createSecureContext({ minVersion: 'TLSv1.2', ca: [...getCACertificates('default'), ca] })
}
