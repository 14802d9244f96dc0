import { hash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Log } from '../log.ts'
import { CLAIM, LEAVE, RELEASE, RESUME, SETTLE } from './redis-scripts.ts'
import { StoreUnavailable } from './store.ts'
import type { Claim, Claimed, Lease, Store, StoredAnswer, StoreLimits, StoreSize, Work } from './store.ts'

const PREFIX = 'reference-api'
const QUEUE = `${PREFIX}:queue`
const LATER = `${PREFIX}:later`
const BURIED = `${PREFIX}:buried`
const GROUP = 'workers'

/** A request that takes longer than this loses its key to the next one; it then keeps nothing. */
const CLAIM_LEASE_MS = 30_000
/** Work that a worker has had for so long is taken for orphaned and given to another: it must be done in less. */
const WORK_LEASE_MS = 120_000
const POLL_MS = 50
const TAKE_BLOCK_MS = 500
const RECLAIM_EVERY_MS = 10_000

interface Scripts {
  claimKey(key: string, ...args: string[]): Promise<[Claimed['kind'], string?, string?]>
  settleKey(key: string, queue: string, later: string, ...args: (string | number)[]): Promise<'kept' | 'full' | 'lost'>
  releaseKey(key: string, token: string): Promise<string>
  leaveQueue(queue: string, target: string, ...args: (string | number)[]): Promise<string>
  resumeLater(later: string, queue: string, now: number): Promise<number>
}

type Entries = readonly (readonly [id: string, fields: readonly string[] | null])[]

/**
 * The store of many instances: each step is one script on the server, so it happens as a whole or not at all.
 *
 * Keys are hashes that expire by themselves; the queue is a stream with a consumer group, so that work in the hands
 * of a process that died comes back. Everything lies on one Redis, with `noeviction` and an append-only file: one that evicts
 * would forget keys, one without a file forgets all when it restarts. Cluster mode is not supported.
 */
export class RedisStore implements Store {
  readonly #limits: StoreLimits
  readonly #log: Log
  readonly #redis: Redis & Scripts
  /** Blocking reads have a connection of their own: nothing else may wait behind them. */
  readonly #reader: Redis
  readonly #consumer = randomUUID()
  #reclaimedAt = 0
  #isEnding = false

  private constructor(redis: Redis & Scripts, limits: StoreLimits, log: Log) {
    this.#redis = redis
    this.#reader = redis.duplicate({ commandTimeout: TAKE_BLOCK_MS + 5_000 })
    this.#limits = limits
    this.#log = log
    for (const each of [redis, this.#reader]) each.on('error', (error) => this.#unreachable(error))
  }

  /** @throws {StoreUnavailable} when it cannot be reached. @throws {Error} when it may throw keys out to make room. */
  static async connect(url: string, limits: StoreLimits, log: Log): Promise<RedisStore> {
    const redis = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      enableAutoPipelining: true,
      maxRetriesPerRequest: 1,
      commandTimeout: 3_000,
      connectTimeout: 3_000,
      retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
      scripts: {
        claimKey: { lua: CLAIM, numberOfKeys: 1 },
        settleKey: { lua: SETTLE, numberOfKeys: 3 },
        releaseKey: { lua: RELEASE, numberOfKeys: 1 },
        leaveQueue: { lua: LEAVE, numberOfKeys: 2 },
        resumeLater: { lua: RESUME, numberOfKeys: 2 },
      },
    }) as Redis & Scripts
    const store = new RedisStore(redis, limits, log)
    try {
      await Promise.all([redis.connect(), store.#reader.connect()])
      await store.#checkServer()
      await store.#createGroup()
      return store
    } catch (error) {
      await store.close()
      throw error instanceof RangeError ? error : new StoreUnavailable(error)
    }
  }

  async claim(key: string, digest: string): Promise<Claimed> {
    const token = randomUUID()
    const [kind, status, text] = await this.#ask(
      this.#redis.claimKey(keyOf(key), digest, token, String(CLAIM_LEASE_MS)),
    )
    if (kind === 'claimed') return { kind, claim: { key, token } }
    if (kind === 'stored') return { kind, answer: { status: Number(status), text: text ?? '' } }
    return { kind }
  }

  async changed(_key: string, waitMs: number): Promise<void> {
    await sleep(Math.min(POLL_MS, waitMs))
  }

  settle(
    claim: Claim | null,
    { status, text }: StoredAnswer,
    work: readonly Work[],
  ): Promise<'kept' | 'full' | 'lost'> {
    const items = work.map((each) => itemOf(each, 1))
    const { ttlMs, queue } = this.#limits
    const kept = [claim?.token ?? '', status, text, ttlMs, queue]
    return this.#ask(this.#redis.settleKey(keyOf(claim?.key ?? ''), QUEUE, LATER, ...kept, ...items))
  }

  async release({ key, token }: Claim): Promise<void> {
    await this.#ask(this.#redis.releaseKey(keyOf(key), token))
  }

  async take(count: number): Promise<readonly Lease[]> {
    while (!this.#isEnding) {
      const leases = await this.#ask(this.#takeOnce(count))
      if (leases.length > 0) return leases
    }
    return []
  }

  async #takeOnce(count: number): Promise<readonly Lease[]> {
    await this.#redis.resumeLater(LATER, QUEUE, Date.now())
    if (Date.now() - this.#reclaimedAt > RECLAIM_EVERY_MS) {
      const orphans = await this.#reclaim(count)
      if (orphans.length > 0) return orphans
      this.#reclaimedAt = Date.now()
    }
    const group = ['GROUP', GROUP, this.#consumer] as const
    try {
      const answer = (await this.#reader.xreadgroup(
        ...group,
        'COUNT',
        count,
        'BLOCK',
        TAKE_BLOCK_MS,
        'STREAMS',
        QUEUE,
        '>',
      )) as [string, Entries][] | null
      return (answer ?? []).flatMap(([, entries]) => leasesOf(entries, 0))
    } catch (error) {
      // The server lost its data: an empty queue is better than none.
      if (error instanceof Error && error.message.startsWith('NOGROUP')) await this.#createGroup()
      throw error
    }
  }

  /** Work of workers that are gone. That they had it counts as an attempt, or work that kills its worker would do so forever. */
  async #reclaim(count: number): Promise<readonly Lease[]> {
    const answer = await this.#redis.xautoclaim(QUEUE, GROUP, this.#consumer, WORK_LEASE_MS, '0', 'COUNT', count)
    return leasesOf(answer[1] as Entries, 1)
  }

  async finish({ receipt }: Lease): Promise<void> {
    await this.#ask(this.#redis.leaveQueue(QUEUE, LATER, GROUP, receipt, '', ''))
  }

  async postpone({ receipt, work, attempt }: Lease, waitMs: number): Promise<void> {
    const dueAt = Date.now() + waitMs
    await this.#ask(this.#redis.leaveQueue(QUEUE, LATER, GROUP, receipt, dueAt, itemOf(work, attempt + 1)))
  }

  async bury({ receipt, work, attempt }: Lease): Promise<void> {
    await this.#ask(this.#redis.leaveQueue(QUEUE, BURIED, GROUP, receipt, '', itemOf(work, attempt)))
  }

  endQueue(): void {
    this.#isEnding = true
  }

  lostOnExit(): number {
    return 0
  }

  async ping(): Promise<void> {
    await this.#ask(this.#redis.ping())
  }

  async size(): Promise<StoreSize> {
    const [queue, later] = await this.#ask(Promise.all([this.#redis.xlen(QUEUE), this.#redis.zcard(LATER)]))
    return { keys: null, keyBytes: null, queued: queue + later }
  }

  async close(): Promise<void> {
    await this.#leaveGroup().catch(() => undefined)
    this.#redis.disconnect()
    this.#reader.disconnect()
  }

  /** A consumer that still holds work stays known, or the work would be lost with it. */
  async #leaveGroup(): Promise<void> {
    const held = await this.#redis.xpending(QUEUE, GROUP, '-', '+', 1, this.#consumer)
    if (held.length === 0) await this.#redis.xgroup('DELCONSUMER', QUEUE, GROUP, this.#consumer)
  }

  async #checkServer(): Promise<void> {
    const read = async (name: string): Promise<string | undefined> => {
      // Hosted servers forbid CONFIG: then it is for their owner to know.
      const answer = await this.#redis.config('GET', name).catch(() => [])
      return (answer as string[])[1]
    }
    const policy = await read('maxmemory-policy')
    if (policy !== undefined && policy !== 'noeviction') {
      throw new RangeError(`expected \`REDIS_URL\` to name a Redis with maxmemory-policy noeviction, got ${policy}`)
    }
    if ((await read('appendonly')) === 'no') this.#log.write('warn', 'redis.not_durable', { appendonly: 'no' })
  }

  async #createGroup(): Promise<void> {
    try {
      await this.#redis.xgroup('CREATE', QUEUE, GROUP, '0', 'MKSTREAM')
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error
    }
  }

  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      throw new StoreUnavailable(error)
    }
  }

  #unreachable(error: Error): void {
    this.#log.write('error', 'redis.unreachable', { error: (error as NodeJS.ErrnoException).code ?? error.name })
  }
}

/** Hashed: a server that others look at holds no user's name and no customer's id. */
function keyOf(key: string): string {
  return `${PREFIX}:key:${hash('sha256', key, 'base64url')}`
}

function itemOf(work: Work, attempt: number): string {
  return JSON.stringify({ attempt, work })
}

/** Entries as leases; one that was deleted meanwhile comes without fields and is left out. */
function leasesOf(entries: Entries, attemptsLost: number): Lease[] {
  return entries.flatMap(([receipt, fields]) => {
    const item = fields?.[1]
    if (item === undefined) return []
    const { work, attempt } = JSON.parse(item) as { work: Work; attempt: number }
    return [{ receipt, work, attempt: attempt + attemptsLost }]
  })
}
