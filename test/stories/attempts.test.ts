import { describe, expect } from 'vitest'
import type { EndedAttempt } from '../../src/telemetry.ts'
import { test } from '../support/story.ts'

describe('whoever watches the attempts of a run', () => {
  test('is told of each call with its outcome, and of nobody who was not called', async ({ tell }) => {
    const story = await tell({
      webhook: 'concurrency: 1\nretry: { delays: [10ms] }\nanswers: { 404: failed }',
      body: '{% if customer.customer_id == "c-3" %}{% abort %}{% endif %}{"customer_id":"{{ customer.customer_id }}"}',
      customers: 4,
      answer: ({ customer, attempt }) => {
        if (customer === 'c-1') return { status: attempt === 1 ? 503 : 200 }
        return customer === 'c-2' ? { status: 404, body: { secret: 'canary' } } : {}
      },
    })
    const attempts: EndedAttempt[] = []
    await story.start({ onAttempt: (attempt) => void attempts.push(attempt) })
    const told = attempts
      .toSorted((a, b) => a.seq - b.seq || a.attempt - b.attempt)
      .map(({ seq, attempt, outcome, reason, code }) => [seq, attempt, outcome, reason, code])
    expect(told).toEqual([
      [0, 1, 'sent', null, '200'],
      [1, 1, 'retry', 'server_error', '503'],
      [1, 2, 'sent', null, '200'],
      [2, 1, 'refused', 'refused', '404'],
    ])
    expect(JSON.stringify(attempts)).not.toMatch(/c-\d|canary/)
  })
})
