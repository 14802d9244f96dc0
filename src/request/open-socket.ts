import type { LookupAddress } from 'node:dns'
import { connect as connectTcp, isIP } from 'node:net'
import type { Socket, TcpNetConnectOpts } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls'
import { systemClock } from '../clock.ts'
import type { Way } from './egress.ts'
import { CallFailure, connectFailure, familyFailure, lateConnectFailure, nameFailure } from './failure.ts'
import type { Stage } from './failure.ts'
import { refuseAddress, refuseTarget } from './network-guard.ts'
import type { NetworkRules } from './network-guard.ts'
import type { Resolver } from './resolver.ts'
import { lookupFrom, serverName, TLS_RULES } from './socket-options.ts'
import { tlsFailure } from './tls-failure.ts'
import { TunnelOpening } from './tunnel.ts'
import type { Target } from './url.ts'

export interface OpenSettings {
  readonly target: Target
  readonly network: NetworkRules
  readonly resolver: Resolver
  /** Null for plain http; a proxy reached over TLS has it too. */
  readonly secureContext: SecureContext | null
  readonly way: Way
  /** Which of the addresses to leave from is this connection's, 0-based. */
  readonly lane: number
  /** Name, connection (the proxy's included) and TLS handshake together. */
  readonly connectTimeoutMs: number
}

export type OnOpened = (...result: [CallFailure, null] | [null, Socket]) => void

const KEEP_ALIVE_PROBE_MS = 60_000

/** Each address but the last gets this long before the next is tried, as Node does for sockets that are bound to none. */
const ADDRESS_MS = 250

/**
 * Opens one connection to an address that the network guard has seen: name, check, TCP, check, TLS. Through a proxy:
 * name, check, the proxy's tunnel, TLS.
 *
 * The answer of the lookup that was checked is the one connected to, so a name cannot change its address in between.
 */
export class SocketOpening {
  readonly #settings: OpenSettings
  readonly #onOpened: OnOpened
  readonly #stopTimer: () => void
  #stage: Stage = 'dns'
  #socket: Socket | null = null
  #tunnel: TunnelOpening | null = null
  #stopAttempt: () => void = ignore
  #certificate: PeerCertificate | null = null
  #isOver = false

  /** `onOpened` is called once and never from inside the constructor, unless `cancel` comes first. */
  constructor(settings: OpenSettings, onOpened: OnOpened) {
    this.#settings = settings
    this.#onOpened = onOpened
    const { connectTimeoutMs, target, resolver, network } = settings
    // A blocked event loop makes timers late: what has arrived meanwhile is handled before it is called too late.
    this.#stopTimer = systemClock.after(connectTimeoutMs, () => {
      setImmediate(() => this.#fail(this.lateFailure(connectTimeoutMs)))
    })
    const refusal = refuseTarget(target, network)
    const family = isIP(target.hostname)
    if (refusal !== null) this.#failSoon(new CallFailure('blocked', refusal))
    else if (family !== 0) this.#reach([{ address: target.hostname, family }])
    else resolver.resolve(target.hostname, (error, addresses) => this.#onResolved(error, addresses))
  }

  lateFailure(timeoutMs: number): CallFailure {
    return lateConnectFailure(this.#stage, timeoutMs, this.#settings.target)
  }

  cancel(): void {
    this.#isOver = true
    this.#stopTimer()
    this.#stopAttempt()
    this.#tunnel?.cancel()
    this.#socket?.destroy()
  }

  #fail(failure: CallFailure): void {
    if (this.#isOver) return
    this.cancel()
    this.#onOpened(failure, null)
  }

  #failSoon(failure: CallFailure): void {
    setImmediate(() => this.#fail(failure))
  }

  #onResolved(error: Error | null, addresses: readonly LookupAddress[]): void {
    if (this.#isOver) return
    if (error !== null) return this.#failSoon(nameFailure(error, this.#settings.target.hostname))
    this.#reach(addresses)
  }

  #reach(addresses: readonly LookupAddress[]): void {
    const { target, network, way } = this.#settings
    // One forbidden address among good ones is how a name is used to reach inside: the whole answer is refused.
    for (const { address } of addresses) {
      const refusal = refuseAddress(address, target, network)
      if (refusal !== null) return this.#failSoon(new CallFailure('blocked', refusal))
    }
    if (way.kind === 'proxy') return this.#reachThrough(way, addresses)
    this.#stage = 'tcp'
    if (way.kind === 'addresses') this.#reachFrom(way.addresses, addresses)
    else this.#connect({ lookup: lookupFrom(addresses) })
  }

  /** The address to leave from decides the family; addresses of the receiver are tried one after the other. */
  #reachFrom(pool: readonly string[], addresses: readonly LookupAddress[]): void {
    const { lane, target } = this.#settings
    const usable = pool.filter((address) => addresses.some(({ family }) => family === isIP(address)))
    const own = pool[lane] ?? ''
    const localAddress = usable.includes(own) ? own : usable[lane % usable.length]
    if (localAddress === undefined) return this.#failSoon(familyFailure(isIP(own) === 6 ? 6 : 4, target))
    const family = isIP(localAddress)
    const candidates = addresses.filter((address) => address.family === family)
    const attempt = (at: number): void => {
      this.#stopAttempt()
      this.#socket?.destroy()
      const next = at + 1 < candidates.length ? () => attempt(at + 1) : null
      this.#connect({ localAddress, family, lookup: lookupFrom(candidates.slice(at, at + 1)) }, next)
      if (next !== null) this.#stopAttempt = systemClock.after(ADDRESS_MS, next)
    }
    attempt(0)
  }

  #reachThrough(way: Extract<Way, { kind: 'proxy' }>, addresses: readonly LookupAddress[]): void {
    const { target, resolver, secureContext } = this.#settings
    this.#stage = 'proxy'
    const settings = { ...way, target, resolver, secureContext, addresses: addresses.map(({ address }) => address) }
    this.#tunnel = new TunnelOpening(settings, (failure, socket) => {
      this.#tunnel = null
      if (failure !== null) return this.#fail(failure)
      this.#socket = socket
      if (!target.isTls) return this.#finish(socket)
      this.#stage = 'tls'
      const inner = this.#secure({ socket, host: target.hostname })
      this.#socket = inner
      inner.on('error', (error) => this.#onError(error))
      inner.once('secureConnect', () => this.#finish(inner))
      socket.once('close', () => this.#onError(gone()))
    })
  }

  /** `next` is what is done instead of failing while there is no connection yet. */
  #connect(place: Omit<TcpNetConnectOpts, 'port' | 'host'>, next: (() => void) | null = null): void {
    const { target } = this.#settings
    const options = { ...place, host: target.hostname, port: target.port }
    const socket = target.isTls ? this.#secure(options) : connectTcp(options)
    this.#socket = socket
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
    socket.once('connect', () => {
      if (socket === this.#socket) this.#onConnected(socket)
    })
    // Stays for the life of the socket: after an abort no one else listens, and an unheard error ends the process.
    socket.on('error', (error) => {
      if (socket !== this.#socket) return
      if (next === null || this.#stage !== 'tcp' || this.#isOver) this.#onError(error)
      else next()
    })
    if (target.isTls) socket.once('secureConnect', () => this.#finish(socket))
  }

  #secure(place: { readonly host: string } & Partial<TcpNetConnectOpts & { readonly socket: Socket }>): TLSSocket {
    const { secureContext } = this.#settings
    const socket = connectTls({
      ...place,
      ...TLS_RULES,
      secureContext: secureContext!,
      servername: serverName(place.host),
    })
    // After a refused handshake the certificate cannot be asked for any more, and a message wants its dates.
    // `getPeerX509Certificate` would be lighter, but Node 24.21 finds no names in the certificate after it.
    socket.prependOnceListener('secure', () => {
      this.#certificate = socket.getPeerCertificate()
    })
    return socket
  }

  #onConnected(socket: Socket): void {
    if (this.#isOver) return
    this.#stopAttempt()
    const { target, network } = this.#settings
    const { remoteAddress } = socket
    // Reset before this turn of the loop: the kernel knows no other side any more.
    if (remoteAddress === undefined) return this.#fail(connectFailure(gone(), target))
    const refusal = refuseAddress(remoteAddress, target, network)
    if (refusal !== null) return this.#fail(new CallFailure('blocked', refusal))
    this.#stage = 'tls'
    if (!target.isTls) this.#finish(socket)
  }

  #onError(error: Error): void {
    if (this.#isOver) return
    const { target } = this.#settings
    this.#fail(this.#stage === 'tls' ? tlsFailure(error, target, this.#certificate) : connectFailure(error, target))
  }

  #finish(socket: Socket): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopTimer()
    this.#onOpened(null, socket)
  }
}

function gone(): Error {
  return Object.assign(new Error('no other side'), { code: 'ECONNRESET' })
}

function ignore(): void {}
