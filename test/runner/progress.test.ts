import { describe, expect, test } from 'vitest'
import { emptyNumbers } from '../../src/ledger/numbers.ts'
import { Pace } from '../../src/runner/progress.ts'

describe('Pace', () => {
  const at = (sent: number): ReturnType<typeof emptyNumbers> => ({ ...emptyNumbers(200), sent })

  test('is not known before half a second has been seen', () => {
    const pace = new Pace()
    expect(pace.perSecond(at(0), 0)).toBeNull()
    expect(pace.perSecond(at(100), 499)).toBeNull()
    expect(pace.perSecond(at(100), 500)).toBe(200)
  })

  test('tells of the last seconds only', () => {
    const pace = new Pace()
    for (let now = 0; now <= 60_000; now += 8) pace.perSecond(at(now), now)
    for (let now = 60_008; now <= 70_000; now += 8) pace.perSecond(at(60_000), now)
    expect(pace.perSecond(at(60_000), 70_000)).toBe(0)
  })

  test('counts everybody who ended, however', () => {
    const pace = new Pace()
    pace.perSecond(emptyNumbers(200), 0)
    expect(pace.perSecond({ ...at(1), failed: 2, suppressed: 3 }, 1000)).toBe(6)
  })
})
