import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../src/campaign/outcome.ts'
import { Pressure, judgeAnswer, type PressureEvent } from '../../src/policy/policy.ts'
import {
  CONNECTION_ISSUE,
  NOTHING_SAID,
  SENT,
  TIMEOUT,
  answered,
  context,
  retryOutcome,
  stopOutcome,
} from './answers.ts'

type Shape = Pick<PressureEvent, 'outcome' | 'httpStatus'>

const GOOD: Shape = { outcome: SENT, httpStatus: 200 }
const TOO_MANY: Shape = { outcome: retryOutcome({ cause: 'pressure' }), httpStatus: 429 }
const BROKEN: Shape = { outcome: retryOutcome(), httpStatus: 500 }
const LATER: Shape = { outcome: retryOutcome({ retryAfterMs: 0 }), httpStatus: 503 }
const ISSUE: Shape = { outcome: CONNECTION_ISSUE, httpStatus: null }

/** Feeds events as of the round that they find. */
function feed(pressure: Pressure, ...shapes: Shape[]): Pressure {
  for (const shape of shapes) pressure.record({ ...shape, round: pressure.level.round })
  return pressure
}
const times = (count: number, shape: Shape): Shape[] => Array<Shape>(count).fill(shape)

describe('pressure', () => {
  it.each([
    ['a 429', TOO_MANY],
    ['a 503 with Retry-After', LATER],
  ])('halves on %s', (_, shape) => {
    const pressure = feed(new Pressure(200), shape)
    expect(pressure.level).toEqual({ concurrency: 100, round: 1 })
    expect(pressure.lowest).toBe(100)
  })

  it.each([
    ['5xx', BROKEN],
    ['503 without Retry-After', { ...BROKEN, httpStatus: 503 }],
    ['connection issues', ISSUE],
    ['408 on reused connections', { ...ISSUE, httpStatus: 408 }],
  ])('halves when more than 10 of the last 100 attempts were %s', (_, shape) => {
    const pressure = feed(new Pressure(200), ...times(10, shape), ...times(89, GOOD))
    expect(pressure.level.concurrency).toBe(200)
    feed(pressure, shape)
    expect(pressure.level.concurrency).toBe(100)
  })

  it('forgets what lies more than 100 attempts back', () => {
    const pressure = feed(new Pressure(200), ...times(10, BROKEN), ...times(91, GOOD), BROKEN)
    expect(pressure.level.concurrency).toBe(200)
  })

  it.each<[string, Shape]>([
    ['timeouts', { outcome: TIMEOUT, httpStatus: null }],
    ['client errors', { outcome: stopOutcome('client_error'), httpStatus: 401 }],
    ['invalid responses', { outcome: retryOutcome({ cause: 'invalid_response' }), httpStatus: 999 }],
    ['retries of a 4xx', { outcome: retryOutcome({ cause: 'overridden' }), httpStatus: 408 }],
  ])('is not raised by %s', (_, shape) => {
    expect(feed(new Pressure(200), ...times(200, shape)).level.concurrency).toBe(200)
  })

  it('takes a 429 or 5xx by the meaning that the campaign gives it', () => {
    for (const status of [429, 503]) {
      const outcome = judgeAnswer(answered(status, { retryAfter: '1' }), context({ answers: { [status]: 'failed' } }))
      expect(feed(new Pressure(200), ...times(100, { outcome, httpStatus: status })).level.round).toBe(0)
    }
  })

  it('halves once for all calls that began before the last halving', () => {
    const pressure = new Pressure(200)
    for (let i = 0; i < 200; i++) pressure.record({ ...TOO_MANY, round: 0 })
    expect(pressure.level).toEqual({ concurrency: 100, round: 1 })
    pressure.record({ ...TOO_MANY, round: 1 })
    expect(pressure.level).toEqual({ concurrency: 50, round: 2 })
  })

  it('begins each round with nothing counted', () => {
    const pressure = feed(new Pressure(200), ...times(11, BROKEN))
    expect(pressure.level.round).toBe(1)
    expect(feed(pressure, ...times(10, BROKEN)).level.round).toBe(1)
    expect(feed(pressure, BROKEN).level.round).toBe(2)
    expect(feed(pressure, ...times(100, GOOD), ...times(11, BROKEN)).level.round).toBe(3)
  })

  it('never falls under one, and stays in its round there', () => {
    const pressure = feed(new Pressure(5), ...times(9, TOO_MANY))
    expect(pressure.level).toEqual({ concurrency: 1, round: 2 })
    expect(pressure.lowest).toBe(1)
  })

  it('grows by one for each 20 good answers of its round, up to the ceiling', () => {
    const pressure = feed(new Pressure(4), TOO_MANY)
    for (let i = 0; i < 100; i++) pressure.record({ ...GOOD, round: 0 })
    feed(pressure, ...times(19, GOOD))
    expect(pressure.level.concurrency).toBe(2)
    feed(pressure, GOOD)
    expect(pressure.level).toEqual({ concurrency: 3, round: 1 })
    feed(
      pressure,
      ...times(100, { outcome: { kind: 'refused', reason: 'refused', words: NOTHING_SAID }, httpStatus: 200 }),
    )
    expect(pressure.level.concurrency).toBe(4)
    expect(pressure.lowest).toBe(2)
  })

  it('gives the same object until something changes', () => {
    const pressure = new Pressure(10)
    const { level } = pressure
    expect(pressure.record({ ...GOOD, round: 0 })).toBe(level)
    expect(pressure.record({ ...TOO_MANY, round: 0 })).not.toBe(level)
  })

  it('takes no notice of our own trouble', () => {
    const local: Outcome = { kind: 'local', message: 'No file descriptor' }
    expect(feed(new Pressure(8), ...times(50, { outcome: local, httpStatus: null })).level.round).toBe(0)
  })

  it('stays between one and the ceiling, and halves at most once a round, whatever comes', () => {
    const shape = fc.constantFrom(GOOD, TOO_MANY, BROKEN, LATER, ISSUE)
    const events = fc.array(fc.record({ shape, age: fc.integer({ min: 0, max: 2 }) }), { maxLength: 400 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), events, (ceiling, events) => {
        const pressure = new Pressure(ceiling)
        let lowest = ceiling
        for (const { shape, age } of events) {
          const before = pressure.level
          const after = pressure.record({ ...shape, round: Math.max(0, before.round - age) })
          lowest = Math.min(lowest, after.concurrency)
          expect(after.concurrency).toBeGreaterThanOrEqual(1)
          expect(after.concurrency).toBeLessThanOrEqual(ceiling)
          if (after.concurrency < before.concurrency) {
            expect(after).toEqual({ concurrency: Math.floor(before.concurrency / 2), round: before.round + 1 })
            expect(age === 0 || before.round === 0).toBe(true)
          } else {
            expect(after.round).toBe(before.round)
            expect(after.concurrency - before.concurrency).toBeLessThanOrEqual(1)
          }
        }
        expect(pressure.lowest).toBe(lowest)
      }),
    )
  })
})
