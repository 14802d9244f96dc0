import { describe, expect } from 'vitest'
import { test } from '../support/story.ts'
import type { Reply } from '../support/receiver.ts'

/** What becomes of a customer whose request is answered so. */
interface Row {
  readonly what: string
  readonly reply: Reply
  readonly status: 'sent' | 'failed'
  readonly reason: string | null
  readonly attempts: number
  readonly stops?: 'chunk' | 'webhook'
}

const refused = { success: false, errors: [{ code: 1004, description: 'too long' }] }
const json = { 'content-type': 'application/json' }

const ROWS: readonly Row[] = [
  { what: '200 with success', reply: { body: { success: true } }, status: 'sent', reason: null, attempts: 1 },
  { what: '204 without a body', reply: { status: 204, body: '' }, status: 'sent', reason: null, attempts: 1 },
  {
    what: '200 with text',
    reply: { body: 'fine', headers: { 'content-type': 'text/plain' } },
    status: 'sent',
    reason: null,
    attempts: 1,
  },
  {
    what: '200 with broken JSON',
    reply: { body: '{"success":fal', headers: json },
    status: 'sent',
    reason: null,
    attempts: 1,
  },
  {
    what: '200 with more than 64 KiB',
    reply: { body: `{"success":true,"x":"${'x'.repeat(100_000)}"}`, headers: json },
    status: 'sent',
    reason: null,
    attempts: 1,
  },
  { what: '200 with success false', reply: { body: refused }, status: 'failed', reason: 'refused', attempts: 1 },
  ...[401, 402, 403, 405, 406, 408, 409, 411, 415, 422, 425, 431, 451, 499].map((status): Row => ({
    what: `${status}`,
    reply: { status, isLast: true },
    status: 'failed',
    reason: 'client_error',
    attempts: 1,
    stops: 'chunk',
  })),
  ...[300, 301, 302, 303, 304, 307, 308].map((status): Row => ({
    what: `${status}`,
    reply: { status, headers: { location: '/elsewhere' } },
    status: 'failed',
    reason: 'redirect',
    attempts: 1,
    stops: 'chunk',
  })),
  ...[429, 500, 501, 502, 503, 504, 520, 599].map((status): Row => ({
    what: `${status} every time`,
    reply: { status },
    status: 'failed',
    reason: 'exhausted',
    attempts: 4,
  })),
  { what: 'a reset every time', reply: { misbehave: 'reset' }, status: 'failed', reason: 'reset', attempts: 4 },
  {
    what: 'garbage every time',
    reply: { misbehave: 'garbage' },
    status: 'failed',
    reason: 'invalid_response',
    attempts: 4,
  },
  {
    what: 'no answer within the timeout',
    reply: { misbehave: 'hang' },
    status: 'failed',
    reason: 'timeout',
    attempts: 4,
  },
]

describe('an answer', () => {
  test('means for its customer what the table says, each in a chunk of two', { timeout: 60_000 }, async ({ tell }) => {
    const story = await tell({
      customers: ROWS.length * 2,
      top: 'chunk_size: 2',
      webhook: 'concurrency: 1\ntimeout: 300ms\nabort: { chunks: never, exhausted: never, connection: never }',
      answer: ({ customer }) => {
        const seq = Number(customer?.slice(2))
        return seq % 2 === 0 ? ROWS[seq / 2]!.reply : {}
      },
    })
    expect(await story.start()).toMatchObject({ state: 'aborted' })
    const byId = new Map(story.results.map((row) => [row.customer_id, row]))
    const became = ROWS.map(({ what, stops }, i) => {
      const { status, reason, attempts } = byId.get(`c-${i * 2}`) ?? {}
      // With one call at a time not one request comes after the answer that stops its chunk.
      const next = story.requestsOf(`c-${i * 2 + 1}`).length
      return { what, status, reason, attempts, next: stops === 'chunk' ? next : 1 }
    })
    const expected = ROWS.map(({ what, status, reason, attempts, stops }) => ({
      what,
      status,
      reason,
      attempts,
      next: stops === 'chunk' ? 0 : 1,
    }))
    expect(became).toEqual(expected)
    const { numbers } = story
    expect(numbers.attempts).toBe(Object.values(numbers.codes).reduce((sum, count) => sum + count, 0))
    // The instant second try is the same attempt.
    expect(numbers.attempts + numbers.instantRetries).toBe(story.receiver.count)
  })

  test.for([400, 404, 410, 412, 413, 418])(
    'of %i stops every chunk with not one request more',
    async (status, { tell }) => {
      const story = await tell({
        customers: 6,
        top: 'chunk_size: 2',
        webhook: 'concurrency: 1',
        answer: ({ customer }) => ({ status: customer === 'c-2' ? status : 200 }),
      })
      expect(await story.start()).toMatchObject({ state: 'aborted' })
      expect(story.results.at(-1)).toMatchObject({ customer_id: 'c-2', status: 'failed', reason: 'hard_stop' })
      expect(story.receiver.count).toBe(3)
    },
  )

  test('keeps the words of a refusal', async ({ tell }) => {
    const story = await tell({ customers: 1, answer: () => ({ body: refused }) })
    await story.start()
    expect(story.results[0]).toMatchObject({ error_code: '1004', message: 'too long' })
  })

  test('has the meaning that the campaign gives its status', async ({ tell }) => {
    const story = await tell({
      customers: 4,
      webhook: 'concurrency: 1\nanswers: { 404: failed, 418: retry, 201: chunk, 500: sent }',
      answer: ({ customer, attempt }) => {
        if (customer === 'c-0') return { status: 404 }
        if (customer === 'c-1') return { status: attempt === 1 ? 418 : 200 }
        return customer === 'c-2' ? { status: 500 } : {}
      },
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.results.map(({ status }) => status)).toEqual(['failed', 'sent', 'sent', 'sent'])
    expect(story.numbers.answersOverridden).toEqual({ 404: 1, 418: 1, 500: 1 })
  })

  test('that takes longer than the timeout is tried again under the same key', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      webhook: 'timeout: 300ms',
      answer: ({ attempt }) => (attempt === 1 ? { misbehave: 'hang' } : {}),
    })
    expect(await story.start()).toMatchObject({ state: 'finished' })
    expect(story.numbers.codes).toEqual({ timeout: 1, 200: 1 })
    const [first, second] = story.requestsOf('c-0')
    expect(second?.key).toBe(first?.key)
    expect(second?.body).toBe(first?.body)
  })
})

describe('409', () => {
  test('to a first send is a client error', async ({ tell }) => {
    const story = await tell({ customers: 1, answer: () => ({ status: 409 }) })
    await story.start()
    expect(story.results[0]).toMatchObject({ status: 'failed', reason: 'client_error' })
  })

  test('after a send of unknown end means that it was accepted', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      webhook: 'timeout: 300ms',
      answer: ({ attempt }) => (attempt === 1 ? { misbehave: 'hang' } : { status: 409 }),
    })
    await story.start()
    expect(story.results[0]).toMatchObject({ status: 'sent', message: 'already accepted', attempts: 2 })
    expect(story.numbers.alreadyAccepted).toBe(1)
  })

  test('with Retry-After after a send of unknown end is still in progress', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      webhook: 'timeout: 300ms',
      answer: ({ attempt }) => {
        if (attempt === 1) return { misbehave: 'hang' }
        return attempt === 2 ? { status: 409, headers: { 'retry-after': '1' } } : {}
      },
    })
    await story.start()
    expect(story.results[0]).toMatchObject({ status: 'sent', attempts: 3 })
  })

  test('after answered sends is a conflict', async ({ tell }) => {
    const story = await tell({
      customers: 1,
      answer: ({ attempt }) => ({ status: attempt === 1 ? 503 : 409 }),
    })
    await story.start()
    expect(story.results[0]).toMatchObject({ status: 'failed', reason: 'conflict', attempts: 2 })
  })
})
