import { stripText } from './characters.ts'

const PREFIXES: Record<string, number> = { b: 2, o: 8, x: 16 }
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'
const LENGTH_LIMIT = 4300

/** Python's `int(text, base)`; null where it would fail. */
export function parseWholeText(text: string, base: number): bigint | null {
  const match = /^([+-]?)(?:0([bBoOxX])_?)?([\da-zA-Z]+(?:_[\da-zA-Z]+)*)$/.exec(stripText(text, 'both', null))
  if (match === null || text.length > LENGTH_LIMIT) return null
  const [, sign, prefix, body] = match
  const given = prefix === undefined ? undefined : PREFIXES[prefix.toLowerCase()]
  if (given !== undefined && base !== 0 && base !== given)
    return base > 11 ? digitsIn(`0${prefix!}${body!}`, sign!, base) : null
  const radix = base === 0 ? (given ?? 10) : base
  return digitsIn(body!, sign!, radix)
}

function digitsIn(body: string, sign: string, radix: number): bigint | null {
  if (radix < 2 || radix > 36) return null
  let value = 0n
  for (const character of body.replaceAll('_', '').toLowerCase()) {
    const digit = DIGITS.indexOf(character)
    if (digit >= radix) return null
    value = value * BigInt(radix) + BigInt(digit)
  }
  return sign === '-' ? -value : value
}

const FLOAT = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/
const SPECIAL: Record<string, number> = { inf: Infinity, infinity: Infinity, nan: Number.NaN }

/** Python's `float(text)`; null where it would fail. */
export function parseFloatText(text: string): number | null {
  const body = stripText(text, 'both', null)
  if (FLOAT.test(body)) return Number(body.replaceAll('_', ''))
  const special = SPECIAL[body.replace(/^[+-]/, '').toLowerCase()]
  if (special === undefined) return null
  return body.startsWith('-') ? -special : special
}
