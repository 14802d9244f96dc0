import type { Claim, Claimed, Lease, Store, StoredAnswer, StoreLimits, StoreSize, Work } from './store.ts'

interface Entry {
  readonly digest: string
  readonly status: number
  readonly text: string
  /** Seconds since the store was made: a small integer, which costs no memory of its own. */
  readonly expiresAtS: number
}

/**
 * The store of a single instance. A crash loses what is queued and every key: run with Redis where that matters.
 *
 * Keys expire in the order in which they were settled, since all live equally long: one iterator, kept at the
 * oldest, removes them for nothing. Nothing here awaits, so each method is atomic.
 */
export class MemoryStore implements Store {
  readonly #limits: StoreLimits
  readonly #now: () => number
  readonly #startedAt: number
  readonly #settled = new Map<string, Entry>()
  #oldest: { iterator: IterableIterator<[string, Entry]>; head: [string, Entry] | null } | null = null
  readonly #running = new Map<string, { digest: string; token: string; waiters: (() => void)[] }>()
  readonly #queue = new Deque<{ work: Work; attempt: number }>()
  readonly #taken = new Map<string, { work: Work; attempt: number }>()
  readonly #postponed = new Set<NodeJS.Timeout>()
  #takers: ((lease: Lease | null) => void)[] = []
  #serial = 0

  constructor(limits: StoreLimits, now: () => number = Date.now) {
    this.#limits = limits
    this.#now = now
    this.#startedAt = now()
  }

  claim(key: string, digest: string): Promise<Claimed> {
    return Promise.resolve(this.#claim(key, digest))
  }

  #claim(key: string, digest: string): Claimed {
    const nowS = this.#seconds()
    this.#expire(nowS)
    const entry = this.#settled.get(key)
    if (entry && entry.expiresAtS > nowS) {
      if (entry.digest !== digest) return { kind: 'reused' }
      return { kind: 'stored', answer: { status: entry.status, text: entry.text } }
    }
    const running = this.#running.get(key)
    if (running) return { kind: running.digest === digest ? 'running' : 'reused' }
    if (this.#settled.size + this.#running.size >= this.#limits.keys) return { kind: 'full' }
    const token = String((this.#serial += 1))
    this.#running.set(key, { digest, token, waiters: [] })
    return { kind: 'claimed', claim: { key, digest, token } }
  }

  changed(key: string, waitMs: number): Promise<void> {
    const running = this.#running.get(key)
    if (!running) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      running.waiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  settle(claim: Claim | null, answer: StoredAnswer, work: readonly Work[]): Promise<'kept' | 'full' | 'lost'> {
    if (work.length > 0 && this.#queued() + work.length > this.#limits.queue) {
      if (claim) this.#free(claim)
      return Promise.resolve('full')
    }
    if (claim) {
      const { status, text } = answer
      const expiresAtS = this.#seconds() + Math.ceil(this.#limits.ttlMs / 1000)
      this.#settled.set(claim.key, { digest: claim.digest, status, text, expiresAtS })
      this.#free(claim)
    }
    for (const each of work) this.#enqueue({ work: each, attempt: 1 })
    return Promise.resolve('kept')
  }

  release(claim: Claim): Promise<void> {
    this.#free(claim)
    return Promise.resolve()
  }

  take(waitMs: number): Promise<Lease | null> {
    const next = this.#queue.shift()
    if (next) return Promise.resolve(this.#lease(next))
    return new Promise((resolve) => {
      const taker = (lease: Lease | null): void => {
        clearTimeout(timer)
        resolve(lease)
      }
      const timer = setTimeout(() => {
        this.#takers = this.#takers.filter((each) => each !== taker)
        resolve(null)
      }, waitMs)
      this.#takers.push(taker)
    })
  }

  finish(lease: Lease): Promise<void> {
    this.#taken.delete(lease.receipt)
    return Promise.resolve()
  }

  postpone(lease: Lease, waitMs: number): Promise<void> {
    this.#taken.delete(lease.receipt)
    const timer = setTimeout(() => {
      this.#postponed.delete(timer)
      this.#enqueue({ work: lease.work, attempt: lease.attempt + 1 })
    }, waitMs)
    this.#postponed.add(timer)
    return Promise.resolve()
  }

  bury(lease: Lease): Promise<void> {
    return this.finish(lease)
  }

  ping(): Promise<void> {
    return Promise.resolve()
  }

  size(): Promise<StoreSize> {
    this.#expire(this.#seconds())
    return Promise.resolve({ keys: this.#settled.size + this.#running.size, queued: this.#queued() })
  }

  close(): Promise<void> {
    for (const timer of this.#postponed) clearTimeout(timer)
    for (const taker of this.#takers.splice(0)) taker(null)
    return Promise.resolve()
  }

  #seconds(): number {
    return Math.floor((this.#now() - this.#startedAt) / 1000)
  }

  /** What is promised and not done yet: waiting, in a worker's hands, or postponed. */
  #queued(): number {
    return this.#queue.length + this.#taken.size + this.#postponed.size
  }

  #enqueue(item: { work: Work; attempt: number }): void {
    const taker = this.#takers.shift()
    if (taker) taker(this.#lease(item))
    else this.#queue.push(item)
  }

  #lease(item: { work: Work; attempt: number }): Lease {
    const receipt = String((this.#serial += 1))
    this.#taken.set(receipt, item)
    return { receipt, ...item }
  }

  #free(claim: Claim): void {
    const running = this.#running.get(claim.key)
    if (running?.token !== claim.token) return
    this.#running.delete(claim.key)
    for (const wake of running.waiters) wake()
  }

  #expire(nowS: number): void {
    for (;;) {
      const oldest = (this.#oldest ??= { iterator: this.#settled.entries(), head: null })
      oldest.head ??= oldest.iterator.next().value ?? null
      // An iterator that came to its end stays there, also when keys are added: make another next time.
      if (oldest.head === null) this.#oldest = null
      if (oldest.head === null || oldest.head[1].expiresAtS > nowS) return
      this.#settled.delete(oldest.head[0])
      oldest.head = null
    }
  }
}

/** First in, first out, without the cost of `Array.shift` on a long array. */
class Deque<T> {
  #items: (T | undefined)[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first] = undefined
    this.#first += 1
    if (this.#first === this.#items.length || this.#first > 4096) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
