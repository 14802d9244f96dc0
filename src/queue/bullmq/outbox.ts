import type { Clock } from '../../clock.ts'
import type { RedisLink } from './redis-link.ts'

export interface OutboxOptions {
  readonly link: RedisLink
  /** The stream it is written to. */
  readonly key: string
  readonly clock: Clock
  /** What is put within so long goes together. */
  readonly gatherMs: number
  /** Makes the stream where there is none; else it is waited for until somebody has. */
  readonly makesStream: boolean
  /** Redis has taken what was put. */
  readonly onWritten?: () => void
}

const RETRY_MS = 200
/** A stream that nobody reads must not eat the memory of Redis: some minutes of beats. */
const MOST_ENTRIES = 100_000

/**
 * Writes messages to a stream, in their order, in groups; keeps what Redis has not acknowledged and says it again.
 *
 * A group may be written twice, when its acknowledgement was lost: whoever reads counts.
 */
export class Outbox {
  readonly #options: OutboxOptions
  #waiting: unknown[] = []
  #weight = 0
  #isSending = false
  #isHurried = false
  #isClosed = false
  #cancelFlush: (() => void) | null = null
  #oldestAt: number | null = null
  #empty: PromiseWithResolvers<void> | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** How long the oldest message has waited for its acknowledgement; 0 when nothing waits. */
  get delayMs(): number {
    return this.#oldestAt === null ? 0 : this.#options.clock.now() - this.#oldestAt
  }

  /** Of all messages that were not acknowledged. */
  get weight(): number {
    return this.#weight
  }

  put(message: unknown, weight = 0): void {
    if (this.#isClosed) return
    this.#waiting.push(message)
    this.#weight += weight
    this.#oldestAt ??= this.#options.clock.now()
    this.#schedule(this.#options.gatherMs)
  }

  /** What waits goes now, or as soon as what went before was acknowledged. */
  hurry(): void {
    this.#isHurried = true
    this.#cancelFlush?.()
    this.#cancelFlush = null
    this.#schedule(0)
  }

  /** Resolves when everything was acknowledged, or it was closed. */
  async drain(): Promise<void> {
    if (this.#oldestAt === null || this.#isClosed) return
    this.#empty ??= Promise.withResolvers()
    await this.#empty.promise
  }

  close(): void {
    this.#isClosed = true
    this.#cancelFlush?.()
    this.#settle()
  }

  #schedule(ms: number): void {
    if (this.#isSending) return
    this.#cancelFlush ??= this.#options.clock.after(ms, () => {
      this.#cancelFlush = null
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const group = this.#waiting
    if (this.#isSending || group.length === 0) return
    const { link, key, clock, makesStream, gatherMs } = this.#options
    this.#isSending = true
    this.#isHurried = false
    this.#waiting = []
    const weight = this.#weight
    const sealed = link.seal.seal(group, key)
    for (;;) {
      if (this.#isClosed || (await written(link, { key, makesStream, sealed }))) break
      await clock.sleep(RETRY_MS)
    }
    this.#isSending = false
    this.#weight -= weight
    this.#oldestAt = this.#waiting.length === 0 ? null : clock.now()
    this.#options.onWritten?.()
    if (this.#oldestAt === null) this.#settle()
    else this.#schedule(this.#isHurried ? 0 : gatherMs)
  }

  #settle(): void {
    this.#empty?.resolve()
    this.#empty = null
  }
}

async function written(
  { redis }: RedisLink,
  { key, makesStream, sealed }: { readonly key: string; readonly makesStream: boolean; readonly sealed: Buffer },
): Promise<boolean> {
  try {
    const bound = ['MAXLEN', '~', MOST_ENTRIES, '*', 'm', sealed] as const
    const id = makesStream ? await redis.xadd(key, ...bound) : await redis.xadd(key, 'NOMKSTREAM', ...bound)
    return id !== null
  } catch {
    // Out of memory, read-only, loading, cut off: it is said again.
    return false
  }
}
