import * as fc from 'fast-check'
import { describe, expect } from 'vitest'
import { emptyNumbers } from '../../src/ledger/numbers.ts'
import { formatProgress } from '../../src/report/report.ts'
import type { Progress } from '../../src/runner/runner.ts'
import { test } from './fixture.ts'

const PROGRESS: Progress = {
  numbers: { ...emptyNumbers(200), sent: 12_000, failed: 45 },
  customers: 20_000,
  aborted: 0,
  inFlight: 200,
  nextDueAt: null,
  isAudienceComplete: true,
  perSecond: 1234.5,
}

const LOG = { width: 100, isTerminal: false, now: 0 }
const TERMINAL = { width: 140, isTerminal: true, now: 0 }

describe('formatProgress', () => {
  test('says in a log how far the run is', () => {
    expect(formatProgress(PROGRESS, LOG)).toBe(
      '12,045 of 20,000 customers, 12,000 sent, 45 failed, 1,235/s, ETA 7 s, 200 in flight',
    )
  })

  test('draws a bar on a terminal', () => {
    expect(formatProgress(PROGRESS, TERMINAL)).toBe(
      '██████████████████░░░░░░░░░░░░  60 %  12,045/20,000  12,000 sent  45 failed  1,235/s  ETA 7 s  200 in flight',
    )
  })

  test('counts those who are aborted as done', () => {
    expect(formatProgress({ ...PROGRESS, aborted: 7955 }, LOG)).toBe(
      '20,000 of 20,000 customers, 12,000 sent, 45 failed, 7,955 aborted, 1,235/s, 200 in flight',
    )
  })

  test('shows the time of the next retry when everybody left is waiting', () => {
    const waiting = { ...PROGRESS, inFlight: 0, nextDueAt: 44_100 }
    expect(formatProgress(waiting, LOG)).toBe('12,045 of 20,000 customers, 12,000 sent, 45 failed, next retry in 45 s')
    expect(formatProgress({ ...waiting, inFlight: 1 }, LOG)).toContain('ETA')
    expect(formatProgress(waiting, { ...LOG, now: 44_100 })).not.toContain('next retry')
  })

  test('promises no end while customers still come', () => {
    const text = formatProgress({ ...PROGRESS, isAudienceComplete: false }, LOG)
    expect(text).toContain('12,045 of 20,000+ customers')
    expect(text).not.toContain('ETA')
  })

  test('shows a rate only when it is known', () => {
    expect(formatProgress({ ...PROGRESS, perSecond: null }, LOG)).not.toContain('/s')
    expect(formatProgress({ ...PROGRESS, perSecond: 0.25 }, LOG)).toContain('0.3/s')
    expect(formatProgress({ ...PROGRESS, perSecond: 0 }, LOG)).not.toContain('ETA')
  })

  test('fits a narrow terminal by leaving out the least telling first', () => {
    expect(formatProgress(PROGRESS, { ...TERMINAL, width: 60 })).toBe(
      '████████░░░░░░  60 %  12,045/20,000  12,000 sent  45 failed',
    )
    expect(formatProgress(PROGRESS, { ...TERMINAL, width: 20 })).toBe(' 60 %  12,045/20,0…')
  })

  test('is one line that fits, whatever the numbers', () => {
    const count = fc.nat(10_000_000)
    fc.assert(
      fc.property(
        fc.tuple(count, count, count, count, count),
        fc.integer({ min: 1, max: 250 }),
        ([sent, failed, aborted, customers, inFlight], width) => {
          const progress = { ...PROGRESS, numbers: { ...PROGRESS.numbers, sent, failed }, aborted, customers, inFlight }
          const text = formatProgress(progress, { ...TERMINAL, width })
          expect(text.length).toBeLessThan(Math.max(width, 2))
          expect(text).not.toContain('\n')
        },
      ),
    )
  })
})
