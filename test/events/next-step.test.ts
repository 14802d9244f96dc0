import { describe, expect, test } from 'vitest'
import type { Answer } from '../../src/campaign/outcome.ts'
import { nextStep, type Judged } from '../../src/events/next-step.ts'
import { PROFILES } from '../../src/profile/profile.ts'

const answered = (httpStatus: number): Answer =>
  ({ kind: 'answered', httpStatus, body: '', retryAfter: null }) as Answer
const failed = (code: string): Answer => ({ kind: 'failed', code, message: code }) as Answer

function judge(profile: string, answer: Answer, tries = 0): Judged {
  const rules = PROFILES[profile]!
  return nextStep({ result: { answer, headers: {} }, tries, endedAt: 0, profile: rules, random: () => 0.5 })
}

describe('what an answer means to a message', () => {
  test.for([
    ['svix', [200, 201, 204, 299], [199, 300, 302, 400, 404, 500]],
    ['standard', [200, 202], [301, 410, 503]],
    ['bridge', [200, 204], [304, 400, 500]],
    ['crossriver', [200], [201, 202, 204, 302, 400, 500]],
    ['receeve', [200, 202], [307, 500]],
    ['raw', [200, 202], [307, 500]],
  ] as const)('is success or not, as the vendor has it: %s', ([profile, successes, others]) => {
    for (const status of successes)
      expect([status, judge(profile, answered(status)).step.kind]).toEqual([status, 'sent'])
    for (const status of others)
      expect([status, judge(profile, answered(status)).step.kind]).not.toEqual([status, 'sent'])
  })

  test.for([
    ['no answer in time', failed('timeout'), 60_000],
    ['429', answered(429), 60_000],
    ['a connection that is refused', failed('connect'), 5000],
    ['503', answered(503), 5000],
  ] as const)('is how long it is left alone: %s', ([, answer, waitMs]) => {
    expect(judge('svix', answer).step).toEqual({ kind: 'retry', waitMs })
    expect(judge('svix', answer, 1).step).toEqual({ kind: 'retry', waitMs: 300_000 })
  })

  test('is the end of it after the last wait', () => {
    expect(judge('svix', failed('timeout'), 6).step.kind).toBe('retry')
    expect(judge('svix', failed('timeout'), 7).step.kind).toBe('failed')
    expect(judge('crossriver', answered(500), 3).step.kind).toBe('failed')
    const { delaysMs } = PROFILES['bridge']!.retry
    expect(delaysMs.reduce((sum, ms) => sum + ms, 0)).toBe(2 * 86_400_000)
  })
})
