import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { misbehave } from './misbehaviour.ts'
import type { Misbehaviour } from './misbehaviour.ts'
import type { ProcessEntry, ReceiverConfig } from './receiver-process.ts'

/** One request as it arrived, in the order in which bodies were complete. */
export interface Received {
  /** Epoch ms when the request was complete. */
  readonly at: number
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly key: string | null
  /** `X-Hookcast-Attempt`. */
  readonly attempt: number | null
  readonly customer: string | null
  /** 0-based number of the connection that it came on. */
  readonly connection: number
  /** The address that it came from. */
  readonly from: string
}

export type Reply =
  | {
      /** Default: 200. */
      readonly status?: number
      readonly headers?: Readonly<Record<string, string | readonly string[]>>
      /** Objects are sent as JSON. Default: `{"success":true}`. */
      readonly body?: string | Uint8Array | object
      readonly delayMs?: number
      /** Bytes written after the answer, on the same connection: an answer to nobody. */
      readonly extra?: string
      /** Ends the connection after the answer, without having said so. */
      readonly isLast?: boolean
      /** The same, so long after the answer. */
      readonly lastAfterMs?: number
      readonly misbehave?: never
    }
  | { readonly misbehave: Misbehaviour; readonly delayMs?: number }

export interface ReceiverOptions {
  /** `n` is 0-based, counted over everything received. Default: 200 `{"success":true}`. */
  readonly answer?: (request: Received, n: number) => Reply | Promise<Reply>
  /** Before a byte is read; `n` is 0-based. `hang` listens and says nothing. */
  readonly onConnection?: (n: number) => 'accept' | 'reset' | 'close' | 'hang'
  /** After the headers, before the body; such a request is counted as any other, and in no journal. */
  readonly onHeaders?: (path: string, n: number) => 'read' | 'reset' | 'close' | 'refuse'
  readonly customerOf?: (request: Omit<Received, 'customer'>) => string | null
  readonly tls?: TlsOptions
  readonly port?: number
  /** Default: 127.0.0.1. */
  readonly host?: string
  /** Idle connections are closed after this. Default: 60 s. */
  readonly keepAliveMs?: number
  /** The time that its journal has. Default: that of the machine. */
  readonly now?: () => number
  /** Keep nothing of what arrives but its count: for loads. */
  readonly isForgetful?: boolean
}

/** A real HTTP server on 127.0.0.1 that answers from a script and writes a journal. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly requests: readonly Received[]
  /** Requests received, also by a forgetful receiver. */
  readonly count: number
  readonly connections: number
  readonly openConnections: number
  readonly inFlight: number
  readonly maxInFlight: number
  /** Resolves when `n` requests have arrived; rejects after `timeoutMs` (default 30 s), saying how many had. */
  waitFor(n: number, timeoutMs?: number): Promise<void>
  /** Resolves when `condition` holds; it is looked at whenever something arrives, ends or closes. */
  waitUntil(condition: () => boolean, timeoutMs?: number): Promise<void>
  /** Refuses connections from now on; open ones are closed, or reset. */
  stop(how?: 'close' | 'reset'): Promise<void>
  /** Listens on the same port again. */
  restart(): Promise<void>
  /** Idle connections are closed or reset, those in use too; it goes on listening. */
  dropConnections(how?: 'close' | 'reset'): void
}

const OK: Reply = {}
const OK_BODY = '{"success":true}'

/** Every receiver that this test file has started: whoever checks a run asks all of them what they got of it. */
export const RECEIVERS: (Receiver | ReceiverProcess)[] = []

export async function createReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = new ScriptedReceiver(options)
  RECEIVERS.push(receiver)
  await receiver.restart()
  return receiver
}

class ScriptedReceiver implements Receiver {
  readonly requests: Received[] = []
  readonly #options: ReceiverOptions
  /** Takes connections and hands them on: what is never handed on is never read. */
  readonly #door = createServer((socket) => this.#accept(socket))
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** By the other side's address and port: they are the same on a TLS socket and on the one under it. */
  readonly #numbers = new Map<string, number>()
  readonly #watchers = new Set<() => void>()
  count = 0
  connections = 0
  inFlight = 0
  maxInFlight = 0
  port: number

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.port = options.port ?? 0
    const settings = { keepAliveTimeout: options.keepAliveMs ?? 60_000, noDelay: true, requestTimeout: 0 }
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => this.#receive(request, response)
    this.#server =
      options.tls === undefined
        ? createHttpServer(settings, onRequest)
        : createHttpsServer({ ...settings, ...options.tls }, onRequest)
    this.#server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
      else socket.destroy()
    })
    this.#server.on('tlsClientError', () => {})
  }

  get url(): string {
    const host = this.#options.host ?? '127.0.0.1'
    return `${this.#options.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${this.port}`
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  #accept(socket: Socket): void {
    const n = this.connections++
    this.#sockets.add(socket)
    this.#numbers.set(otherSide(socket), n)
    socket.on('error', () => {})
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#look()
    })
    const how = this.#options.onConnection?.(n) ?? 'accept'
    if (how === 'accept') this.#server.emit('connection', socket)
    else if (how === 'reset') socket.resetAndDestroy()
    else if (how === 'close') socket.end()
    else socket.resume()
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.inFlight++
    this.maxInFlight = Math.max(this.maxInFlight, this.inFlight)
    response.once('close', () => {
      this.inFlight--
      this.#look()
    })
    const how = this.#options.onHeaders?.(request.url ?? '', this.count) ?? 'read'
    if (how !== 'read') return this.#stopReading(request, response, how)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.once('end', () => void this.#answer(response, this.#enter(request, Buffer.concat(chunks).toString())))
  }

  #stopReading(request: IncomingMessage, response: ServerResponse, how: 'reset' | 'close' | 'refuse'): void {
    this.count++
    this.#look()
    if (how === 'reset') request.socket.resetAndDestroy()
    else if (how === 'close') request.socket.end()
    // As servers with a limit do it: the answer first, then the end, whatever is still on its way.
    else response.writeHead(413, { connection: 'close' }).end('{"success":false}', () => request.socket.destroySoon())
  }

  #enter(request: IncomingMessage, body: string): Received {
    const { method = '', url = '', headers, socket } = request
    const attempt = headers['x-hookcast-attempt']
    const entry = {
      at: this.#options.now?.() ?? Date.now(),
      method,
      path: url,
      headers: headers as Received['headers'],
      body,
      key: (headers['idempotency-key'] as string | undefined) ?? null,
      attempt: attempt === undefined ? null : Number(attempt),
      connection: this.#numbers.get(otherSide(socket)) ?? -1,
      from: socket.remoteAddress ?? '',
    }
    const received = { ...entry, customer: this.#options.customerOf?.(entry) ?? null }
    if (this.#options.isForgetful !== true) this.requests.push(received)
    this.count++
    this.#look()
    return received
  }

  async #answer(response: ServerResponse, received: Received): Promise<void> {
    const answer = this.#options.answer?.(received, this.count - 1) ?? OK
    const reply = answer instanceof Promise ? await answer : answer
    if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs))
    const { socket } = response
    if (socket === null || socket.destroyed) return
    if (reply.misbehave !== undefined) return misbehave(response, reply.misbehave)
    const { status = 200, headers, body = OK_BODY } = reply
    const bytes = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const own = status === 204 ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }
    response.writeHead(status, { ...own, ...(headers as Record<string, string | string[]> | undefined) })
    response.end(bytes)
    if (reply.extra !== undefined) socket.write(reply.extra)
    if (reply.isLast === true) socket.end()
    if (reply.lastAfterMs !== undefined) setTimeout(() => socket.end(), reply.lastAfterMs)
  }

  #look(): void {
    if (this.#watchers.size > 0) for (const watch of this.#watchers) watch()
  }

  waitFor(n: number, timeoutMs = 30_000): Promise<void> {
    return this.waitUntil(() => this.count >= n, timeoutMs)
  }

  waitUntil(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void): void => {
        clearTimeout(timer)
        this.#watchers.delete(watch)
        finish()
      }
      const watch = (): void => {
        if (condition()) end(resolve)
      }
      const timer = setTimeout(() => {
        const seen = `${this.count} requests, ${this.inFlight} in flight, ${this.openConnections} connections`
        end(() => reject(new Error(`Receiver waited ${timeoutMs} ms in vain: ${seen}`)))
      }, timeoutMs)
      this.#watchers.add(watch)
      watch()
    })
  }

  dropConnections(how: 'close' | 'reset' = 'close'): void {
    for (const socket of this.#sockets) {
      if (how === 'reset') socket.resetAndDestroy()
      else socket.destroy()
    }
  }

  async stop(how: 'close' | 'reset' = 'close'): Promise<void> {
    if (!this.#door.listening) return
    const closed = once(this.#door, 'close')
    this.#door.close()
    this.dropConnections(how)
    await closed
    await this.waitUntil(() => this.openConnections === 0)
  }

  async restart(): Promise<void> {
    this.#door.listen(this.port, this.#options.host ?? '127.0.0.1')
    await once(this.#door, 'listening')
    this.port = (this.#door.address() as AddressInfo).port
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}

function otherSide({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

/** A receiver in a process of its own, which outlives whatever the test kills; it ends with the test's process. */
export interface ReceiverProcess extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The file of its journal. */
  readonly journal: string
  /** What has been received so far; every entry was on disk before its answer left. */
  readJournal(): ProcessEntry[]
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>
}

export async function startReceiverProcess(
  config: ReceiverConfig,
  within: readonly string[] = [],
): Promise<ReceiverProcess> {
  const script = fileURLToPath(new URL('receiver-process.ts', import.meta.url))
  const command = [...within, process.execPath, script, JSON.stringify({ ...config, endsWithStdin: true })]
  const [file = '', ...args] = command
  const child: ChildProcess = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await Promise.race([
    once(child.stdout!, 'data'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`Receiver process ended early: ${code}`))),
  ])) as [Buffer]
  const { port, url } = JSON.parse(line.toString()) as { port: number; url: string }
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const readJournal = (): ProcessEntry[] => {
    const lines = readFileSync(config.journal, 'utf8').split('\n')
    lines.pop() // nothing, or an entry that is being written
    return lines.map((text) => JSON.parse(text) as ProcessEntry)
  }
  const receiver = {
    url,
    port,
    pid: child.pid!,
    journal: config.journal,
    readJournal,
    kill,
    [Symbol.asyncDispose]: kill,
  }
  RECEIVERS.push(receiver)
  return receiver
}
