import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { defaultDelaysMs, finalReason, nextAttempt, parseRetryAfter } from '../../src/policy/policy.ts'
import { TIMEOUT, retryOutcome } from './answers.ts'

const RULES = { delaysMs: defaultDelaysMs(null), jitter: 0.1, onTimeout: true }
const AT = Date.UTC(2026, 10, 22)
const HOUR_MS = 3_600_000

const schedules = fc.record({
  delaysMs: fc.array(fc.integer({ min: 0, max: 10_000_000_000 }), { maxLength: 10 }),
  jitter: fc.double({ min: 0, max: 0.5, noNaN: true }),
  onTimeout: fc.boolean(),
})
const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

function waitAfter({
  attempt = 1,
  random = 0.5,
  retryAfterMs = null,
}: {
  readonly attempt?: number
  readonly random?: number
  readonly retryAfterMs?: number | null
}): number | null {
  const outcome = retryOutcome({ retryAfterMs })
  return nextAttempt({ outcome, attempt, endedAt: AT, rules: RULES, random: () => random })?.waitMs ?? null
}

describe('nextAttempt', () => {
  it('waits 7, 45 and 300 s, each within a tenth, and then gives up', () => {
    const bounds = [0, 0.5, 1 - 2 ** -53].map((random) => [1, 2, 3, 4].map((attempt) => waitAfter({ attempt, random })))
    expect(bounds).toEqual([
      [6300, 40_500, 270_000, null],
      [7000, 45_000, 300_000, null],
      [7700, 49_500, 330_000, null],
    ])
  })

  it('keeps every wait within its bounds and counts it from the end of the attempt', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.record({
          attempt: fc.integer({ min: 1, max: 12 }),
          retryAfterMs: fc.option(fc.integer({ min: 0, max: 999_999_999_000 })),
          random: dice,
        }),
        (rules, { attempt, retryAfterMs, random }) => {
          const outcome = retryOutcome({ retryAfterMs })
          const next = nextAttempt({ outcome, attempt, endedAt: AT, rules, random: () => random })
          const delayMs = rules.delaysMs[attempt - 1]
          expect(next === null).toBe(delayMs === undefined)
          if (next === null || delayMs === undefined) return
          const askedMs = Math.min(retryAfterMs ?? 0, HOUR_MS)
          const capped = (ms: number) => Math.min(Math.max(ms, askedMs), 2 ** 31 - 1)
          expect(next.waitMs).toBeGreaterThanOrEqual(capped(Math.floor(delayMs * (1 - rules.jitter))))
          expect(next.waitMs).toBeLessThanOrEqual(capped(Math.ceil(delayMs * (1 + rules.jitter))))
          expect(Number.isSafeInteger(next.waitMs)).toBe(true)
          expect(next.dueAt).toBe(AT + next.waitMs)
        },
      ),
    )
  })

  it('spreads the waits evenly to both sides', () => {
    expect([0.25, 0.75].map((random) => waitAfter({ random }))).toEqual([6650, 7350])
  })

  it('lets Retry-After raise the wait, to an hour at most, and never lower it', () => {
    const asked = [null, 0, 6999, 7001, HOUR_MS + 1, 999_999_999_000]
    expect(asked.map((retryAfterMs) => waitAfter({ retryAfterMs }))).toEqual([7000, 7000, 7000, 7001, HOUR_MS, HOUR_MS])
  })

  it('makes a timeout final where the campaign says so, and nothing else', () => {
    const rules = { ...RULES, onTimeout: false }
    const next = (outcome: typeof TIMEOUT) => nextAttempt({ outcome, attempt: 1, endedAt: 0, rules, random: () => 0.5 })
    expect(next(TIMEOUT)).toBeNull()
    expect(next(retryOutcome({ cause: 'reset' }))).not.toBeNull()
  })
})

it('gives batches of 10 or more seven retries, and all others three', () => {
  for (const size of [null, 1, 9]) expect(defaultDelaysMs(size)).toEqual([7000, 45_000, 300_000])
  const seven = [7000, 45_000, 300_000, 300_000, 300_000, 300_000, 300_000]
  expect([10, 1000].map((size) => defaultDelaysMs(size))).toEqual([seven, seven])
})

describe('finalReason', () => {
  it('is exhausted after an answer with a status, and else names what came in place of an answer', () => {
    for (const cause of ['pressure', 'server_error', 'overridden', 'in_progress', 'stale_connection'] as const) {
      expect(finalReason({ cause })).toBe('exhausted')
    }
    for (const cause of ['timeout', 'connect', 'reset', 'dns', 'tls', 'invalid_response'] as const) {
      expect(finalReason({ cause })).toBe(cause)
    }
  })
})

describe('parseRetryAfter', () => {
  it('reads whole seconds of at most nine digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (seconds) => {
        expect(parseRetryAfter(String(seconds), AT)).toBe(seconds * 1000)
      }),
    )
    expect(parseRetryAfter('000000120', AT)).toBe(120_000)
  })

  it('reads an IMF-fixdate, and takes one in the past for 0', () => {
    const anySecond = fc.integer({ min: -30_000_000_000, max: 253_402_300_799 }).map((seconds) => seconds * 1000)
    fc.assert(
      fc.property(anySecond, fc.integer({ min: 0, max: 4_000_000_000_000 }), (at, now) => {
        expect(parseRetryAfter(new Date(at).toUTCString(), now)).toBe(Math.max(0, at - now))
      }),
    )
    expect(parseRetryAfter('Wed, 21 Oct 2015 07:28:00 GMT', AT)).toBe(0)
  })

  it.each([
    '',
    ' 5',
    '5 ',
    '-5',
    '+5',
    '5.5',
    '1e3',
    '0x10',
    '1000000000',
    '99999999999',
    '٣',
    'soon',
    'Infinity',
    '2026-11-22T10:00:00Z',
    'Sun, 22 Nov 2026 10:00:00 UTC',
    'Sun, 22 Nov 2026 10:00:00 +0000',
    'Sun, 22 Nov 2026 10:00:00 GMT ',
    'sun, 22 nov 2026 10:00:00 gmt',
    'Mon, 22 Nov 2026 10:00:00 GMT',
    'Sun, 31 Feb 2026 10:00:00 GMT',
    'Sun, 22 Nov 2026 25:00:00 GMT',
    'Sunday, 22-Nov-26 10:00:00 GMT',
    'Sun Nov 22 10:00:00 2026',
    'Sun, 22 Nov 2026 10:00:00 GMT\n',
  ])('refuses anything else: %j', (header) => {
    expect(parseRetryAfter(header, AT)).toBeNull()
  })

  it('never gives a negative or odd number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d .:,A-Za-z+-]{0,32}$/)), (header) => {
        const ms = parseRetryAfter(header, AT)
        expect(ms === null || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true)
      }),
    )
  })
})
