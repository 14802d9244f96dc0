import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { Redis } from 'ioredis'
import { answerOnce, keyUse, findKey } from '../src/idempotency.ts'
import { busy } from '../src/answer.ts'
import type { Reply as Outcome } from '../src/answer.ts'
import { MemoryStore } from '../src/store/memory-store.ts'
import { Api, GOOD } from './test-api.ts'
import type { Reply } from './test-api.ts'
import { NO_REDIS, TestRedis } from './test-redis.ts'

const KEY = { 'idempotency-key': '0192f3c4-7a1b-7000-8000-000000000001-17' }

function suite(start: (environment?: Readonly<Record<string, string>>) => Promise<Api>): void {
  it('answers a repeat with the very same bytes, and does the work once', async () => {
    await using api = await start()
    const first = await api.send('/v1/messages', GOOD, { headers: KEY })
    const second = await api.send('/v1/messages', GOOD, { headers: KEY })
    assert.deepEqual(second.body, first.body)
    assert.equal(first.headers.get('idempotency-replayed'), null)
    assert.equal(second.headers.get('idempotency-replayed'), 'true')
    await api.stop()
    assert.equal(api.outbox().length, 1)
  })

  it('answers a repeat of a refused message with the refusal', async () => {
    await using api = await start()
    const replies: Reply[] = []
    for (let time = 0; time < 2; time += 1)
      replies.push(await api.send('/v1/messages', { ...GOOD, to: '' }, { headers: KEY }))
    assert.deepEqual(
      replies.map(({ body }) => body.errors?.[0]?.code),
      [1002, 1002],
    )
    assert.equal(replies[1]?.headers.get('idempotency-replayed'), 'true')
  })

  it('answers 1009 when a key comes with another body', async () => {
    await using api = await start()
    await api.send('/v1/messages', GOOD, { headers: KEY })
    const { status, body } = await api.send('/v1/messages', { ...GOOD, text: 'Something else' }, { headers: KEY })
    assert.equal(status, 200)
    assert.equal(body.errors?.[0]?.code, 1009)
  })

  it('runs one of fifty parallel requests, and gives its answer to all', async () => {
    await using api = await start()
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => api.send('/v1/messages', GOOD, { headers: KEY })),
    )
    assert.equal(new Set(replies.map(({ body }) => body.result?.['id'])).size, 1)
    assert.equal(replies.filter(({ headers }) => headers.get('idempotency-replayed') === null).length, 1)
    await api.stop()
    assert.equal(api.outbox().length, 1)
  })

  it('does not keep a 400, so the mended request may use the key', async () => {
    await using api = await start()
    assert.equal((await api.send('/v1/messages', { customer_id: 'c-1' }, { headers: KEY })).status, 400)
    assert.equal((await api.send('/v1/messages', GOOD, { headers: KEY })).body.success, true)
  })

  it('frees the key when the queue is full: the retry is a first time', async () => {
    await using api = await start({ QUEUE_LIMIT: '1000', PROVIDER_DELAY_MS: '40' })
    // The largest batch fills the smallest queue, and the next one needs all of it: it is full until all is done.
    const messages = Array.from({ length: 1000 }, () => GOOD)
    assert.equal((await api.send('/v1/messages/batch', { messages })).status, 200)
    const send = (): ReturnType<Api['send']> => api.send('/v1/messages/batch', { messages }, { headers: KEY })
    const full = await send()
    assert.equal(full.status, 429)
    assert.equal(full.headers.get('retry-after'), '1')
    let retry = full
    while (retry.status === 429) retry = await send()
    assert.equal(retry.body.success, true)
    assert.equal(retry.headers.get('idempotency-replayed'), null)
  })

  it('knows a key by user, method and path', async () => {
    await using api = await start({ API_USERS: 'other:secret' })
    await api.send('/v1/messages', GOOD, { headers: KEY })
    const other = `Basic ${Buffer.from('other:secret').toString('base64')}`
    const byOther = await api.send('/v1/messages', GOOD, { headers: { ...KEY, authorization: other } })
    const elsewhere = await api.send('/v1/messages/batch', { messages: [GOOD] }, { headers: KEY })
    for (const reply of [byOther, elsewhere]) {
      assert.equal(reply.body.success, true)
      assert.equal(reply.headers.get('idempotency-replayed'), null)
    }
  })
}

describe('idempotency in memory', () => {
  suite((environment) => Api.start(environment))

  it('answers 503 when there is no room for another key, and still knows the old ones', async () => {
    await using api = await Api.start({ IDEMPOTENCY_KEYS: '1' })
    await api.send('/v1/messages', GOOD, { headers: KEY })
    const refused = await api.send('/v1/messages', GOOD, { headers: { 'idempotency-key': 'another' } })
    assert.equal(refused.status, 503)
    assert.ok(Number(refused.headers.get('retry-after')) > 0)
    assert.equal((await api.send('/v1/messages', GOOD, { headers: KEY })).headers.get('idempotency-replayed'), 'true')
    assert.equal((await api.send('/v1/messages', GOOD)).body.success, true)
  })
})

describe('idempotency in Redis', { skip: NO_REDIS }, () => {
  let shared: TestRedis
  before(async () => {
    shared = await TestRedis.start()
  })
  after(() => shared[Symbol.asyncDispose]())

  suite(async (environment) => {
    const client = new Redis(shared.url)
    await client.flushall()
    await client.quit()
    return Api.start({ ...environment, REDIS_URL: shared.url })
  })

  it('is shared by instances: a repeat at another one gets the first one’s answer', async () => {
    await using redis = await TestRedis.start()
    await using first = await Api.start({ REDIS_URL: redis.url })
    await using second = await Api.start({ REDIS_URL: redis.url })
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? first : second).send('/v1/messages', GOOD, { headers: KEY }),
      ),
    )
    assert.equal(new Set(replies.map(({ body }) => body.result?.['id'])).size, 1)
    await first.stop()
    await second.stop()
    assert.equal([...first.outbox(), ...second.outbox()].length, 1)
  })

  it('answers 503 while Redis is away, and goes on when it is back', async () => {
    await using redis = await TestRedis.start()
    await using api = await Api.start({ REDIS_URL: redis.url })
    await redis.kill()
    const away = await api.send('/v1/messages', GOOD, { headers: KEY })
    assert.equal(away.status, 503)
    assert.ok(Number(away.headers.get('retry-after')) > 0)
    assert.equal((await fetch(`${api.adminUrl}/readyz`)).status, 503)
    await redis.up()
    const giveUpAt = Date.now() + 10_000
    let back = away
    while (back.status === 503 && Date.now() < giveUpAt) back = await api.send('/v1/messages', GOOD, { headers: KEY })
    assert.equal(back.body.success, true)
  })
})

describe('findKey', () => {
  const rules = { isRequired: false, field: null }

  it('takes a quoted key for the same as a bare one', () => {
    assert.deepEqual(findKey(rules, { 'idempotency-key': '"abc"' }, {}), { kind: 'key', key: 'abc' })
    assert.deepEqual(findKey(rules, { 'idempotency-key': 'abc' }, {}), { kind: 'key', key: 'abc' })
  })

  it('refuses a header that can be no key', () => {
    for (const key of ['', ' ', 'a b', 'x'.repeat(256), '""', 'ü']) {
      assert.throws(() => findKey(rules, { 'idempotency-key': key }, {}), /Idempotency-Key/)
    }
  })

  it('reads a field of the body, also nested', () => {
    const field = { isRequired: true, field: '/meta/request_id' }
    assert.deepEqual(findKey(field, {}, { meta: { request_id: 'r-1' } }), { kind: 'key', key: 'r-1' })
    assert.throws(() => findKey(field, {}, { meta: {} }), /missing/)
    for (const value of ['', null, 17, {}]) {
      assert.deepEqual(findKey(field, {}, { meta: { request_id: value } }), { kind: 'bad' })
    }
  })
})

describe('IDEMPOTENCY and IDEMPOTENCY_FIELD', () => {
  it('required: without a key the definition is wrong', async () => {
    await using api = await Api.start({ IDEMPOTENCY: 'required' })
    const { status, body } = await api.send('/v1/messages', GOOD)
    assert.deepEqual([status, body.errors?.[0]?.code], [400, 4003])
    assert.equal((await api.send('/v1/messages', GOOD, { headers: KEY })).status, 200)
    assert.equal((await api.send('/v1/customers/c-1', undefined, { method: 'GET' })).status, 200)
  })

  it('a field of the body carries the key although the schema does not name it', async () => {
    await using api = await Api.start({ IDEMPOTENCY: 'required', IDEMPOTENCY_FIELD: '/request_id' })
    const body = { ...GOOD, request_id: 'r-1' }
    assert.equal((await api.send('/v1/messages', body)).body.success, true)
    assert.equal((await api.send('/v1/messages', body)).headers.get('idempotency-replayed'), 'true')
    assert.equal((await api.send('/v1/messages', { ...GOOD, request_id: '' })).body.errors?.[0]?.code, 1008)
    assert.equal((await api.send('/v1/messages', GOOD)).status, 400)
    assert.equal((await api.send('/v1/messages', { ...body, other: 1 })).status, 200)
    assert.equal((await api.send('/v1/messages', { ...body, request_id: 'r-2', other: 1 })).status, 400)
  })
})

describe('answerOnce', () => {
  const use = keyUse('acme POST /x k', Buffer.from('{}'))
  const limits = { ttlMs: 60_000, keys: 10, queue: 10 }

  it('frees the key when the work throws: the next one runs', async () => {
    const store = new MemoryStore(limits)
    await assert.rejects(
      answerOnce(store, use, () => Promise.reject(busy(503, 'no'))),
      /no/,
    )
    const answer = await answerOnce(store, use, () => ({ success: true, fields: {} }))
    assert.equal(answer.headers, undefined)
  })

  it('lets a waiting duplicate run when the first one failed', async () => {
    const store = new MemoryStore(limits)
    let runs = 0
    const run = async (): Promise<Outcome> => {
      runs += 1
      await new Promise((resolve) => setTimeout(resolve, 20))
      if (runs === 1) throw busy(503, 'no')
      return { success: true, fields: { runs } }
    }
    const [first, second] = await Promise.allSettled([answerOnce(store, use, run), answerOnce(store, use, run)])
    assert.deepEqual([first?.status, second?.status, runs], ['rejected', 'fulfilled', 2])
  })

  it('answers 409 with Retry-After after 5 s of waiting, and never runs twice', async () => {
    const store = new MemoryStore(limits)
    const end = new EventEmitter()
    const first = answerOnce(store, use, async () => {
      await once(end, 'now')
      return { success: true, fields: {} }
    })
    const startedAt = performance.now()
    const second = answerOnce(store, use, () => assert.fail('ran twice'))
    await assert.rejects(second, (error: { answer: { status: number; headers: Record<string, string> } }) => {
      assert.equal(error.answer.status, 409)
      assert.equal(error.answer.headers['Retry-After'], '5')
      return true
    })
    const waitedMs = performance.now() - startedAt
    assert.ok(waitedMs > 4_900 && waitedMs < 6_000, `about 5 s, got ${waitedMs}`)
    end.emit('now')
    assert.equal((await first).status, 200)
  })
})
