import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { TlsOptions } from 'node:tls'

/** What the proxy was asked for. */
export interface Asked {
  /** `127.0.0.1:8080`, as it stands in the request line. */
  readonly place: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

export interface ProxyOptions {
  /** Without these it answers 407. */
  readonly credentials?: string
  /**
   * What is done instead of making a tunnel: an answer's bytes, nothing at all (`hang`), the end (`close`), an answer
   * that comes byte by byte (`drip`), or has headers (`flood`) or interim answers (`interims`) without end.
   * Null: a tunnel after all. `n` is 0-based.
   */
  readonly answer?: (asked: Asked, n: number) => string | null
  readonly tls?: TlsOptions
}

/** What comes first, what again and again, and the gap between. */
const ENDLESS = new Map<string, readonly [string, string, number]>([
  ['drip', ['HTTP/1.1 200 OK\r\n', 'X', 20]],
  ['flood', ['HTTP/1.1 200 OK\r\n', `X-A: ${'b'.repeat(1000)}\r\n`, 1]],
  ['interims', ['', 'HTTP/1.1 103 Early Hints\r\n\r\n', 1]],
])

function writeForEver(socket: Socket, [head, piece, gapMs]: readonly [string, string, number]): void {
  socket.write(head)
  const timer = setInterval(() => socket.write(piece), gapMs)
  socket.once('close', () => clearInterval(timer))
}

/** A real CONNECT proxy on 127.0.0.1 that knows nothing else. */
export class Proxy implements AsyncDisposable {
  readonly asked: Asked[] = []
  readonly #options: ProxyOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  constructor(options: ProxyOptions) {
    this.#options = options
    const onSocket = (socket: Socket): void => this.#accept(socket)
    this.#server = options.tls === undefined ? createServer(onSocket) : createTlsServer(options.tls, onSocket)
    this.#server.on('tlsClientError', () => {})
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get place(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${this.place}`
  }

  /** Tunnels that were made. */
  tunnels = 0

  #accept(socket: Socket): void {
    this.#keep(socket)
    let text = ''
    const read = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!text.includes('\r\n\r\n')) return
      socket.off('data', read)
      socket.pause()
      this.#hear(socket, text)
    }
    socket.on('data', read)
  }

  #hear(socket: Socket, text: string): void {
    const [first = '', ...lines] = text.trimEnd().split('\r\n')
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const place = /^CONNECT (\S+) HTTP\/1\.1$/.exec(first)?.[1] ?? ''
    const asked: Asked = { place, headers, text }
    this.asked.push(asked)
    const { credentials, answer } = this.#options
    if (place === '') return void socket.end('HTTP/1.1 405 Method Not Allowed\r\n\r\n')
    const wanted = credentials === undefined ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`
    if (headers['proxy-authorization'] !== wanted) {
      const challenge = 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n'
      return void socket.end(`${challenge}Content-Length: 0\r\n\r\n`)
    }
    const instead = answer?.(asked, this.asked.length - 1) ?? null
    if (instead === 'hang') return void socket.resume()
    if (instead === 'close') return void socket.end()
    const endless = instead === null ? undefined : ENDLESS.get(instead)
    if (endless !== undefined) return writeForEver(socket, endless)
    if (instead !== null) return void socket.end(instead)
    this.#tunnel(socket, place)
  }

  #tunnel(socket: Socket, place: string): void {
    const { hostname, port } = new URL(`http://${place}`)
    const inner = connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
      this.tunnels++
      socket.write('HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n')
      socket.pipe(inner).pipe(socket)
    })
    this.#keep(inner)
    inner.once('error', () => socket.destroy())
    inner.once('close', () => socket.destroy())
    socket.once('close', () => inner.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

export async function createProxy(options: ProxyOptions = {}): Promise<Proxy> {
  const proxy = new Proxy(options)
  await proxy.listen()
  return proxy
}
