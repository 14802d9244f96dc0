import { RenderFault } from './fault.ts'
import { checkedMoment, type Zones } from './zone.ts'

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const
const DAY_MS = 86_400_000

/** What a directive needs: the wall time in the fields of a UTC date. */
interface Moment {
  readonly wall: Date
  readonly atMs: number
  readonly offsetMs: number
  readonly zone: string
}

function dayOfYear(wall: Date): number {
  return Math.floor((wall.getTime() - Date.UTC(wall.getUTCFullYear(), 0, 1)) / DAY_MS) + 1
}

/** ISO 8601: week 1 has the year's first Thursday. */
function isoWeek(wall: Date): { year: number; week: number } {
  const thursday = new Date(wall.getTime() + (4 - (wall.getUTCDay() || 7)) * DAY_MS)
  return { year: thursday.getUTCFullYear(), week: Math.ceil(dayOfYear(thursday) / 7) }
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(Math.trunc(offsetMs / 60_000))
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

function hour12(wall: Date): number {
  return wall.getUTCHours() % 12 || 12
}

type Directive = (moment: Moment) => string

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  a: ({ wall }) => DAYS[wall.getUTCDay()]!.slice(0, 3),
  A: ({ wall }) => DAYS[wall.getUTCDay()]!,
  w: ({ wall }) => String(wall.getUTCDay()),
  u: ({ wall }) => String(wall.getUTCDay() || 7),
  d: ({ wall }) => two(wall.getUTCDate()),
  e: ({ wall }) => String(wall.getUTCDate()).padStart(2, ' '),
  b: ({ wall }) => MONTHS[wall.getUTCMonth()]!.slice(0, 3),
  h: ({ wall }) => MONTHS[wall.getUTCMonth()]!.slice(0, 3),
  B: ({ wall }) => MONTHS[wall.getUTCMonth()]!,
  m: ({ wall }) => two(wall.getUTCMonth() + 1),
  y: ({ wall }) => two(wall.getUTCFullYear() % 100),
  Y: ({ wall }) => String(wall.getUTCFullYear()),
  C: ({ wall }) => two(Math.floor(wall.getUTCFullYear() / 100)),
  H: ({ wall }) => two(wall.getUTCHours()),
  k: ({ wall }) => String(wall.getUTCHours()).padStart(2, ' '),
  I: ({ wall }) => two(hour12(wall)),
  l: ({ wall }) => String(hour12(wall)).padStart(2, ' '),
  p: ({ wall }) => (wall.getUTCHours() < 12 ? 'AM' : 'PM'),
  P: ({ wall }) => (wall.getUTCHours() < 12 ? 'am' : 'pm'),
  M: ({ wall }) => two(wall.getUTCMinutes()),
  S: ({ wall }) => two(wall.getUTCSeconds()),
  f: ({ wall }) => `${String(wall.getUTCMilliseconds()).padStart(3, '0')}000`,
  z: ({ offsetMs }) => offsetText(offsetMs),
  Z: ({ zone }) => zone,
  j: ({ wall }) => String(dayOfYear(wall)).padStart(3, '0'),
  U: ({ wall }) => two(Math.floor((dayOfYear(wall) + 6 - wall.getUTCDay()) / 7)),
  W: ({ wall }) => two(Math.floor((dayOfYear(wall) + 6 - ((wall.getUTCDay() + 6) % 7)) / 7)),
  G: ({ wall }) => String(isoWeek(wall).year),
  V: ({ wall }) => two(isoWeek(wall).week),
  s: ({ atMs }) => String(Math.floor(atMs / 1000)),
  n: () => '\n',
  t: () => '\t',
  '%': () => '%',
}

const COMPOSED: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  T: '%H:%M:%S',
  x: '%m/%d/%y',
  X: '%H:%M:%S',
}

/** Prints a moment by Python's `strftime`; `%-d` leaves the padding out. */
export function formatTime(atMs: number, pattern: string, { zone, zones }: { zone: string; zones: Zones }): string {
  const offsetMs = zones.offsetMs(zone, checkedMoment(atMs))
  const moment = { wall: new Date(atMs + offsetMs), atMs, offsetMs, zone }
  return pattern
    .replace(/%([cDFRrTxX])/g, (_, name: string) => COMPOSED[name]!)
    .replace(/%(-?)([^])/g, (whole, bare: string, name: string) => {
      const directive = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined
      if (directive === undefined) throw new RenderFault(`expected a directive such as \`%Y\`, got \`${whole}\``)
      return bare === '' ? directive(moment) : directive(moment).replace(/^[0 ]+(?=.)/, '')
    })
}
