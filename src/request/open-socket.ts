import type { LookupAddress } from 'node:dns'
import { connect as connectTcp, isIP } from 'node:net'
import type { LookupFunction, Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls'
import { systemClock } from '../clock.ts'
import { blockedFailure, connectFailure, lateConnectFailure, nameFailure } from './failure.ts'
import type { CallFailure, Stage } from './failure.ts'
import { isAddressAllowed } from './network-guard.ts'
import type { NetworkRules } from './network-guard.ts'
import type { Resolver } from './resolver.ts'
import { tlsFailure } from './tls-failure.ts'
import type { Target } from './url.ts'

export interface OpenSettings {
  readonly target: Target
  readonly network: NetworkRules
  readonly resolver: Resolver
  /** Null for plain http. */
  readonly secureContext: SecureContext | null
  /** Name, connection and TLS handshake together. */
  readonly connectTimeoutMs: number
}

export type OnOpened = (...result: [CallFailure, null] | [null, Socket]) => void

const KEEP_ALIVE_PROBE_MS = 60_000
const TLS_MIN_VERSION = 'TLSv1.2'

/**
 * Opens one connection to an address that the network guard has seen: name, check, TCP, check, TLS.
 *
 * The answer of the lookup that was checked is the one connected to, so a name cannot change its address in between.
 */
export class SocketOpening {
  readonly #settings: OpenSettings
  readonly #onOpened: OnOpened
  readonly #stopTimer: () => void
  #stage: Stage = 'dns'
  #socket: Socket | null = null
  #certificate: PeerCertificate | null = null
  #isOver = false

  /** `onOpened` is called once and never from inside the constructor, unless `cancel` comes first. */
  constructor(settings: OpenSettings, onOpened: OnOpened) {
    this.#settings = settings
    this.#onOpened = onOpened
    const { connectTimeoutMs, target, resolver } = settings
    // A blocked event loop makes timers late: what has arrived meanwhile is handled before it is called too late.
    this.#stopTimer = systemClock.after(connectTimeoutMs, () => {
      setImmediate(() => this.#fail(this.lateFailure(connectTimeoutMs)))
    })
    const family = isIP(target.hostname)
    if (family !== 0) this.#connect([{ address: target.hostname, family }])
    else resolver.resolve(target.hostname, (error, addresses) => this.#onResolved(error, addresses))
  }

  lateFailure(timeoutMs: number): CallFailure {
    return lateConnectFailure(this.#stage, timeoutMs, this.#settings.target)
  }

  cancel(): void {
    this.#isOver = true
    this.#stopTimer()
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
    this.#connect(addresses)
  }

  #connect(addresses: readonly LookupAddress[]): void {
    const { target, network, secureContext } = this.#settings
    // One forbidden address among good ones is how a name is used to reach inside: the whole answer is refused.
    const forbidden = addresses.find(({ address }) => !isAddressAllowed(address, network))
    if (forbidden !== undefined) return this.#failSoon(blockedFailure(forbidden.address, target))
    this.#stage = 'tcp'
    const place = { host: target.hostname, port: target.port, lookup: lookupFrom(addresses) }
    const socket = secureContext === null ? connectTcp(place) : this.#connectTls(place, secureContext)
    this.#socket = socket
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
    socket.once('connect', () => this.#onConnected(socket))
    // Stays for the life of the socket: after an abort no one else listens, and an unheard error ends the process.
    socket.on('error', (error) => this.#onError(error))
    if (secureContext !== null) socket.once('secureConnect', () => this.#finish(socket))
  }

  #connectTls(place: { host: string; port: number; lookup: LookupFunction }, secureContext: SecureContext): TLSSocket {
    const socket = connectTls({
      ...place,
      secureContext,
      servername: isIP(place.host) === 0 ? place.host.replace(/\.$/, '') : '',
      ALPNProtocols: ['http/1.1'],
      minVersion: TLS_MIN_VERSION,
      // Said out loud: without it NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment would switch verification off.
      rejectUnauthorized: true,
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
    const { target, network, secureContext } = this.#settings
    const { remoteAddress } = socket
    // Reset before this turn of the loop: the kernel knows no other side any more.
    if (remoteAddress === undefined) return this.#fail(connectFailure(gone(), target))
    if (!isAddressAllowed(remoteAddress, network)) return this.#fail(blockedFailure(remoteAddress, target))
    this.#stage = 'tls'
    if (secureContext === null) this.#finish(socket)
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

function lookupFrom(addresses: readonly LookupAddress[]): LookupFunction {
  return (_hostname, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}
