import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { intervalPercentile, Timeline, type Interval, type TimelineChange } from '../../src/ledger/timeline.ts'

/** What the ledger holds after the changes taken so far. */
class Kept {
  readonly #rows = new Map<number, Interval>()

  apply(change: TimelineChange | null): void {
    if (change?.isRewritten === true) this.#rows.clear()
    for (const interval of change?.intervals ?? []) this.#rows.set(interval.startedAt, structuredClone(interval))
  }

  get intervals(): Interval[] {
    return [...this.#rows.values()].toSorted((a, b) => a.startedAt - b.startedAt)
  }

  /** Calls by kind, over all intervals. */
  get calls(): number[] {
    return this.intervals.reduce((sums, { calls }) => sums.map((sum, at) => sum + calls[at]!), [0, 0, 0, 0, 0])
  }
}

const call = fc.record({
  afterMs: fc.oneof(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 40_000_000 })),
  httpStatus: fc.constantFrom(null, 200, 302, 404, 429, 503, 999),
  latencyMs: fc.integer({ min: 0, max: 60_000 }),
  isTaken: fc.boolean(),
  isRestarted: fc.boolean(),
})

describe('a timeline', () => {
  test('has every call once in at most 300 intervals of one width, whatever the pace and the restarts', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 900, size: 'max' }), (calls) => {
        const kept = new Kept()
        let timeline = new Timeline([])
        let at = 1_700_000_000_000
        for (const { afterMs, httpStatus, latencyMs, isTaken, isRestarted } of calls) {
          at += afterMs
          timeline.record(at, { httpStatus, latencyMs })
          if (isTaken || isRestarted) kept.apply(timeline.take())
          if (isRestarted) timeline = new Timeline(kept.intervals)
        }
        kept.apply(timeline.take())
        expect(kept.intervals.length).toBeLessThanOrEqual(300)
        expect(new Set(kept.intervals.map(({ widthMs }) => widthMs)).size).toBeLessThanOrEqual(1)
        const of = (wanted: (status: number | null) => boolean): number =>
          calls.filter(({ httpStatus }) => wanted(httpStatus)).length
        expect(kept.calls).toEqual([
          of((status) => status === 200),
          of((status) => status === 302),
          of((status) => status === 404 || status === 429),
          of((status) => status === 503 || status === 999),
          of((status) => status === null),
        ])
        const answers = kept.intervals.flatMap(({ latency }) => latency).reduce((sum, count) => sum + count, 0)
        expect(answers).toBe(of((status) => status !== null))
      }),
      { numRuns: 30 },
    )
  })

  test('holds what is in flight until something else is noted, and a wait takes no room', () => {
    const timeline = new Timeline([])
    const kept = new Kept()
    timeline.note(10_000, 200, 200)
    timeline.note(11_000, 80, 100)
    timeline.note(11_010, 0, 100)
    timeline.note(310_000, 0, 100)
    timeline.note(310_300, 1, 100)
    kept.apply(timeline.take())
    expect(kept.intervals.map(({ startedAt, inFlight, concurrency }) => [startedAt, inFlight, concurrency])).toEqual([
      [10_000, 200, 200],
      [10_250, 200, 200],
      [10_500, 200, 200],
      [10_750, 200, 200],
      [11_000, 80, 100],
      [310_250, 1, 100],
    ])
    expect(timeline.take()).toBeNull()
  })

  test('knows the percentiles of an interval to a tenth', () => {
    const timeline = new Timeline([])
    for (let latencyMs = 1; latencyMs <= 1000; latencyMs++) timeline.record(0, { httpStatus: 200, latencyMs })
    const [interval] = timeline.take()!.intervals
    for (const share of [0.5, 0.95, 0.99]) {
      const percentile = intervalPercentile(interval!, share)!
      expect(Math.abs(percentile / (share * 1000) - 1)).toBeLessThan(0.1)
    }
    expect(intervalPercentile({ ...interval!, latency: [] }, 0.5)).toBeNull()
  })
})
