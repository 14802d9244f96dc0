import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recordLatency, emptyNumbers } from '../../src/ledger/numbers.ts'
import { Timeline, type Interval } from '../../src/ledger/timeline.ts'
import { latencyHistogram, resultBar, shareText } from '../../src/report/picture/picture.ts'
import { placeIntervals } from '../../src/report/picture/time-axis.ts'
import { ticksTo } from '../../src/report/picture/scale.ts'

const STARTED_AT = 1_700_000_000_000

function intervalsOf(waitsMs: readonly number[]): readonly Interval[] {
  const timeline = new Timeline([])
  let at = STARTED_AT
  for (const waitMs of waitsMs) timeline.record((at += waitMs), { httpStatus: 200, latencyMs: 8 })
  return [...(timeline.take()?.intervals ?? [])].toSorted((a, b) => a.startedAt - b.startedAt)
}

const waits = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 0, max: 9e8 })),
  { minLength: 1, maxLength: 400, size: 'max' },
)

describe('a picture over time', () => {
  test('has every call in its place, side by side in the order of time, with labels that do not touch', () => {
    fc.assert(
      fc.property(waits, (waitsMs) => {
        const { placed, breaks, ticks } = placeIntervals(intervalsOf(waitsMs), STARTED_AT)
        const calls = placed.flatMap(({ interval }) => interval.calls).reduce((sum, count) => sum + count, 0)
        expect(calls).toBe(waitsMs.length)
        const parts = [...placed, ...breaks].toSorted((a, b) => a.at - b.at)
        for (const [index, { at, width }] of parts.entries()) {
          expect(at).toBeGreaterThanOrEqual(-1e-9)
          expect(at + width).toBeLessThanOrEqual((parts[index + 1]?.at ?? 1) + 1e-9)
          expect(width).toBeGreaterThanOrEqual(1 / 151)
        }
        for (const [index, tick] of ticks.entries()) {
          expect(tick.at - (ticks[index - 1]?.at ?? -1)).toBeGreaterThanOrEqual(0.17)
        }
        expect(ticks.length).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
  })

  test('leaves out a wait that would make the rest a hair, and tells when it goes on', () => {
    const waitsMs = [...Array.from({ length: 48 }, () => 250), 300_000, 250]
    const { breaks, ticks, placed } = placeIntervals(intervalsOf(waitsMs), STARTED_AT)
    expect(breaks).toHaveLength(1)
    expect(placed[0]!.width).toBeGreaterThan(0.015)
    expect(ticks.at(-1)!.label).toBe('5 min 12 s')
  })
})

describe('a histogram of latency', () => {
  test('counts every answer once in its table', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3_600_000 }), { minLength: 1 }), (latencies) => {
        const numbers = emptyNumbers(1)
        for (const latencyMs of latencies) recordLatency(numbers, latencyMs)
        const { text } = latencyHistogram({ buckets: numbers.latency, marked: { p50: 1, p99: 50 } })
        const counts = Array.from(text.matchAll(/<td>([\d,]+)<\/td>/g), ([, count = '']) =>
          Number(count.replaceAll(',', '')),
        )
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(latencies.length)
        expect(text).not.toMatch(/NaN|Infinity|undefined/)
      }),
    )
  })
})

describe('a bar of results', () => {
  const counts = { customers: 1_000_000, sent: 999_999, failed: 1, aborted: 0, suppressed: 0, waiting: 0, pending: 0 }

  test('shows one of a million', () => {
    const { text } = resultBar(counts)
    const widths = Array.from(text.matchAll(/<rect[^>]* width="([\d.]+)"/g), ([, width]) => Number(width))
    expect(widths).toHaveLength(2)
    expect(widths[1]).toBeGreaterThan(5)
    expect(text).toContain('999,999 sent, 1 failed.')
  })

  test('of nobody is empty', () => {
    const { text } = resultBar({ ...counts, customers: 0, sent: 0, failed: 0 })
    expect(text).not.toMatch(/<rect|NaN/)
  })
})

test('a share is all of everybody only, and nothing of nobody only', () => {
  expect([0, 1, 995, 9999, 10_000].map((count) => shareText(count, 10_000))).toEqual([
    '0 %',
    'under 0.1 %',
    '10 %',
    '99.9 %',
    '100 %',
  ])
  expect(shareText(0, 0)).toBe('0 %')
})

test('the ticks of an axis reach over the highest value and stay few', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (most) => {
      const ticks = ticksTo(most)
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * 0.998)
      expect(ticks.length).toBeLessThanOrEqual(6)
      expect(ticks.length).toBeGreaterThan(1)
    }),
  )
})
