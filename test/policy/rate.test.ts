import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTokenBucket } from '../../src/policy/policy.ts'

const steps = fc.array(
  fc.record({ afterMs: fc.integer({ min: 0, max: 3000 }), wanted: fc.integer({ min: 0, max: 500 }) }),
  { maxLength: 200 },
)
const rates = fc.oneof(fc.constantFrom(0.1, 1, 3, 10, 100, 1000), fc.double({ min: 0.05, max: 5000, noNaN: true }))

describe('a token bucket', () => {
  it('never grants more than its rate and its bucket over any span', () => {
    fc.assert(
      fc.property(rates, steps, (perSecond, steps) => {
        const bucket = createTokenBucket({ perSecond, now: 0 })
        const grants: { at: number; granted: number }[] = []
        let now = 0
        for (const { afterMs, wanted } of steps) {
          now += afterMs
          const granted = bucket.take(now, wanted)
          expect(granted).toBeLessThanOrEqual(wanted)
          expect(granted).toBeGreaterThanOrEqual(0)
          grants.push({ at: now, granted })
        }
        for (const [from, { at: fromAt }] of grants.entries()) {
          let sum = 0
          for (const { at, granted } of grants.slice(from)) {
            sum += granted
            const ceiling = (perSecond * (at - fromAt)) / 1000 + Math.max(1, perSecond / 10)
            expect(sum).toBeLessThanOrEqual(ceiling + 1e-6)
          }
        }
      }),
    )
  })

  it('grants its full rate to a run that takes what it is told, and not one more in the first second', () => {
    fc.assert(
      fc.property(rates, (perSecond) => {
        const bucket = createTokenBucket({ perSecond, now: 0 })
        const seconds = 20 / Math.min(perSecond, 20)
        let taken = 0
        let inFirstSecond = 0
        for (let now = 0; now <= seconds * 1000; now = Math.max(now + 1, bucket.nextAt(now))) {
          const granted = bucket.take(now, 1000)
          taken += granted
          if (now < 1000) inFirstSecond += granted
        }
        expect(inFirstSecond).toBeLessThanOrEqual(Math.max(1, perSecond) + 1)
        expect(taken).toBeGreaterThanOrEqual(Math.floor(perSecond * seconds * 0.95))
      }),
      { numRuns: 50 },
    )
  })

  it('names an instant at which one start is granted, and none before it', () => {
    const bucket = createTokenBucket({ perSecond: 10, now: 1000 })
    expect(bucket.nextAt(1000)).toBe(1000)
    expect(bucket.take(1000, 5)).toBe(1)
    expect(bucket.nextAt(1000)).toBe(1100)
    expect(bucket.take(1099, 1)).toBe(0)
    expect(bucket.nextAt(1099)).toBe(1100)
    expect(bucket.take(1100, 1)).toBe(1)
  })

  it('saves up 100 ms of its rate at most, and at least one start', () => {
    const fast = createTokenBucket({ perSecond: 100, now: 0 })
    expect(fast.take(60_000, 1000)).toBe(10)
    const slow = createTokenBucket({ perSecond: 0.5, now: 0 })
    expect(slow.take(60_000, 1000)).toBe(1)
    expect(slow.nextAt(60_000)).toBe(62_000)
  })

  it('may begin empty', () => {
    const bucket = createTokenBucket({ perSecond: 4, now: 0, tokens: 0 })
    expect(bucket.take(0, 1)).toBe(0)
    expect(bucket.nextAt(0)).toBe(250)
  })

  it('neither gains nor loses when the clock steps back', () => {
    const bucket = createTokenBucket({ perSecond: 10, now: 100_000 })
    bucket.take(100_000, 1)
    expect(bucket.take(40_000, 1)).toBe(0)
    expect(bucket.take(40_100, 9)).toBe(1)
  })

  it('goes on at another rate from when it is told, without a burst', () => {
    const bucket = createTokenBucket({ perSecond: 1000, now: 0 })
    bucket.take(0, 1)
    bucket.setRate(1, 60_000)
    expect(bucket.take(60_000, 100)).toBe(1)
    expect(bucket.nextAt(60_000)).toBe(61_000)
    bucket.setRate(10, 60_500)
    expect(bucket.nextAt(60_500)).toBe(60_550)
  })
})
