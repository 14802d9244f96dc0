import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultSource, parseFaults } from '../src/faults.ts'
import { Api, GOOD } from './test-api.ts'

const KEY = { 'idempotency-key': 'k-1' }

describe('parseFaults', () => {
  it('reads a list', () => {
    assert.deepEqual(
      parseFaults('status:500:0.02, status:429:0.01:5,delay:2000:0.001,reset:0.01,drip:0.001,attempts:2'),
      {
        faults: [
          { kind: 'status', status: 500, share: 0.02, retryAfter: null },
          { kind: 'status', status: 429, share: 0.01, retryAfter: 5 },
          { kind: 'delay', delayMs: 2000, share: 0.001 },
          { kind: 'reset', share: 0.01 },
          { kind: 'drip', share: 0.001 },
        ],
        attempts: 2,
      },
    )
  })

  it('knows the demo, which needs no more than one retry', () => {
    assert.equal(parseFaults('demo').attempts, 1)
  })

  for (const text of [
    'oops',
    'status:200:0.1',
    'status:500',
    'status:500:2',
    'delay:0.1',
    'reset:0',
    'drip:1e-3',
    'attempts:-1',
    'status:500:0.1,',
  ]) {
    it(`refuses ${text}`, () => {
      assert.throws(() => parseFaults(text), /expected `FAULTS` to be/)
    })
  }

  it('refuses shares of more than the whole', () => {
    assert.throws(() => parseFaults('reset:0.6,drip:0.6'), /add up to 1/)
  })
})

describe('FaultSource', () => {
  it('picks the same customers each time, in about the shares asked for', () => {
    const plan = parseFaults('status:500:0.1,reset:0.05')
    const pick = (): (string | undefined)[] => {
      const faults = new FaultSource(plan)
      return Array.from({ length: 10_000 }, (_, index) => faults.next(`c-${index}`, 'k')?.kind)
    }
    const picked = pick()
    assert.deepEqual(pick(), picked)
    const count = (kind: string): number => picked.filter((each) => each === kind).length
    assert.ok(Math.abs(count('status') - 1000) < 100, String(count('status')))
    assert.ok(Math.abs(count('reset') - 500) < 80, String(count('reset')))
  })

  it('spares a request after its attempts, and begins anew with another key', () => {
    const faults = new FaultSource(parseFaults('status:500:1,attempts:2'))
    assert.deepEqual(
      [1, 2, 3].map(() => faults.next('c', 'k')?.kind),
      ['status', 'status', undefined],
    )
    assert.equal(faults.next('c', 'k2')?.kind, 'status')
  })
})

describe('FAULTS over HTTP', () => {
  it('status: the first attempt meets it, nothing is done, the retry is served', async () => {
    await using api = await Api.start({ FAULTS: 'status:429:1:3' })
    const first = await api.send('/v1/messages', GOOD, { headers: KEY })
    assert.deepEqual([first.status, first.headers.get('retry-after')], [429, '3'])
    const second = await api.send('/v1/messages', GOOD, { headers: KEY })
    assert.deepEqual([second.status, second.headers.get('idempotency-replayed')], [200, null])
  })

  it('delay: the answer is late and right', async () => {
    await using api = await Api.start({ FAULTS: 'delay:300:1' })
    const startedAt = performance.now()
    assert.equal((await api.send('/v1/messages', GOOD, { headers: KEY })).body.success, true)
    assert.ok(performance.now() - startedAt >= 295)
  })

  it('reset: the work was done, the retry gets the answer that was lost', async () => {
    await using api = await Api.start({ FAULTS: 'reset:1' })
    await assert.rejects(api.send('/v1/messages', GOOD, { headers: KEY }))
    const retry = await api.send('/v1/messages', GOOD, { headers: KEY })
    assert.equal(retry.headers.get('idempotency-replayed'), 'true')
    await api.stop()
    assert.equal(api.outbox().length, 1)
  })

  it('drip: the answer comes a byte at a time, the retry gets it at once', async () => {
    await using api = await Api.start({ FAULTS: 'drip:1' })
    const response = await fetch(`${api.url}/v1/messages`, {
      method: 'POST',
      headers: { ...KEY, 'content-type': 'application/json', authorization: api.authorization },
      body: JSON.stringify(GOOD),
    })
    const reader = response.body?.getReader()
    assert.equal((await reader?.read())?.value?.length, 1)
    await reader?.cancel()
    assert.equal((await api.send('/v1/messages', GOOD, { headers: KEY })).headers.get('idempotency-replayed'), 'true')
  })
})
