import { RenderFault } from './fault.ts'
import { MONTHS } from './strftime.ts'
import { checkedMoment, wallTimeMs, type WallTime, type Zones } from './zone.ts'

const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$/i

interface Where {
  readonly zone: string
  readonly zones: Zones
}

function checkedWall(wall: WallTime): WallTime {
  const { year, month, day, hour, minute, second } = wall
  const isTime = hour < 24 && minute < 60 && second < 60
  const isDate = year >= 1 && month >= 1 && month <= 12 && day >= 1
  if (!isTime || !isDate || new Date(wallTimeMs(wall)).getUTCDate() !== day) {
    throw new RenderFault('expected a date that the calendar has, got another')
  }
  return wall
}

function momentOf(wall: WallTime, rest: { fractionMs: number; offset: string | undefined }, where: Where): number {
  const wallMs = wallTimeMs(checkedWall(wall)) + rest.fractionMs
  if (rest.offset === undefined) return checkedMoment(where.zones.momentMs(where.zone, wallMs))
  if (rest.offset.toUpperCase() === 'Z') return checkedMoment(wallMs)
  const digits = rest.offset.slice(1).replace(':', '')
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2) || 0)
  return checkedMoment(wallMs - (rest.offset.startsWith('-') ? -1 : 1) * minutes * 60_000)
}

function fractionMs(digits: string | undefined): number {
  return digits === undefined ? 0 : Math.floor(Number(`0.${digits}`) * 1000)
}

/** Reads an ISO 8601 date or date and time; without an offset it is the zone's own time. Milliseconds. */
export function parseIsoTime(text: string, where: Where): number {
  const match = ISO.exec(text.trim())
  if (match === null) throw new RenderFault('expected a date such as "2026-11-22T10:00:00Z", got another text')
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction, offset] = match
  const wall = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  }
  return momentOf(wall, { fractionMs: fractionMs(fraction), offset }, where)
}

const PATTERNS: Readonly<Record<string, string>> = {
  Y: String.raw`(?<Y>\d{4})`,
  y: String.raw`(?<y>\d{2})`,
  m: String.raw`(?<m>\d{1,2})`,
  d: String.raw`(?<d>\d{1,2})`,
  H: String.raw`(?<H>\d{1,2})`,
  I: String.raw`(?<I>\d{1,2})`,
  p: '(?<p>[AaPp][Mm])',
  M: String.raw`(?<M>\d{1,2})`,
  S: String.raw`(?<S>\d{1,2})`,
  f: String.raw`(?<f>\d{1,6})`,
  z: String.raw`(?<z>Z|[+-]\d{2}:?\d{2})`,
  b: String.raw`(?<b>[A-Za-z]{3})`,
  B: String.raw`(?<B>[A-Za-z]+)`,
  '%': '%',
}

function patternFrom(format: string): RegExp {
  const source = format.replace(/%([^])|([\\^$.*+?()[\]{}|])/g, (whole, directive?: string, special?: string) => {
    if (special !== undefined) return `\\${special}`
    const pattern = Object.hasOwn(PATTERNS, directive!) ? PATTERNS[directive!] : undefined
    if (pattern === undefined) throw new RenderFault(`expected a directive such as \`%Y\`, got \`${whole}\``)
    return pattern
  })
  try {
    return new RegExp(`^\\s*${source}\\s*$`)
  } catch (cause) {
    throw new RenderFault('expected each directive of the format once, got one twice', { cause })
  }
}

function monthFrom(groups: Record<string, string | undefined>): number {
  const name = (groups['B'] ?? groups['b'])?.toLowerCase()
  if (name === undefined) return Number(groups['m'] ?? 1)
  return MONTHS.findIndex((month) => (groups['B'] === undefined ? month.slice(0, 3) : month).toLowerCase() === name) + 1
}

function hourFrom(groups: Record<string, string | undefined>): number {
  const hour = Number(groups['H'] ?? groups['I'] ?? 0)
  if (groups['p'] === undefined || groups['H'] !== undefined) return hour
  return (hour % 12) + (groups['p'].toLowerCase() === 'pm' ? 12 : 0)
}

/** Reads a date written by a `strptime` format. Milliseconds. */
export function parseTime(text: string, format: string, where: Where): number {
  const groups = patternFrom(format).exec(text)?.groups
  if (groups === undefined) throw new RenderFault('expected a date in the format given, got another text')
  const short = Number(groups['y'] ?? 0)
  const wall = {
    year: Number(groups['Y'] ?? (groups['y'] === undefined ? 1900 : short + (short < 69 ? 2000 : 1900))),
    month: monthFrom(groups),
    day: Number(groups['d'] ?? 1),
    hour: hourFrom(groups),
    minute: Number(groups['M'] ?? 0),
    second: Number(groups['S'] ?? 0),
  }
  return momentOf(wall, { fractionMs: fractionMs(groups['f']), offset: groups['z'] }, where)
}
