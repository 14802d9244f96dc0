import { KeptAnswers } from './kept-answers.ts'
import type { Claim, Claimed, Lease, Store, StoredAnswer, StoreLimits, StoreSize, Work } from './store.ts'

interface Item {
  readonly work: Work
  readonly attempt: number
}

/**
 * The store of a single instance. A crash loses what is queued and every key: run with Redis where that matters.
 *
 * Nothing here awaits, so each method is atomic.
 */
export class MemoryStore implements Store {
  readonly #limits: StoreLimits
  readonly #now: () => number
  readonly #startedAt: number
  /** The digest of each key that is being worked on. */
  readonly #running = new Map<string, string>()
  readonly #kept: KeptAnswers
  /** Who waits for a running key: hardly ever anybody. */
  readonly #waiters = new Map<string, (() => void)[]>()
  readonly #queue = new Deque<Item>()
  #taken = 0
  readonly #postponed = new Map<NodeJS.Timeout, Item>()
  #wake: (() => void) | null = null
  #isEnding = false
  #lost = 0
  #serial = 0

  constructor(limits: StoreLimits, now: () => number = Date.now) {
    this.#limits = limits
    this.#now = now
    this.#startedAt = now()
    this.#kept = new KeptAnswers(limits.keys)
  }

  claim(key: string, digest: string): Claimed {
    const running = this.#running.get(key)
    if (running !== undefined) return { kind: running === digest ? 'running' : 'reused' }
    this.#kept.expire(this.#seconds())
    const kept = this.#kept.find(key)
    if (kept?.digest === digest) return { kind: 'stored', answer: { status: kept.status, text: kept.text } }
    if (kept) return { kind: 'reused' }
    if (this.#keys() >= this.#limits.keys) return { kind: 'full' }
    this.#running.set(key, digest)
    return { kind: 'claimed', claim: { key, token: '' } }
  }

  changed(key: string, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs)
      const waiters = this.#waiters.get(key) ?? []
      waiters.push(() => {
        clearTimeout(timer)
        resolve()
      })
      this.#waiters.set(key, waiters)
    })
  }

  settle(claim: Claim | null, answer: StoredAnswer, work: readonly Work[]): 'kept' | 'full' {
    if (work.length > 0 && this.#queued() + work.length > this.#limits.queue) return 'full'
    const digest = claim ? this.#running.get(claim.key) : undefined
    if (claim && digest !== undefined) {
      this.#running.delete(claim.key)
      const expiresAtS = this.#seconds() + Math.ceil(this.#limits.ttlMs / 1000)
      this.#kept.add(claim.key, { digest, ...answer }, expiresAtS)
      this.#wakeWaiters(claim.key)
    }
    for (const each of work) this.#enqueue({ work: each, attempt: 1 })
    return 'kept'
  }

  release({ key }: Claim): void {
    this.#running.delete(key)
    this.#wakeWaiters(key)
  }

  async take(count: number): Promise<readonly Lease[]> {
    while (this.#queue.length === 0 && !this.#isEnding) {
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const leases: Lease[] = []
    while (leases.length < count) {
      const item = this.#queue.shift()
      if (!item) break
      const receipt = String((this.#serial += 1))
      this.#taken += 1
      leases.push({ receipt, ...item })
    }
    return leases
  }

  finish(): void {
    this.#taken -= 1
  }

  postpone({ work, attempt }: Lease, waitMs: number): void {
    this.#taken -= 1
    if (this.#isEnding) this.#lost += 1
    else {
      const item = { work, attempt: attempt + 1 }
      const timer = setTimeout(() => this.#resume(timer), waitMs)
      this.#postponed.set(timer, item)
    }
  }

  #resume(timer: NodeJS.Timeout): void {
    const item = this.#postponed.get(timer)
    this.#postponed.delete(timer)
    if (item) this.#enqueue(item)
  }

  bury(): void {
    this.finish()
  }

  /** What was postponed gets one last try now. */
  endQueue(): void {
    this.#isEnding = true
    for (const timer of this.#postponed.keys()) {
      clearTimeout(timer)
      this.#resume(timer)
    }
    this.#wake?.()
  }

  lostOnExit(): number {
    return this.#queued() + this.#lost
  }

  ping(): Promise<void> {
    return Promise.resolve()
  }

  size(): Promise<StoreSize> {
    this.#kept.expire(this.#seconds())
    return Promise.resolve({ keys: this.#keys(), keyBytes: this.#kept.bytes, queued: this.#queued() })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #keys(): number {
    return this.#running.size + this.#kept.count
  }

  /** Since the store was made. */
  #seconds(): number {
    return Math.floor((this.#now() - this.#startedAt) / 1000)
  }

  /** What is promised and not done yet: waiting, in a worker's hands, or postponed. */
  #queued(): number {
    return this.#queue.length + this.#taken + this.#postponed.size
  }

  /** Wakes the worker after this turn of the event loop, so that it finds the work of several requests at once. */
  #enqueue(item: Item): void {
    this.#queue.push(item)
    if (this.#wake === null) return
    setImmediate(this.#wake)
    this.#wake = null
  }

  #wakeWaiters(key: string): void {
    if (this.#waiters.size === 0) return
    for (const wake of this.#waiters.get(key) ?? []) wake()
    this.#waiters.delete(key)
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
