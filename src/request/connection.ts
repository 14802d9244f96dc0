import { createRequire } from 'node:module'
import type * as Undici from 'undici'
import type { buildConnector, Client, Dispatcher } from 'undici'
import { SocketOpening } from './open-socket.ts'
import type { OpenSettings } from './open-socket.ts'

export interface ConnectionSettings extends OpenSettings {
  readonly now: () => number
  readonly random: () => number
}

const require = createRequire(import.meta.url)

/** Loaded by whoever is about to make calls: a run's own process, which makes none, starts a fifth sooner without it. */
export function loadUndici(): typeof Undici {
  return require('undici') as typeof Undici
}

/** A connection is retired after 5 min, give or take 20 %, so that a receiver's new nodes get their share. */
const LIFETIME_MS = 300_000
const LIFETIME_SPREAD = 0.2

/** Servers that close idle connections at 5 s are common: 4 s stays below them, a server's own word is heard up to 30 s. */
const IDLE_MS = 4_000
const LONGEST_IDLE_MS = 30_000
const MAX_HEADER_BYTES = 16_384

/**
 * One connection's place: undici's `Client` on one socket at a time, remade whenever something went wrong with it.
 *
 * It carries one call at a time, so nothing is ever queued inside undici.
 */
export class Connection {
  readonly #settings: ConnectionSettings
  #client: Client | null = null
  #opening: SocketOpening | null = null
  #retireAt = Infinity
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

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client ??= this.#createClient()
    this.#client.dispatch(request, handler)
  }

  /** Closes the socket at once; the next call opens another. `onClosed` is called when nothing of it is left. */
  discard(onClosed: () => void = ignore): void {
    this.#opening?.cancel()
    this.#opening = null
    this.#retireAt = Infinity
    this.uses = 0
    this.socketError = null
    const client = this.#client
    this.#client = null
    if (client === null) onClosed()
    else client.destroy(null, onClosed)
  }

  #createClient(): Client {
    return new (loadUndici().Client)(this.#settings.target.origin, {
      pipelining: 1,
      allowH2: false,
      // The deadline of a call is kept by the call: undici's timers restart with every chunk.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: LONGEST_IDLE_MS,
      connect: (_options, callback) => this.#open(callback),
    })
  }

  #open(callback: buildConnector.Callback): void {
    this.uses = 0
    this.socketError = null
    this.#opening = new SocketOpening(this.#settings, (failure, socket) => {
      this.#opening = null
      if (failure !== null) return callback(failure, null)
      const spread = 1 + LIFETIME_SPREAD * (2 * this.#settings.random() - 1)
      this.#retireAt = this.#settings.now() + LIFETIME_MS * spread
      socket.on('error', (error) => {
        this.socketError ??= error
      })
      callback(null, socket)
    })
  }
}

function ignore(): void {}
