import type { Claim, Claimed, Lease, Store, StoredAnswer, StoreLimits, StoreSize, Work } from './store.ts'

/** `status` is 0 while the request runs; then `text` is empty and `expiresAtS` far away. */
interface Entry {
  readonly digest: string
  status: number
  text: string
  /** Seconds since the store was made: a small integer, which costs no memory of its own. */
  expiresAtS: number
}

const NEVER_S = 2 ** 30

interface Item {
  readonly work: Work
  readonly attempt: number
}

/**
 * The store of a single instance. A crash loses what is queued and every key: run with Redis where that matters.
 *
 * Keys lie in many small maps: a map that outgrows its table copies all of it, and with a million keys that would stop
 * every request for most of a second. Nothing here awaits, so each method is atomic.
 */
export class MemoryStore implements Store {
  readonly #limits: StoreLimits
  readonly #now: () => number
  readonly #startedAt: number
  readonly #shards = Array.from({ length: SHARDS }, () => new Shard())
  #keys = 0
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
  }

  claim(key: string, digest: string): Claimed {
    const shard = this.#shardOf(key)
    this.#keys -= shard.expire(this.#seconds())
    const entry = shard.entries.get(key)
    if (entry) {
      if (entry.digest !== digest) return { kind: 'reused' }
      if (entry.status === 0) return { kind: 'running' }
      return { kind: 'stored', answer: { status: entry.status, text: entry.text } }
    }
    if (this.#keys >= this.#limits.keys) this.#expireAll()
    if (this.#keys >= this.#limits.keys) return { kind: 'full' }
    this.#keys += 1
    shard.entries.set(key, { digest, status: 0, text: '', expiresAtS: NEVER_S })
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
    const entry = claim ? this.#shardOf(claim.key).entries.get(claim.key) : undefined
    if (claim && entry) {
      entry.status = answer.status
      entry.text = answer.text
      entry.expiresAtS = this.#seconds() + Math.ceil(this.#limits.ttlMs / 1000)
      this.#wakeWaiters(claim.key)
    }
    for (const each of work) this.#enqueue({ work: each, attempt: 1 })
    return 'kept'
  }

  release({ key }: Claim): void {
    if (this.#shardOf(key).forget(key)) this.#keys -= 1
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
    this.#expireAll()
    return Promise.resolve({ keys: this.#keys, queued: this.#queued() })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

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

  #expireAll(): void {
    const nowS = this.#seconds()
    for (const shard of this.#shards) this.#keys -= shard.expire(nowS)
  }

  #shardOf(key: string): Shard {
    // The end of a key is where one differs from the next.
    let sum = 0
    for (let at = Math.max(0, key.length - 8); at < key.length; at += 1) sum = (sum * 31 + key.charCodeAt(at)) | 0
    return this.#shards[sum & (SHARDS - 1)] as Shard
  }
}

/** A power of two: 2,000,000 keys are 8,000 in each. */
const SHARDS = 256

/** Keys expire in the order in which they were claimed, near enough: one iterator, kept at the oldest, removes them for nothing. */
class Shard {
  readonly entries = new Map<string, Entry>()
  #oldest: { iterator: IterableIterator<[string, Entry]>; head: [string, Entry] | null } | null = null

  /** Whether there was one. An entry that the iterator stands at is passed by as too old, or nothing behind it would ever expire. */
  forget(key: string): boolean {
    const entry = this.entries.get(key)
    if (entry) entry.expiresAtS = -1
    return this.entries.delete(key)
  }

  /** Removes what is too old, and says how many. */
  expire(nowS: number): number {
    for (let count = 0; ;) {
      const oldest = (this.#oldest ??= { iterator: this.entries.entries(), head: null })
      oldest.head ??= oldest.iterator.next().value ?? null
      // An iterator that came to its end stays there, also when keys are added: make another next time.
      if (oldest.head === null) this.#oldest = null
      if (oldest.head === null || oldest.head[1].expiresAtS > nowS) return count
      const [key, entry] = oldest.head
      // A key that was forgotten may have been claimed anew: that is another entry.
      if (this.entries.get(key) === entry && this.entries.delete(key)) count += 1
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
