import { Cron } from 'croner'

/**
 * The instants of a cron expression in a time zone. Days on which clocks are changed go as with Vixie cron:
 *
 * - An expression that names its hours and minutes fires once a day: a time that is skipped in spring fires at the first
 *   that there is, a time that comes twice in autumn fires the first time.
 * - One with a `*` or a step in them goes with real time: nothing in the hour that is skipped, twice in the one that is
 *   repeated.
 *
 * A month's day and a weekday, both given, are either of them (POSIX `crontab`).
 */
export class CronTimes {
  readonly #cron: Cron

  /** @throws {TypeError | RangeError} what is wrong with the expression; see {@link cronFault}. */
  constructor(expression: string, timezone: string) {
    // The library would take a date too, for what comes once.
    if (!/^(?:@\w+|\S+(?:\s+\S+){4,5})$/.test(expression.trim())) throw new TypeError('not a cron expression')
    this.#cron = new Cron(expression, {
      timezone,
      mode: '5-or-6-parts',
      fixedTimeRule: 'no-wildcard',
      paused: true,
    })
  }

  /** The first instant after `after`; null when there is none. */
  next(after: number): number | null {
    return this.#cron.nextRun(new Date(after))?.getTime() ?? null
  }

  /** The last instant at or before `at`; null when there is none. */
  last(at: number): number | null {
    // The library gives what lies before a second, and the second itself may be one.
    const second = Math.floor(at / 1000) + 1
    return this.#cron.previousRuns(1, new Date(second * 1000))[0]?.getTime() ?? null
  }
}

/** What an expression should have been; null when it is right and its time comes at all. */
export function cronFault(expression: string, timezone: string): string | null {
  try {
    const times = new CronTimes(expression, timezone)
    return times.next(0) === null ? 'a time that comes' : null
  } catch {
    return 'a cron expression such as "0 9 * * 1"'
  }
}
