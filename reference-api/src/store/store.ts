/** A store in memory answers at once, one elsewhere later. */
export type Soon<T> = T | Promise<T>

/** Something to do after the answer: handed to the queue together with the answer, done by the worker. */
export interface Work {
  readonly kind: string
  readonly id: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** What is kept for a key and given again to whoever asks with it. */
export interface StoredAnswer {
  readonly status: number
  readonly text: string
}

/** Proof that a key is ours until we settle or release it. */
export interface Claim {
  readonly key: string
  readonly token: string
}

/**
 * What a key turns out to be.
 *
 * - `claimed`: new, and ours: nobody else gets it until it is settled or released.
 * - `stored`: answered before; the answer is given again.
 * - `running`: another request with it is being worked on.
 * - `reused`: it belongs to a request with another body.
 * - `full`: no room for another key; none that lives is ever thrown out.
 */
export type Claimed =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'stored'; readonly answer: StoredAnswer }
  | { readonly kind: 'running' | 'reused' | 'full' }

/** Work in a worker's hands; `attempt` counts from 1. */
export interface Lease {
  readonly receipt: string
  readonly attempt: number
  readonly work: Work
}

export interface StoreSize {
  /** Null where the store does not count them, as the next one. */
  readonly keys: number | null
  /** Memory that their answers take. */
  readonly keyBytes: number | null
  readonly queued: number
}

/**
 * Keys, their answers, and the queue, in one place, because one thing must never happen without the other:
 * an answer is kept *and* its work is queued, or neither.
 */
export interface Store {
  /** Takes a key, or says why not; atomic over all instances that share the store. Neither holds a NUL. */
  claim(key: string, digest: string): Soon<Claimed>
  /** Resolves when a running key may have changed, or after `waitMs`. */
  changed(key: string, waitMs: number): Promise<void>
  /**
   * Keeps the answer for the claim (null: a request without a key) and queues the work, in one step.
   *
   * `full`: the queue has no room, nothing was kept, and the claim is to be released. `lost`: the claim went to
   * somebody else meanwhile (only after a pause longer than the lease), and nothing was kept.
   */
  settle(claim: Claim | null, answer: StoredAnswer, work: readonly Work[]): Soon<'kept' | 'full' | 'lost'>
  /** Frees a key without an answer: the next request with it starts from the beginning. */
  release(claim: Claim): Soon<void>

  /** Up to `count` pieces of work; waits until there is one. None: the queue has ended. */
  take(count: number): Promise<readonly Lease[]>
  /** The work is done and forgotten. */
  finish(lease: Lease): Soon<void>
  /** The work comes again later. */
  postpone(lease: Lease, waitMs: number): Soon<void>
  /** The work is given up: kept aside where the store can. */
  bury(lease: Lease): Soon<void>

  /**
   * Takes no new work in, and lets `take` end: a store that outlives the process keeps what waits for the next one,
   * the others give it out first.
   */
  endQueue(): void
  /** How much of the queue is lost when the process ends now. */
  lostOnExit(): number

  /** @throws {StoreUnavailable} as every method does when the store is elsewhere. */
  ping(): Promise<void>
  size(): Promise<StoreSize>
  close(): Promise<void>
}

/** The store cannot be used at the moment: whoever asked may come again. */
export class StoreUnavailable extends Error {
  constructor(cause: unknown) {
    super('Could not reach the store', { cause })
    this.name = 'StoreUnavailable'
  }
}

/** How long a settled key answers, how many are held, how much may wait. */
export interface StoreLimits {
  readonly ttlMs: number
  readonly keys: number
  readonly queue: number
}
