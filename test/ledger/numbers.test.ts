import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  emptyNumbers,
  latencyBucket,
  latencyOfBucket,
  latencyPercentile,
  recordLatency,
} from '../../src/ledger/numbers.ts'

describe('a latency', () => {
  test('falls into a bucket that is at most 3.2 % wide', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
        const bucket = latencyBucket(ms)
        expect(latencyOfBucket(bucket)).toBeLessThanOrEqual(ms + 1e-6)
        expect(latencyOfBucket(bucket + 1)).toBeGreaterThan(ms - 1e-6)
        const width = latencyOfBucket(bucket + 1) - latencyOfBucket(bucket)
        expect(width).toBeLessThanOrEqual(Math.max(1, ms * 0.032))
      }),
    )
  })

  test('has percentiles that no smaller share exceeds', () => {
    const numbers = emptyNumbers(1)
    for (let ms = 1; ms <= 1000; ms++) recordLatency(numbers, ms)
    expect(latencyPercentile(numbers, 0.5)).toBeGreaterThanOrEqual(500)
    expect(latencyPercentile(numbers, 0.5)).toBeLessThan(520)
    expect(latencyPercentile(numbers, 1)).toBe(1000)
    expect(numbers.slowResponses).toBe(0)
  })

  test('of nobody is null', () => {
    expect(latencyPercentile(emptyNumbers(1), 0.5)).toBeNull()
  })

  test('over a second is counted as slow', () => {
    const numbers = emptyNumbers(1)
    recordLatency(numbers, 1001)
    expect(numbers.slowResponses).toBe(1)
  })
})
