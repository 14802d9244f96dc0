import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CronTimes, cronFault } from '../../src/campaign/cron.ts'

/** The instants between two, as the clock on the wall says them with its distance to UTC. */
function instants(expression: string, timezone: string, [from, to]: readonly [string, string]): string[] {
  const times = new CronTimes(expression, timezone)
  const found: string[] = []
  let at = times.next(Date.parse(from) - 1)
  while (at !== null && at < Date.parse(to)) {
    found.push(onTheWall(at, timezone))
    at = times.next(at)
  }
  return found
}

function onTheWall(at: number, timeZone: string): string {
  const options = { timeZone, dateStyle: 'short', timeStyle: 'long' } as const
  return new Intl.DateTimeFormat('sv-SE', options).format(at).replace('kl. ', '')
}

const day = (date: string): [string, string] => [
  `${date}T00:00:00Z`,
  new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString(),
]

describe('a time that is skipped in spring', () => {
  it.each([
    ['30 2 * * *', 'Europe/Prague', ['2026-03-29', '2026-03-29 03:00:00 CEST']],
    ['0 2 29 3 *', 'Europe/Prague', ['2026-03-29', '2026-03-29 03:00:00 CEST']],
    ['30 2 * * *', 'America/New_York', ['2026-03-08', '2026-03-08 03:00:00 GMT−4']],
    ['15 2 * * *', 'Australia/Lord_Howe', ['2026-10-03', '2026-10-04 02:30:00 GMT+11']],
  ])('fires at the first that there is: %s in %s', (expression, timezone, [date, ...expected]) => {
    expect(instants(expression, timezone, day(date!))).toEqual(expected)
  })

  it('fires nothing when it goes with real time', () => {
    const times = instants('*/30 * * * *', 'Europe/Prague', ['2026-03-29T00:30:00Z', '2026-03-29T01:30:00Z'])
    expect(times).toEqual(['2026-03-29 01:30:00 CET', '2026-03-29 03:00:00 CEST'])
  })
})

describe('a time that comes twice in autumn', () => {
  it.each([
    ['30 2 * * *', 'Europe/Prague', ['2026-10-25', '2026-10-25 02:30:00 CEST']],
    ['0 1 * * *', 'America/New_York', ['2026-11-01', '2026-11-01 01:00:00 GMT−4']],
    ['30 2,14 * * *', 'Europe/Prague', ['2026-10-25', '2026-10-25 02:30:00 CEST', '2026-10-25 14:30:00 CET']],
  ])('fires the first time only: %s in %s', (expression, timezone, [date, ...expected]) => {
    expect(instants(expression, timezone, day(date!))).toEqual(expected)
  })

  it('fires both times when it goes with real time', () => {
    const times = instants('0 * * * *', 'America/New_York', ['2026-11-01T05:00:00Z', '2026-11-01T07:00:00Z'])
    expect(times).toEqual(['2026-11-01 01:00:00 GMT−4', '2026-11-01 01:00:00 GMT−5'])
  })
})

describe('an expression', () => {
  it('goes by the clock of its zone, where hours have halves too', () => {
    expect(instants('0 9 * * *', 'Asia/Kolkata', day('2026-06-01'))).toEqual(['2026-06-01 09:00:00 GMT+5:30'])
    expect(new CronTimes('0 9 * * *', 'Asia/Kathmandu').next(Date.UTC(2026, 5, 1))).toBe(Date.UTC(2026, 5, 1, 3, 15))
  })

  it('takes a day of the month and a weekday as either of them', () => {
    const dates = instants('0 0 13 * 5', 'UTC', ['2026-02-01T00:00:00Z', '2026-02-28T00:00:00Z'])
    expect(dates.map((date) => date.slice(8, 10))).toEqual(['06', '13', '20', '27'])
  })

  it('comes in leap years only, when it says so', () => {
    expect(new CronTimes('0 0 29 2 *', 'UTC').next(Date.UTC(2026, 0))).toBe(Date.UTC(2028, 1, 29))
  })

  it('has a last time at or before each instant, and a next one after it', () => {
    const zones = ['UTC', 'Europe/Prague', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe']
    const expressions = ['30 2 * * *', '*/20 1-3 * * *', '0 9 * * 1', '15 0 1 * *', '* * * * *']
    const instant = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(fc.constantFrom(...expressions), fc.constantFrom(...zones), instant, (expression, zone, date) => {
        const times = new CronTimes(expression, zone)
        const at = date.getTime()
        const last = times.last(at)!
        expect(last).toBeLessThanOrEqual(at)
        const next = times.next(last)!
        expect(next).toBeGreaterThan(at)
        expect(times.next(at)).toBe(next)
      }),
    )
  })

  it.each(['', 'x', '0 9 * *', '0 9 * * * * *', '60 * * * *', '0 9 * * FOO', '2026-01-01T00:00:00', '1 2', '@reboot'])(
    'is refused when it is none: %j',
    (expression) => {
      expect(cronFault(expression, 'UTC')).toBe('a cron expression such as "0 9 * * 1"')
    },
  )

  it('is refused when its time never comes', () => {
    expect(cronFault('0 0 31 2 *', 'UTC')).toBe('a time that comes')
    expect(cronFault('@daily', 'UTC')).toBeNull()
    expect(cronFault('*/10 * * * * *', 'UTC')).toBeNull()
  })
})
