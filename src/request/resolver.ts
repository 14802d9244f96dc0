import { lookup as systemLookup } from 'node:dns'
import type { LookupAddress } from 'node:dns'

const KEEP_MS = 30_000
const KEEP_FAILURE_MS = 5_000
const CACHE_LIMIT = 1_000
/** libuv gives `getaddrinfo` half of its threads; more lookups of dead names would stall the living (libuv #1845). */
const LOOKUP_LIMIT = 8

export type Lookup = (
  hostname: string,
  options: { readonly all: true; readonly order: 'verbatim' },
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void

export type OnAddresses = (error: Error | null, addresses: readonly LookupAddress[]) => void

interface Entry {
  readonly error: Error | null
  readonly addresses: readonly LookupAddress[]
  readonly staleAt: number
}

/**
 * Resolves names through the system's resolver: remembers answers for 30 s and failures for 5 s, asks once for each
 * name at a time, and at most 8 names at once.
 *
 * It knows no rules: who uses an address checks it, every time.
 */
export class Resolver {
  readonly #lookup: Lookup
  readonly #now: () => number
  readonly #entries = new Map<string, Entry>()
  readonly #waiting = new Map<string, OnAddresses[]>()
  readonly #queue: string[] = []
  #running = 0

  constructor(options: { readonly lookup?: Lookup; readonly now?: () => number } = {}) {
    this.#lookup = options.lookup ?? systemLookup
    this.#now = options.now ?? (() => performance.now())
  }

  /** Calls back once; at once when the answer is remembered. */
  resolve(hostname: string, onAddresses: OnAddresses): void {
    const entry = this.#entries.get(hostname)
    if (entry !== undefined && this.#now() < entry.staleAt) return onAddresses(entry.error, entry.addresses)
    const waiting = this.#waiting.get(hostname)
    if (waiting !== undefined) return void waiting.push(onAddresses)
    this.#waiting.set(hostname, [onAddresses])
    this.#queue.push(hostname)
    this.#next()
  }

  #next(): void {
    if (this.#running >= LOOKUP_LIMIT) return
    const hostname = this.#queue.shift()
    if (hostname === undefined) return
    this.#running++
    this.#lookup(hostname, { all: true, order: 'verbatim' }, (error, addresses) => {
      this.#running--
      this.#settle(hostname, error, error === null ? addresses : [])
      this.#next()
    })
  }

  #settle(hostname: string, lookupError: Error | null, addresses: readonly LookupAddress[]): void {
    const isEmpty = lookupError === null && addresses.length === 0
    const error = isEmpty ? Object.assign(new Error('no address'), { code: 'ENODATA' }) : lookupError
    const staleAt = this.#now() + (error === null ? KEEP_MS : KEEP_FAILURE_MS)
    this.#entries.delete(hostname)
    const oldest = this.#entries.size >= CACHE_LIMIT ? this.#entries.keys().next().value : undefined
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.#entries.set(hostname, { error, addresses, staleAt })
    const waiting = this.#waiting.get(hostname) ?? []
    this.#waiting.delete(hostname)
    for (const onAddresses of waiting) onAddresses(error, addresses)
  }
}
