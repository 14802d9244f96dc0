import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDurationMs, parsePerSecond } from '../../src/campaign/unit.ts'

describe('parseDurationMs', () => {
  it.each([
    ['10s', 10_000],
    ['300ms', 300],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['7d', 604_800_000],
    ['1.5s', 1500],
    ['0.001s', 1],
    ['0s', 0],
  ])('reads %s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms)
  })

  it.each([
    '',
    '10',
    '10 s',
    '10 sec',
    '10S',
    '-1s',
    '1e3s',
    '0x1s',
    '.5s',
    '1.s',
    '1,5s',
    '10s\n',
    '١s',
    '9'.repeat(20) + 's',
  ])('refuses %j', (text) => {
    expect(parseDurationMs(text)).toBeNull()
  })

  it('reads back what formatDuration writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999 }), (ms) => {
        expect(parseDurationMs(formatDuration(ms))).toBe(ms)
      }),
    )
  })
})

describe('parsePerSecond', () => {
  it.each([
    ['100/s', 100],
    ['90/m', 1.5],
    ['3600/h', 1],
    ['0.5/s', 0.5],
  ])('reads %s', (text, perSecond) => {
    expect(parsePerSecond(text)).toBe(perSecond)
  })

  it.each(['', '100', '100/d', '100 / s', '-1/s', '1e3/s', '/s'])('refuses %j', (text) => {
    expect(parsePerSecond(text)).toBeNull()
  })
})
