import { assert, array, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodySizes } from '../../src/trial/body-sizes.ts'
import { predictDuration } from '../../src/trial/predict-duration.ts'

function percentilesOf(sizes: readonly number[]) {
  const bodies = new BodySizes()
  for (const size of sizes) bodies.add(size)
  return bodies.percentiles
}

describe('BodySizes', () => {
  test('knows nothing of no body', () => {
    expect(percentilesOf([])).toEqual({ p50: null, p99: null, max: null })
  })

  test('gives the size that half, and all but one in a hundred, do not exceed', () => {
    const sizes = Array.from({ length: 200 }, (_, n) => n + 1)
    expect(percentilesOf(sizes)).toEqual({ p50: 100, p99: 198, max: 200 })
    expect(percentilesOf([7])).toEqual({ p50: 7, p99: 7, max: 7 })
  })

  test('is off by less than 1 KiB for large ones, and never above the largest', () => {
    assert(
      property(array(integer({ min: 0, max: 9_000_000 }), { minLength: 1 }), (sizes) => {
        const sorted = sizes.toSorted((a, b) => a - b)
        const { p50, p99, max } = percentilesOf(sizes)
        expect(max).toBe(sorted.at(-1))
        for (const [found, share] of [
          [p50, 0.5],
          [p99, 0.99],
        ] as const) {
          const exact = sorted[Math.ceil(sizes.length * share) - 1]!
          expect(found! - exact).toBeGreaterThanOrEqual(0)
          expect(found! - exact).toBeLessThan(1024)
          expect(found).toBeLessThanOrEqual(max!)
        }
      }),
    )
  })
})

describe('predictDuration', () => {
  const webhook = { concurrency: 200, perSecond: null, throughput: null, egress: null }

  test('takes a round of 100 ms for as many as are in flight', () => {
    expect(predictDuration(1_000_000, webhook)).toEqual({
      duration_ms: 500_000,
      assumed_latency_ms: 100,
      concurrency: 200,
      per_second: null,
      limited_by: 'concurrency',
    })
    expect(predictDuration(0, webhook).duration_ms).toBe(0)
    expect(predictDuration(1, webhook).duration_ms).toBe(100)
  })

  test('heeds the rate, and the ceiling that the campaign names', () => {
    expect(predictDuration(1000, { ...webhook, perSecond: 50 })).toMatchObject({
      duration_ms: 20_100,
      limited_by: 'rate',
    })
    const throughput = { name: 'crm', concurrency: 10, perSecond: 1000 }
    expect(predictDuration(1000, { ...webhook, throughput })).toMatchObject({
      duration_ms: 10_000,
      concurrency: 10,
      per_second: 1000,
      limited_by: 'concurrency',
    })
    const egress = { name: 'static', concurrency: 5, line: 1, kind: 'addresses', addresses: ['127.0.0.2'] } as const
    expect(predictDuration(1000, { ...webhook, egress })).toMatchObject({ duration_ms: 20_000, concurrency: 5 })
  })
})
