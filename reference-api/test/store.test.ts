import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { createLog } from '../src/log.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import { RedisStore } from '../src/store/redis-store.ts'
import type { Claim, Claimed, Store, StoreLimits, Work } from '../src/store/store.ts'
import { NO_REDIS, TestRedis } from './test-redis.ts'

const LIMITS: StoreLimits = { ttlMs: 60_000, keys: 100, queue: 5 }
const ANSWER = { status: 200, text: '{"success":true}' }

function workOf(count: number): readonly Work[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'message', id: `m-${index}`, payload: { index } }))
}

function claimOf(claimed: Claimed): Claim {
  assert.equal(claimed.kind, 'claimed')
  return (claimed as { claim: Claim }).claim
}

/** The one suite that every store passes. */
function suite(open: (limits?: Partial<StoreLimits>) => Promise<Store>): void {
  it('gives a key to one of a hundred who ask at once', async () => {
    const store = await open()
    const claims = await Promise.all(Array.from({ length: 100 }, async () => store.claim('k', 'd')))
    assert.equal(claims.filter(({ kind }) => kind === 'claimed').length, 1)
    assert.equal(claims.filter(({ kind }) => kind === 'running').length, 99)
    await store.close()
  })

  it('gives the kept answer to whoever comes later with the same body', async () => {
    const store = await open()
    const text = '{"name":"Žofie \u2028 🎂"}'
    assert.equal(await store.settle(claimOf(await store.claim('k', 'd')), { status: 200, text }, []), 'kept')
    assert.deepEqual(await store.claim('k', 'd'), { kind: 'stored', answer: { status: 200, text } })
    assert.deepEqual(await store.claim('k', 'other'), { kind: 'reused' })
    await store.close()
  })

  it('tells a running request with another body at once', async () => {
    const store = await open()
    await store.claim('k', 'd')
    assert.deepEqual(await store.claim('k', 'other'), { kind: 'reused' })
    await store.close()
  })

  it('gives a released key to the next one, whatever its body', async () => {
    const store = await open()
    await store.release(claimOf(await store.claim('k', 'd')))
    claimOf(await store.claim('k', 'other'))
    await store.close()
  })

  it('keeps neither the answer nor any of the work when the queue has no room for all of it', async () => {
    const store = await open()
    await store.settle(null, ANSWER, workOf(3))
    const claim = claimOf(await store.claim('k', 'd'))
    assert.equal(await store.settle(claim, ANSWER, workOf(3)), 'full')
    assert.equal((await store.size()).queued, 3)
    await store.release(claim)
    assert.equal(await store.settle(claimOf(await store.claim('k', 'd')), ANSWER, workOf(2)), 'kept')
    assert.equal((await store.size()).queued, 5)
    await store.close()
  })

  it('gives work out in order, once, and counts it until it is finished', async () => {
    const store = await open()
    await store.settle(null, ANSWER, workOf(3))
    const first = await store.take(2)
    const second = await store.take(2)
    assert.deepEqual(
      [...first, ...second].map(({ work, attempt }) => [work.id, attempt]),
      [
        ['m-0', 1],
        ['m-1', 1],
        ['m-2', 1],
      ],
    )
    assert.deepEqual(first[0]?.work, workOf(1)[0])
    assert.equal((await store.size()).queued, 3)
    for (const lease of [...first, ...second]) await store.finish(lease)
    assert.equal((await store.size()).queued, 0)
    store.endQueue()
    assert.deepEqual(await store.take(1), [])
    await store.close()
  })

  it('waits for work', async () => {
    const store = await open()
    const taken = store.take(1)
    await store.settle(null, ANSWER, workOf(1))
    assert.equal((await taken)[0]?.work.id, 'm-0')
    await store.close()
  })

  it('brings postponed work back with its next attempt, and counts it meanwhile', async () => {
    const store = await open()
    await store.settle(null, ANSWER, workOf(1))
    const [lease] = await store.take(1)
    assert.ok(lease)
    await store.postpone(lease, 30)
    assert.equal((await store.size()).queued, 1)
    const [again] = await store.take(1)
    assert.deepEqual([again?.work.id, again?.attempt], ['m-0', 2])
    await store.close()
  })

  it('forgets a key after its time', async () => {
    const store = await open({ ttlMs: 1_000 })
    await store.settle(claimOf(await store.claim('k', 'd')), ANSWER, [])
    const giveUpAt = Date.now() + 4_000
    let { kind } = await store.claim('k', 'd')
    while (kind === 'stored' && Date.now() < giveUpAt) {
      await store.changed('another', 50)
      ;({ kind } = await store.claim('k', 'd'))
    }
    assert.equal(kind, 'claimed')
    await store.close()
  })
}

describe('MemoryStore', () => {
  suite((limits) => Promise.resolve(new MemoryStore({ ...LIMITS, ...limits })))

  it('holds no more keys than it may, and throws out none that lives', async () => {
    let now = 0
    const store: Store = new MemoryStore({ ttlMs: 10_000, keys: 3, queue: 5 }, () => now)
    for (const key of ['a', 'b', 'c']) await store.settle(claimOf(await store.claim(key, 'd')), ANSWER, [])
    assert.deepEqual(await store.claim('d', 'd'), { kind: 'full' })
    assert.equal((await store.claim('a', 'd')).kind, 'stored')
    now = 11_000
    claimOf(await store.claim('d', 'd'))
    assert.equal((await store.size()).keys, 1)
  })

  it('wakes who waits for a key as soon as it is settled', async () => {
    const store: Store = new MemoryStore(LIMITS)
    const claim = claimOf(await store.claim('k', 'd'))
    const startedAt = performance.now()
    const waiting = store.changed('k', 5_000)
    await store.settle(claim, ANSWER, [])
    await waiting
    assert.ok(performance.now() - startedAt < 1_000)
  })

  it('expires many keys in time, in whatever order they were settled', async () => {
    let now = 0
    const store: Store = new MemoryStore({ ttlMs: 5_000, keys: 10_000, queue: 5 }, () => now)
    const open: Claim[] = []
    for (let index = 0; index < 5_000; index += 1) {
      now += 2
      open.push(claimOf(await store.claim(`k${index}`, 'd')))
      const claim = open.splice(Math.floor(open.length / 2), 1)[0]
      if (index % 3 !== 0 && claim) await store.settle(claim, ANSWER, [])
      else if (claim) await store.release(claim)
      if (open.length > 50) await store.release(open.shift() as Claim)
    }
    for (const claim of open) await store.release(claim)
    now += 7_000
    assert.equal((await store.size()).keys, 0)
  })

  it('expires keys behind one that was released, and spares the same key claimed anew', async () => {
    let now = 0
    const store: Store = new MemoryStore({ ttlMs: 5_000, keys: 10_000, queue: 5 }, () => now)
    const claim = async (index: number): Promise<Claim> => claimOf(await store.claim(`k${index}`, 'd'))
    const first: Claim[] = []
    for (let index = 0; index < 1_000; index += 1) first.push(await claim(index))
    for (const each of first) await store.release(each)
    for (let index = 0; index < 1_000; index += 1) await store.settle(await claim(index), ANSWER, [])
    now += 1_000
    for (let index = 0; index < 1_000; index += 1) assert.equal((await store.claim(`k${index}`, 'd')).kind, 'stored')
    assert.equal((await store.size()).keys, 1_000)
    now += 7_000
    assert.equal((await store.size()).keys, 0)
  })

  it('gives out all that is queued or postponed before its queue ends', async () => {
    const store: Store = new MemoryStore(LIMITS)
    await store.settle(null, ANSWER, workOf(2))
    const [lease] = await store.take(1)
    assert.ok(lease)
    await store.postpone(lease, 600_000)
    store.endQueue()
    const rest = await store.take(10)
    assert.deepEqual(
      rest.map(({ work }) => work.id),
      ['m-1', 'm-0'],
    )
    assert.equal(store.lostOnExit(), 2)
    for (const each of rest) await store.finish(each)
    assert.equal(store.lostOnExit(), 0)
  })
})

describe('RedisStore', { skip: NO_REDIS }, () => {
  let redis: TestRedis
  const log = createLog('off')
  before(async () => {
    redis = await TestRedis.start()
  })
  after(() => redis[Symbol.asyncDispose]())

  const open = (limits: Partial<StoreLimits> = {}): Promise<RedisStore> =>
    RedisStore.connect(redis.url, { ...LIMITS, ...limits }, log)
  const openEmpty = async (limits?: Partial<StoreLimits>): Promise<RedisStore> => {
    const client = new Redis(redis.url)
    await client.flushall()
    await client.quit()
    return open(limits)
  }
  suite(openEmpty)

  it('gives a key to one of many instances', async () => {
    const first = await openEmpty()
    const stores = [first, await open(), await open()]
    const claims = await Promise.all(
      Array.from({ length: 10 }, () => stores.map((store) => store.claim('k', 'd'))).flat(),
    )
    assert.equal(claims.filter((claimed) => claimed.kind === 'claimed').length, 1)
    for (const store of stores) await store.close()
  })

  it('keeps nothing for a claim that went to somebody else', async () => {
    const store = await openEmpty()
    const claim = claimOf(await store.claim('k', 'd'))
    const late = { ...claim, token: randomUUID() }
    assert.equal(await store.settle(late, ANSWER, workOf(1)), 'lost')
    assert.equal((await store.size()).queued, 0)
    await store.release(late)
    assert.equal((await store.claim('k', 'd')).kind, 'running')
    await store.close()
  })

  it('keeps answers and work when the instance and the server are killed', async () => {
    const store = await openEmpty()
    await store.settle(claimOf(await store.claim('k', 'd')), ANSWER, workOf(2))
    await redis.kill()
    await assert.rejects(store.ping(), /Could not reach the store/)
    await assert.rejects(store.claim('x', 'd'), /Could not reach the store/)
    await redis.up()
    await store.close()
    const next = await open()
    assert.deepEqual(await next.claim('k', 'd'), { kind: 'stored', answer: ANSWER })
    assert.deepEqual(
      (await next.take(5)).map(({ work }) => work.id),
      ['m-0', 'm-1'],
    )
    await next.close()
  })

  it('gives the work of a worker that is gone to another, as its next attempt', async () => {
    const gone = await openEmpty()
    await gone.settle(null, ANSWER, workOf(1))
    const [lease] = await gone.take(1)
    assert.ok(lease)
    const client = new Redis(redis.url)
    const [entry] = (await client.xpending('reference-api:queue', 'workers', '-', '+', 1)) as [string, string][]
    // As if two minutes had passed.
    await client.xclaim('reference-api:queue', 'workers', entry?.[1] ?? '', 0, lease.receipt, 'IDLE', 121_000, 'JUSTID')
    await client.quit()
    const store = await open()
    const [again] = await store.take(1)
    assert.deepEqual([again?.work.id, again?.attempt], ['m-0', 2])
    await gone.close()
    await store.close()
  })

  it('refuses a server that may throw keys out, and one that is not there', async () => {
    const evicting = await TestRedis.start(['--maxmemory-policy', 'allkeys-lru'])
    await assert.rejects(RedisStore.connect(evicting.url, LIMITS, log), /maxmemory-policy noeviction, got allkeys-lru/)
    await evicting[Symbol.asyncDispose]()
    await assert.rejects(RedisStore.connect(evicting.url, LIMITS, log), /Could not reach the store/)
  })
})
