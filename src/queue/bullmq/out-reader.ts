import type { Cluster, Redis } from 'ioredis'
import { systemClock } from '../../clock.ts'
import type { RedisLink } from './redis-link.ts'

export interface OutReaderOptions<Message> {
  readonly key: string
  /** How long what nobody reads is kept. */
  readonly keptMs: number
  readonly onMessages: (messages: readonly Message[]) => void
}

/** How long Redis lets a reader wait: by its answer we know that it is there. */
const BLOCK_MS = 1000
const RETRY_MS = 200
const MOST_ENTRIES = 256
/** What was read is recorded with the next commit, some 15 ms later. */
const TRIM_MS = 1000

/** Reads what workers say of a run, or of calls, from the first word on. */
export class OutReader<Message> {
  readonly #link: RedisLink
  readonly #options: OutReaderOptions<Message>
  readonly #redis: Redis | Cluster
  #cursor = '0-0'
  #answeredAt = systemClock.now()
  #isClosed = false
  #trimAt = 0
  #reading: Promise<void> = Promise.resolve()

  constructor(link: RedisLink, options: OutReaderOptions<Message>) {
    this.#link = link
    this.#options = options
    this.#redis = link.duplicate()
  }

  /** How long Redis has not answered. */
  get silentMs(): number {
    return systemClock.now() - this.#answeredAt
  }

  async open(): Promise<void> {
    await this.ensure()
    this.#reading = this.#read()
  }

  /** Each second. Makes the stream where there is none: a Redis that has lost everything goes on from here. */
  async ensure(): Promise<void> {
    const { redis, seal } = this.#link
    const { key, keptMs } = this.#options
    if ((await redis.pexpire(key, keptMs)) === 1) return
    await Promise.all([redis.xadd(key, this.#nextId, 'm', seal.seal([], key)), redis.pexpire(key, keptMs)])
  }

  /** Ids are of the clock of Redis, which may be behind that of the one that is gone: what comes now comes after what was read. */
  get #nextId(): string {
    const [ms = '', number = ''] = this.#cursor.split('-')
    return ms === '0' ? '*' : `${ms}-${Number(number) + 1}`
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#redis.disconnect()
    await this.#reading
  }

  async #read(): Promise<void> {
    const { key } = this.#options
    while (!this.#isClosed) {
      try {
        const reply = await this.#redis.xreadBuffer(
          'COUNT',
          MOST_ENTRIES,
          'BLOCK',
          BLOCK_MS,
          'STREAMS',
          key,
          this.#cursor,
        )
        this.#answeredAt = systemClock.now()
        if (this.#isClosed) return
        const entries = reply?.[0]?.[1] ?? []
        for (const [id, [, sealed]] of entries) {
          this.#cursor = String(id)
          this.#hand(this.#link.seal.open(sealed!, key) as Message[])
        }
        if (entries.length > 0) this.#trimLater()
      } catch {
        if (this.#isClosed) return
        await systemClock.sleep(RETRY_MS)
      }
    }
  }

  /** What it is handed to may have a defect, which has to end the process as any other does. */
  #hand(messages: readonly Message[]): void {
    try {
      this.#options.onMessages(messages)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }

  #trimLater(): void {
    const now = systemClock.now()
    if (now < this.#trimAt) return
    this.#trimAt = now + TRIM_MS
    const read = this.#cursor
    // Recorded by then: a commit's timer is due long before this one.
    systemClock.after(TRIM_MS, () => {
      if (!this.#isClosed) void this.#link.redis.xtrim(this.#options.key, 'MINID', read).catch(() => undefined)
    })
  }
}
