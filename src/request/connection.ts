import { channel } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { AnswerFault } from './answer-fault.ts'
import { AnswerParser } from './answer-parser.ts'
import type { Exchange } from './exchange.ts'
import { ClosedConnection } from './failure.ts'
import type { NextTurn } from './next-turn.ts'
import { SocketOpening } from './open-socket.ts'
import type { OpenSettings } from './open-socket.ts'

export interface ConnectionSettings extends Omit<OpenSettings, 'onBytes'> {
  readonly now: () => number
  readonly random: () => number
  /** Shared by the connections of a client. */
  readonly nextTurn: NextTurn
}

/** A connection is retired after 5 min, give or take 20 %, so that a receiver's new nodes get their share. */
const LIFETIME_MS = 300_000
const LIFETIME_SPREAD = 0.2

/**
 * Servers that close idle connections at 5 s are common: 4 s stays below them. A server's own word is heard up to 30 s,
 * and left 2 s before its time.
 */
const IDLE_MS = 4_000
const LONGEST_IDLE_MS = 30_000
const IDLE_MARGIN_MS = 2_000

/** Told of each request whose bytes were handed to the system. */
export const requestSent = channel('hookcast.request.sent')

/**
 * One connection's place: one socket at a time, remade whenever something went wrong with it, one call at a time.
 *
 * - closed: no socket; the next call opens one.
 * - opening: for a call that waits.
 * - waiting: the socket was used before; the call is written once the event loop has looked at it (see `NextTurn`).
 * - out: the request was written; what comes is its answer.
 * - free: open, without a call; whatever comes ends it.
 */
export class Connection {
  readonly #settings: ConnectionSettings
  #exchange: Exchange | null = null
  #isOut = false
  #socket: Socket | null = null
  #opening: SocketOpening | null = null
  #parser: AnswerParser | null = null
  #retireAt = Infinity
  #idleMs = IDLE_MS
  /** Calls begun on the socket that is open now. */
  uses = 0
  /** The first error of the socket that is open now: a TLS alert says more than the end that follows it. */
  socketError: Error | null = null

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
  }

  get lane(): number {
    return this.#settings.lane
  }

  get opening(): SocketOpening | null {
    return this.#opening
  }

  /** A connection that has lived long enough is closed before it carries another call. */
  retire(now: number): void {
    if (now >= this.#retireAt) this.discard()
  }

  /** Carries a call; it hears of its answer, or of what became of the connection before that. */
  carry(exchange: Exchange): void {
    this.#exchange = exchange
    this.#isOut = false
    if (this.#socket === null) this.#open()
    else this.#settings.nextTurn.add(exchange)
  }

  /** Writes the call's request, if that still waits here. */
  write(exchange: Exchange): void {
    const socket = this.#socket
    if (exchange !== this.#exchange || this.#isOut || socket === null) return
    this.#isOut = true
    this.#parser!.begin(exchange)
    exchange.onSent()
    const { head, body } = exchange
    if (body === null) socket.write(head, 'latin1')
    else if (typeof body === 'string' && Buffer.byteLength(head) === head.length) socket.write(head + body, 'utf8')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body, 'utf8')
      socket.uncork()
    }
    if (requestSent.hasSubscribers) requestSent.publish(null)
  }

  /** Closes the socket at once; the next call opens another. `onClosed` is called when nothing of it is left. */
  discard(onClosed: () => void = ignore): void {
    this.#opening?.cancel()
    this.#opening = null
    this.#exchange = null
    const socket = this.#leaveSocket()
    if (socket === null || socket.closed) return onClosed()
    socket.once('close', onClosed).destroy()
  }

  #leaveSocket(): Socket | null {
    const socket = this.#socket
    this.#socket = null
    this.#parser?.stop()
    this.#parser = null
    this.#retireAt = Infinity
    this.#idleMs = IDLE_MS
    this.uses = 0
    this.socketError = null
    return socket
  }

  #open(): void {
    const settings = { ...this.#settings, onBytes: (bytes: Buffer) => this.#read(bytes) }
    this.#opening = new SocketOpening(settings, (failure, socket) => {
      this.#opening = null
      if (failure !== null) return this.#exchange?.onBroken(failure)
      this.#use(socket)
      if (this.#exchange !== null) this.write(this.#exchange)
    })
  }

  #use(socket: Socket): void {
    const { now, random } = this.#settings
    this.#socket = socket
    this.#parser = new AnswerParser(() => this.#onEnd())
    this.#retireAt = now() + LIFETIME_MS * (1 + LIFETIME_SPREAD * (2 * random() - 1))
    socket.on('error', (error) => {
      if (socket === this.#socket) this.socketError ??= error
    })
    socket.once('end', () => this.#onClosed(socket)).once('close', () => this.#onClosed(socket))
    socket.setTimeout(IDLE_MS).on('timeout', () => {
      if (socket === this.#socket && this.#exchange === null) this.discard()
    })
    // A call in flight has a deadline, which keeps the process; a free connection keeps nobody.
    socket.unref()
  }

  #read(bytes: Buffer): void {
    // Before a call, or before it was written: nobody's answer. The call goes out over another socket.
    if (!this.#isOut) return this.#loseSocket()
    try {
      this.#parser?.read(bytes)
    } catch (error) {
      if (!(error instanceof AnswerFault)) throw error
      this.#exchange?.onBroken(error)
    }
  }

  /** An answer is complete: the connection is free, or gone, before anybody hears of it and begins another call. */
  #onEnd(): void {
    const exchange = this.#exchange
    const { isReusable, keepAliveMs } = this.#parser!
    const isFree = isReusable && this.#socket!.writableLength === 0 && exchange?.isRepeatable === true
    this.#exchange = null
    this.#isOut = false
    if (isFree) this.#keep(keepAliveMs)
    else this.discard()
    exchange?.onEnd()
  }

  #keep(keepAliveMs: number | null): void {
    const idleMs = keepAliveMs === null ? IDLE_MS : Math.min(keepAliveMs - IDLE_MARGIN_MS, LONGEST_IDLE_MS)
    if (idleMs <= 0) return this.discard()
    if (idleMs !== this.#idleMs) this.#socket!.setTimeout(idleMs)
    this.#idleMs = idleMs
  }

  /** The other side has ended it, or it broke. */
  #onClosed(socket: Socket): void {
    if (socket !== this.#socket) return
    const isOut = this.#exchange !== null && this.#isOut
    if (!isOut) return this.#loseSocket()
    if (this.socketError === null && this.#parser!.close()) return
    this.#exchange?.onBroken(this.socketError ?? new ClosedConnection())
  }

  /** Nothing of a call has left over this socket: one that waits gets another, and does not hear of it. */
  #loseSocket(): void {
    this.#leaveSocket()?.destroy()
    if (this.#exchange !== null && this.#opening === null) this.#open()
  }
}

function ignore(): void {}
