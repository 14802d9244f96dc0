import { RenderFault } from './fault.ts'

/** A moment as a calendar and a clock on the wall show it. */
export interface WallTime {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const DAY_MS = 86_400_000
/** Years 1 to 9999, as Python's calendar, but for the first and last day, which are in another year somewhere. */
const FIRST_MS = -62_135_510_400_000
const LAST_MS = 253_402_214_400_000

export function wallTimeMs(wall: WallTime): number {
  const date = new Date(0)
  date.setUTCFullYear(wall.year, wall.month - 1, wall.day)
  date.setUTCHours(wall.hour, wall.minute, wall.second)
  return date.getTime()
}

/**
 * Time zones by IANA name. Making a formatter costs about 50 µs, so each zone's is made once.
 */
export class Zones {
  readonly #formats = new Map<string, Intl.DateTimeFormat>()

  #format(zone: string): Intl.DateTimeFormat {
    const known = this.#formats.get(zone)
    if (known !== undefined) return known
    try {
      const format = new Intl.DateTimeFormat('en-US', {
        timeZone: zone,
        calendar: 'gregory',
        numberingSystem: 'latn',
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      })
      this.#formats.set(zone, format)
      return format
    } catch (cause) {
      throw new RenderFault('expected a time zone such as "Europe/Prague", got another text', { cause })
    }
  }

  /** How far the zone's wall clocks are ahead of UTC then. */
  offsetMs(zone: string, atMs: number): number {
    if (zone === 'UTC') return 0
    const parts = new Map(
      this.#format(zone)
        .formatToParts(atMs)
        .map(({ type, value }) => [type, value]),
    )
    const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type))
    const wall = wallTimeMs({
      year: number('year'),
      month: number('month'),
      day: number('day'),
      hour: number('hour'),
      minute: number('minute'),
      second: number('second'),
    })
    return wall - Math.floor(atMs / 1000) * 1000
  }

  /** The moment at which the zone's clocks show that time; of two, the earlier; of none, as if they had not jumped yet. */
  momentMs(zone: string, wallMs: number): number {
    const [before, after] = [this.offsetMs(zone, wallMs - DAY_MS), this.offsetMs(zone, wallMs + DAY_MS)]
    const shown = [wallMs - before, wallMs - after].filter((atMs) => atMs + this.offsetMs(zone, atMs) === wallMs)
    return shown.length === 0 ? wallMs - before : Math.min(...shown)
  }
}

export function checkedMoment(atMs: number): number {
  if (!(atMs >= FIRST_MS && atMs <= LAST_MS)) {
    throw new RenderFault('expected a time between the years 1 and 9999 in UNIX seconds, got another')
  }
  return atMs
}
