import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { CallFailure, localFailure, proxyClosedFailure, proxyLostFailure, proxyRefusal } from './failure.ts'
import type { Resolver } from './resolver.ts'
import { lookupFrom, serverName, TLS_RULES } from './socket-options.ts'
import type { Target } from './url.ts'

export interface TunnelSettings {
  readonly proxy: Target
  readonly authorization: string | null
  readonly target: Target
  /** Addresses of the target that the network guard has seen, tried one after the other. */
  readonly addresses: readonly string[]
  readonly resolver: Resolver
  /** For a proxy that is itself reached over TLS. */
  readonly secureContext: SecureContext | null
}

export type OnTunnel = (...result: [CallFailure, null] | [null, Socket]) => void

const MAX_HEADER_BYTES = 16_384
const HEADER_END = '\r\n\r\n'

/**
 * Opens a way through a proxy: connection to the proxy, CONNECT, its answer.
 *
 * The proxy is asked for an address that the network guard has seen, and not for the name: what it would resolve the
 * name to nobody here could check. The proxy's own address is the operator's word and is not checked.
 *
 * @see RFC 9110 §9.3.6 (CONNECT), §11.7 (Proxy-Authorization).
 */
export class TunnelOpening {
  readonly #settings: TunnelSettings
  readonly #onTunnel: OnTunnel
  readonly #addresses: string[]
  #socket: Socket | null = null
  #isOver = false

  /** `onTunnel` is called once, never from inside the constructor, unless `cancel` comes first. */
  constructor(settings: TunnelSettings, onTunnel: OnTunnel) {
    this.#settings = settings
    this.#onTunnel = onTunnel
    this.#addresses = [...settings.addresses]
    setImmediate(() => this.#begin())
  }

  cancel(): void {
    this.#isOver = true
    this.#socket?.destroy()
  }

  #begin(): void {
    if (this.#isOver) return
    const { proxy, resolver } = this.#settings
    const family = isIP(proxy.hostname)
    if (family !== 0) return this.#connect([{ address: proxy.hostname, family }])
    resolver.resolve(proxy.hostname, (error, addresses) => {
      if (this.#isOver) return
      if (error === null) this.#connect(addresses)
      else this.#fail(proxyLostFailure(error, proxy))
    })
  }

  #connect(addresses: Parameters<typeof lookupFrom>[0]): void {
    const { proxy, secureContext } = this.#settings
    const { hostname, port, isTls } = proxy
    const place = { host: hostname, port, lookup: lookupFrom(addresses) }
    const socket =
      isTls && secureContext !== null
        ? connectTls({ ...place, secureContext, servername: serverName(hostname), ...TLS_RULES })
        : connectTcp(place)
    this.#socket = socket
    let isConnected = false
    socket.setNoDelay(true).once('connect', () => (isConnected = true))
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#ask(socket))
    const isLeft = (): boolean => socket !== this.#socket
    // Stays for the life of the socket: an unheard error ends the process.
    socket.on('error', (error: Error & { readonly syscall?: string }) => {
      if (isLeft()) return
      const isHandshake = isTls && isConnected && error.syscall === undefined
      if (!isHandshake) return this.#fail(proxyLostFailure(error, proxy))
      this.#fail(localFailure(error) ?? proxyRefusal(`no TLS connection can be made to it (${codeOf(error)})`, proxy))
    })
    const onGone = (): void => {
      if (!isLeft()) this.#fail(proxyClosedFailure(proxy))
    }
    socket.once('end', onGone).once('close', onGone)
  }

  #ask(socket: Socket): void {
    if (this.#isOver) return
    const { target, authorization } = this.#settings
    const [address = ''] = this.#addresses
    const place = `${isIP(address) === 6 ? `[${address}]` : address}:${target.port}`
    const credentials = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`
    socket.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n${credentials}\r\n`)
    let head = ''
    const read = (): void => {
      for (let chunk: Buffer | null; (chunk = socket.read() as Buffer | null) !== null;) {
        head += chunk.toString('latin1')
        let end = head.indexOf(HEADER_END)
        while (end !== -1 && /^HTTP\/1\.\d 1\d\d/.test(head)) {
          head = head.slice(end + HEADER_END.length)
          end = head.indexOf(HEADER_END)
        }
        if (end === -1 && head.length <= MAX_HEADER_BYTES) continue
        socket.off('readable', read)
        return this.#hear(socket, { head, end })
      }
    }
    socket.on('readable', read)
  }

  #hear(socket: Socket, { head, end }: { readonly head: string; readonly end: number }): void {
    const status = end === -1 ? undefined : /^HTTP\/1\.\d (\d{3})(?!\d)/.exec(head)?.[1]
    const { proxy, target } = this.#settings
    if (this.#isOver) return
    if (status === undefined) return this.#fail(proxyRefusal('its answer is not HTTP/1.1', proxy))
    if (status.startsWith('2')) {
      if (head.length === end + HEADER_END.length) return this.#finish(socket)
      // It would be read as the answer to a request that was not made yet.
      return this.#fail(new CallFailure('connect', `Receiver spoke before it was asked: ${target.origin}`))
    }
    if (!isAboutReceiver(status)) return this.#fail(proxyRefusal(REFUSALS.get(status) ?? `it answers ${status}`, proxy))
    this.#addresses.shift()
    if (this.#addresses.length > 0) return this.#again(socket)
    const message = `Receiver cannot be reached through the egress proxy, which answers ${status}: ${target.origin}`
    this.#fail(new CallFailure('connect', message))
  }

  /** A tunnel refused leaves the connection in a state that is the proxy's guess: the next address gets a fresh one. */
  #again(socket: Socket): void {
    this.#socket = null
    socket.destroy()
    this.#begin()
  }

  #finish(socket: Socket): void {
    this.#isOver = true
    this.#onTunnel(null, socket)
  }

  #fail(failure: CallFailure): void {
    if (this.#isOver) return
    this.cancel()
    this.#onTunnel(failure, null)
  }
}

/** A gateway's trouble with the other side, or its own haste, is over in a moment; what it says about us is not. */
function isAboutReceiver(status: string): boolean {
  return status === '429' || (status.startsWith('5') && !REFUSALS.has(status))
}

const REFUSALS = new Map([
  ['401', 'it wants credentials (401)'],
  ['403', 'it does not allow this receiver (403)'],
  ['405', 'it does not take CONNECT (405)'],
  ['407', 'it wants credentials, or others than it was given (407)'],
  ['501', 'it does not take CONNECT (501)'],
  ['505', 'it does not take HTTP/1.1 (505)'],
  ['511', 'it wants a login of its network (511)'],
])

function codeOf(error: Error & { readonly code?: string }): string {
  return error.code ?? error.name
}
