import { describe, expect } from 'vitest'
import { test } from '../support/story.ts'
import type { Reply } from '../support/receiver.ts'

/** One customer, `c-1` of three, is answered so; what becomes of the three. */
interface Row {
  readonly what: string
  readonly reply: Reply
  readonly status: 'sent' | 'failed'
  readonly reason: string | null
  readonly attempts: number
  readonly end: 'finished' | 'aborted'
}

const refused = { success: false, errors: [{ code: 1004, description: 'too long' }] }

const FINAL: readonly Row[] = [
  {
    what: '200 with success',
    reply: { body: { success: true, result: { code: 1, status: 'sent' } } },
    status: 'sent',
    reason: null,
    attempts: 1,
    end: 'finished',
  },
  {
    what: '204 without a body',
    reply: { status: 204, body: '' },
    status: 'sent',
    reason: null,
    attempts: 1,
    end: 'finished',
  },
  {
    what: '200 with text',
    reply: { body: 'fine', headers: { 'content-type': 'text/plain' } },
    status: 'sent',
    reason: null,
    attempts: 1,
    end: 'finished',
  },
  {
    what: '200 with broken JSON',
    reply: { body: '{"success":fal', headers: { 'content-type': 'application/json' } },
    status: 'sent',
    reason: null,
    attempts: 1,
    end: 'finished',
  },
  {
    what: '200 with success false',
    reply: { body: refused },
    status: 'failed',
    reason: 'refused',
    attempts: 1,
    end: 'finished',
  },
  ...[400, 404, 410, 412, 413, 418].map((status): Row => ({
    what: `${status}`,
    reply: { status },
    status: 'failed',
    reason: 'hard_stop',
    attempts: 1,
    end: 'aborted',
  })),
  ...[401, 402, 403, 405, 406, 409, 415, 422, 425, 451].map((status): Row => ({
    what: `${status}`,
    reply: { status },
    status: 'failed',
    reason: 'client_error',
    attempts: 1,
    end: 'aborted',
  })),
  ...[301, 302, 307].map((status): Row => ({
    what: `${status}`,
    reply: { status, headers: { location: '/elsewhere' } },
    status: 'failed',
    reason: 'redirect',
    attempts: 1,
    end: 'aborted',
  })),
  ...[429, 500, 502, 503, 504, 520, 599].map((status): Row => ({
    what: `${status} every time`,
    reply: { status },
    status: 'failed',
    reason: 'exhausted',
    attempts: 4,
    end: 'finished',
  })),
  {
    what: 'a reset every time',
    reply: { misbehave: 'reset' },
    status: 'failed',
    reason: 'reset',
    attempts: 4,
    end: 'finished',
  },
  {
    what: 'garbage every time',
    reply: { misbehave: 'garbage' },
    status: 'failed',
    reason: 'invalid_response',
    attempts: 4,
    end: 'finished',
  },
] as const

describe('an answer', () => {
  test.for(FINAL)('$what is $status $reason', async ({ reply, status, reason, attempts, end }, { tell }) => {
    const story = await tell({
      customers: 3,
      webhook: 'concurrency: 1',
      answer: ({ customer }) => (customer === 'c-1' ? reply : {}),
    })
    const { state } = await story.start()
    const row = story.results.find(({ customer_id }) => customer_id === 'c-1')
    expect(row).toMatchObject({ status, reason })
    expect(story.numbers.attempts).toBe(Object.values(story.numbers.codes).reduce((sum, count) => sum + count, 0))
    expect(row?.attempts).toBe(attempts)
    expect(state).toBe(end)
    // With one call at a time not one request comes after the answer that stops.
    expect(story.requestsOf('c-2')).toHaveLength(end === 'aborted' ? 0 : 1)
  })

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
