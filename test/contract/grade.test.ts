import { array, assert as holds, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Reply } from '../../src/contract/caller.ts'
import { createEndpoint, secretsOf } from '../../src/contract/endpoint.ts'
import type { Finding } from '../../src/contract/finding.ts'
import { gradeSuccessBody, gradeValidCall } from '../../src/contract/grade-answer.ts'
import { gradeFailureBody } from '../../src/contract/grade-failure.ts'
import { gradeConnections, gradeLatency } from '../../src/contract/grade-load.ts'
import { gradeDuplicateKey, gradeLargeBody } from '../../src/contract/grade-request.ts'
import type { Load } from '../../src/contract/load.ts'
import { parsePayload, referencePayload, type Payload } from '../../src/contract/payload.ts'
import { createPrinter } from '../../src/contract/printer.ts'
import { USER } from './fixture.ts'

interface Changes {
  readonly status?: number
  readonly type?: string
  readonly body?: unknown
  readonly latencyMs?: number
  readonly isFresh?: boolean
  readonly error?: 'timeout' | 'connect' | 'reset' | 'local'
  readonly headers?: Readonly<Record<string, string>>
}

function reply({ status = 200, type = 'application/json', body = { success: true }, ...changes }: Changes = {}): Reply {
  const { latencyMs = 5, isFresh = false, error, headers = {} } = changes
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return {
    answer:
      error === undefined
        ? { kind: 'answered', httpStatus: status, contentType: type, retryAfter: null, body: text, isTruncated: false }
        : { kind: 'failed', code: error, message: 'Why', mayHaveArrived: true },
    headers,
    latencyMs,
    wasReusedConnection: !isFresh,
    endedAt: 0,
  }
}

const endpointWith = (payload: Payload) =>
  createEndpoint({ url: 'https://a.example/', headers: [], credentials: USER, payload, ca: null, networkAllow: [] })

const load = (replies: readonly Reply[], isCut = false): Load => ({ inFlight: 50, replies, isCut })
const times = (count: number, changes: Changes = {}): Reply[] => Array.from({ length: count }, () => reply(changes))

describe('latency', () => {
  test.for<[string, Load, Finding['status']]>([
    ['all are quick', load(times(100)), 'pass'],
    ['half are slow', load([...times(50), ...times(50, { latencyMs: 1000 })]), 'fail'],
    ['6 % are slow', load([...times(94), ...times(6, { latencyMs: 1000 })]), 'fail'],
    ['2 % are slow', load([...times(98), ...times(2, { latencyMs: 1000 })]), 'warn'],
    ['one is slow', load([...times(99), ...times(1, { latencyMs: 1000 })]), 'pass'],
    ['all are just in time', load(times(100, { latencyMs: 999.9 })), 'pass'],
    ['connections alone are slow', load([...times(50, { latencyMs: 3000, isFresh: true }), ...times(50)]), 'pass'],
    ['no connection is kept', load(times(100, { latencyMs: 3000, isFresh: true })), 'fail'],
    ['one has no answer in time', load([...times(99), ...times(1, { error: 'timeout' })]), 'fail'],
    ['one would stop a campaign', load([...times(99), ...times(1, { status: 403 })]), 'fail'],
    ['one is redirected', load([...times(99), ...times(1, { status: 307 })]), 'fail'],
    ['one is put off', load([...times(99), ...times(1, { status: 503 })]), 'warn'],
    ['all are put off', load(times(100, { status: 429 })), 'warn'],
    ['one connection is lost', load([...times(99), ...times(1, { error: 'reset' })]), 'pass'],
    ['most connections are lost', load([...times(40), ...times(60, { error: 'connect' })]), 'cannot_tell'],
    ['this machine is at its end', load([...times(99), ...times(1, { error: 'local' })]), 'cannot_tell'],
    ['time was over', load(times(20), true), 'warn'],
  ])('%s', ([, seen, status]) => {
    expect(gradeLatency(seen).status).toBe(status)
  })

  test('never gets better by a slower answer', () => {
    const worse = ['pass', 'warn', 'fail']
    holds(
      property(array(integer({ min: 0, max: 2000 }), { minLength: 1 }), integer({ min: 0, max: 1500 }), (all, more) => {
        const gradeOf = (latencies: readonly number[]): number =>
          worse.indexOf(gradeLatency(load(latencies.map((latencyMs) => reply({ latencyMs })))).status)
        expect(gradeOf(all.map((latencyMs) => latencyMs + more))).toBeGreaterThanOrEqual(gradeOf(all))
      }),
    )
  })

  test('can be told of whatever came', () => {
    const changes = record({
      status: constantFrom(200, 201, 302, 400, 401, 404, 409, 429, 500, 599),
      latencyMs: integer({ min: 0, max: 20_000 }),
    })
    const errors = constantFrom<Changes>({ error: 'timeout' }, { error: 'connect' }, { error: 'reset' }, {})
    holds(
      property(array(changes, { minLength: 1 }), array(errors), (answers, failures) => {
        const seen = load([...answers, ...failures].map(reply))
        for (const { message, status, fix } of [gradeLatency(seen), gradeConnections(seen)]) {
          expect(message).not.toMatch(/NaN|undefined|null/)
          expect(fix === null).toBe(status === 'pass' || (status === 'cannot_tell' && fix === null))
        }
      }),
    )
  })
})

describe('connections', () => {
  test.for<[string, Load, Finding['status']]>([
    ['all are answered', load(times(200)), 'pass'],
    ['some are put off, and so were taken', load([...times(100), ...times(100, { status: 503 })]), 'pass'],
    ['one is refused', load([...times(199), ...times(1, { error: 'connect' })]), 'fail'],
    ['one is never answered', load([...times(199), ...times(1, { error: 'timeout' })]), 'fail'],
    ['this machine is at its end', load([...times(199), ...times(1, { error: 'local' })]), 'cannot_tell'],
  ])('%s', ([, seen, status]) => {
    expect(gradeConnections(seen).status).toBe(status)
  })
})

describe('the body of a success', () => {
  const item = (customer_id: string) => ({ customer_id, success: true, result: {} })
  test.for<[string, unknown, Finding['status']]>([
    ['two items', { success: true, results: [item('a'), item('b')] }, 'pass'],
    ['an item that failed', { success: true, results: [item('a'), { customer_id: 'b', success: false }] }, 'pass'],
    ['no items', { success: true }, 'warn'],
    ['one item too few', { success: true, results: [item('a')] }, 'fail'],
    ['items without a name', { success: true, results: [{ success: true }, { success: true }] }, 'warn'],
    ['items without success', { success: true, results: [item('a'), { customer_id: 'b' }] }, 'fail'],
    ['items that are none', { success: true, results: ['a', 'b'] }, 'fail'],
  ])('of a batch has %s', ([, body, status]) => {
    const endpoint = endpointWith(referencePayload({ isBatch: true }))
    expect(gradeSuccessBody({ valid: reply({ body }) }, endpoint).status).toBe(status)
  })

  test('may have any number of items where nobody knows how many were sent', () => {
    const endpoint = endpointWith(parsePayload('{"csv": "a;b"}', { isBatch: true }))
    const valid = reply({ body: { success: true, results: [item('a')] } })
    expect(gradeSuccessBody({ valid }, endpoint).status).toBe('pass')
  })
})

describe('a valid call', () => {
  test.for<[string, Changes, Finding['status']]>([
    ['JSON of a type of its own', { type: 'application/vnd.acme.v1+json' }, 'pass'],
    ['JSON of no type', { type: '' }, 'warn'],
    ['text', { type: 'text/plain', body: 'ok' }, 'warn'],
    ['nothing', { status: 204, type: '', body: '' }, 'warn'],
    ['a page', { type: 'text/html', body: '<html>' }, 'fail'],
    ['a refusal', { body: { success: false, errors: [] } }, 'fail'],
    ['an error', { status: 500 }, 'fail'],
    ['a redirect', { status: 301 }, 'cannot_tell'],
  ])('that brings %s', ([, changes, status]) => {
    const endpoint = endpointWith(referencePayload({ isBatch: false }))
    expect(gradeValidCall({ valid: reply(changes) }, endpoint).status).toBe(status)
  })
})

describe('a wrong value', () => {
  const TOLD = { success: false, errors: [{ code: 1, description: 'no' }] }
  const own = parsePayload('{"to": "+4", "shop": "acme"}', { isBatch: false })
  const gradeOf = (payload: Payload, replies: readonly Changes[]): Finding =>
    gradeFailureBody(
      { spoiled: payload.spoiled.map((body, at) => ({ body, reply: reply(replies[at]) })) },
      endpointWith(payload),
    )

  test.for<[string, readonly Changes[], Finding['status']]>([
    ['told of all', [{ body: TOLD }, { body: TOLD }], 'pass'],
    ['told of one, the other taken', [{ body: TOLD }, {}], 'pass'],
    [
      'told of one, a stop by the other: it may be the same for every customer',
      [{ body: TOLD }, { status: 400 }],
      'warn',
    ],
    ['a stop by all', [{ status: 400 }, { status: 422 }], 'fail'],
    ['a stop by one, the other taken', [{ status: 400 }, {}], 'fail'],
    ['a 429', [{ status: 429 }, { status: 429 }], 'cannot_tell'],
    ['a code that is a text', [{ body: { success: false, errors: [{ code: 'E1', description: 'no' }] } }, {}], 'pass'],
    ['no description', [{ body: { success: false, errors: [{ code: 1 }] } }, {}], 'warn'],
  ])('of a body that somebody else wrote: %s', ([, replies, status]) => {
    expect(gradeOf(own, replies).status).toBe(status)
  })

  test('in a body of which all is known stops nobody, whatever else is told', () => {
    expect(gradeOf(referencePayload({ isBatch: false }), [{ body: TOLD }, { status: 400 }]).status).toBe('fail')
  })

  test.for<[string, unknown, Finding['status']]>([
    ['an item of its own', { success: true, results: [{ customer_id: 'a', ...TOLD }, { success: true }] }, 'pass'],
    ['an item without a reason', { success: true, results: [{ customer_id: 'a', success: false }] }, 'warn'],
    ['a refusal of all', TOLD, 'warn'],
    ['nothing', { success: true }, 'cannot_tell'],
  ])('in a batch is told by %s', ([, body, status]) => {
    const payload = referencePayload({ isBatch: true })
    expect(gradeOf(payload, [{ body }, { body }]).status).toBe(status)
  })

  test('cannot be made where there is no value', () => {
    expect(gradeOf(parsePayload('{"a": [null]}', { isBatch: false }), []).status).toBe('cannot_tell')
  })
})

describe('a key that comes again', () => {
  const first = reply({ body: { success: true, result: { id: 1 } } })
  test.for<[string, Reply, Finding['status']]>([
    ['gets the same answer', first, 'pass'],
    ['gets another answer', reply({ body: { success: true, result: { id: 2 } } }), 'cannot_tell'],
    ['gets another answer, and is known', reply({ headers: { 'idempotency-replayed': 'True' } }), 'pass'],
    ['is refused as known', reply({ status: 409 }), 'pass'],
    ['is refused as wrong', reply({ status: 422 }), 'fail'],
    ['breaks it', reply({ status: 500 }), 'cannot_tell'],
    ['gets no answer', reply({ error: 'reset' }), 'cannot_tell'],
  ])('%s', ([, second, status]) => {
    expect(gradeDuplicateKey({ valid: reply(), duplicate: [first, second] }).status).toBe(status)
  })

  test('is no proof where every key gets the same, and that is said', () => {
    const { message, status } = gradeDuplicateKey({ valid: first, duplicate: [first, first] })
    expect([status, message]).toEqual(['pass', 'A key that comes again gets the same answer, as every key does'])
  })

  test('tells nothing where the first of two was not taken', () => {
    const busy = reply({ status: 503 })
    expect(gradeDuplicateKey({ valid: first, duplicate: [busy, first] }).status).toBe('cannot_tell')
  })
})

test.for<[string, Changes, Finding['status']]>([
  ['is taken', {}, 'pass'],
  ['is too large', { status: 413 }, 'fail'],
  ['is too large, as a refusal of one customer', { body: { success: false } }, 'fail'],
  ['breaks the connection', { error: 'reset' }, 'fail'],
  ['takes too long on its way', { error: 'timeout' }, 'cannot_tell'],
  ['comes too soon', { status: 429 }, 'cannot_tell'],
])('a body of 2 MiB %s', ([, changes, status]) => {
  expect(gradeLargeBody({ large: reply(changes) }).status).toBe(status)
})

test('a secret that is a part of another hides neither', () => {
  const headers = [
    ['X-A', 'tZT'],
    ['X-B', 'open-tZT-sesame'],
  ] as const
  const print = createPrinter(secretsOf({ kind: 'headers', headers }))
  expect(print({ seen: ['<open-tZT-sesame>', 'tZT'], count: 3, none: null })).toEqual({
    seen: ['<***>', '***'],
    count: 3,
    none: null,
  })
})
