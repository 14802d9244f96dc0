import { checkedPlaces, exponentDigits, fixedDigits, generalDigits } from './decimal.ts'
import { RenderFault } from './fault.ts'
import { floatText, isWhole, toDouble, type NumberValue } from './number.ts'
import { checkedTextLength } from './value.ts'

/** How a number is laid out: the part of a format behind `%` or `:`. */
export interface Layout {
  readonly type: string
  readonly precision: number | null
  /** `+`, a space, or `-` for a sign on negative numbers only. */
  readonly sign: string
  readonly isAlternate: boolean
  readonly grouping: string
}

const RADIX: Record<string, { base: number; prefix: string }> = {
  b: { base: 2, prefix: '0b' },
  o: { base: 8, prefix: '0o' },
  x: { base: 16, prefix: '0x' },
  X: { base: 16, prefix: '0X' },
}

export interface Digits {
  readonly sign: string
  readonly prefix: string
  readonly body: string
  /** How zeros in front of the body are grouped too. */
  readonly zeros?: (body: string, length: number) => string
}

function signOf(isNegative: boolean, sign: string): string {
  if (isNegative) return '-'
  return sign === '-' ? '' : sign
}

/** What stands before a point, an exponent or a percent sign, and the rest; in hexadecimal an `e` is a digit. */
function splitDigits(digits: string, size: number): string[] {
  return size === 3 ? digits.split(/(?=[.e%])/i) : [digits]
}

function group(digits: string, separator: string, size: number): string {
  if (separator === '') return digits
  const [whole, ...rest] = splitDigits(digits, size)
  return whole!.replace(new RegExp(`(?=(?:[0-9a-fA-F]{${size}})+$)(?!^)`, 'g'), separator) + rest.join('')
}

/** Fills up with zeros to a length at least; none begins with a separator: `{:08,}` of 1234 is `0,001,234`. */
function zerosWith(separator: string, size: number): (body: string, length: number) => string {
  return (body, length) => {
    const [whole, ...rest] = splitDigits(body, size)
    let digits = whole!.replaceAll(separator, '')
    const made = (): string => group(digits, separator, size) + rest.join('')
    while (made().length < length) digits = `0${digits}`
    return made()
  }
}

/** A whole number in decimal, binary, octal or hexadecimal digits. */
export function wholeDigits(value: number | bigint, { type, sign, isAlternate, grouping }: Layout): Digits {
  const number = BigInt(value)
  const radix = RADIX[type]
  const digits = (number < 0n ? -number : number).toString(radix?.base ?? 10)
  const size = radix === undefined ? 3 : 4
  const body = group(type === 'X' ? digits.toUpperCase() : digits, grouping, size)
  const shown = { sign: signOf(number < 0n, sign), prefix: isAlternate ? (radix?.prefix ?? '') : '', body }
  return grouping === '' ? shown : { ...shown, zeros: zerosWith(grouping, size) }
}

/** A float in fixed (`f`), scientific (`e`), general (`g`), percent (`%`) or its own shortest form (``). */
export function floatDigits(value: NumberValue, layout: Layout): Digits {
  const number = toDouble(value)
  const sign = signOf(number < 0 || Object.is(number, -0), layout.sign)
  const isUpper = layout.type !== '' && 'EFG'.includes(layout.type)
  if (!Number.isFinite(number)) {
    const body = Number.isNaN(number) ? 'nan' : 'inf'
    return {
      sign: Number.isNaN(number) ? signOf(false, layout.sign) : sign,
      prefix: '',
      body: isUpper ? body.toUpperCase() : body,
    }
  }
  const { grouping } = layout
  const digits = floatBody(number, layout)
  const body = group(layout.isAlternate ? withPoint(digits) : digits, grouping, 3)
  const shown = { sign, prefix: '', body: isUpper ? body.toUpperCase() : body }
  return grouping === '' ? shown : { ...shown, zeros: zerosWith(grouping, 3) }
}

function floatBody(number: number, { type, precision, isAlternate }: Layout): string {
  const places = checkedPlaces(precision ?? 6)
  switch (type.toLowerCase()) {
    case 'f':
      return fixedDigits(number, places)
    case 'e':
      return exponentDigits(number, places)
    case '%':
      return `${fixedDigits(number * 100, places)}%`
    case 'g':
    case 'n':
      return generalDigits(number, { digits: places, isKeepingZeros: isAlternate, exponentFrom: Math.max(1, places) })
    default:
      return precision === null ? floatText(Math.abs(number)) : shortDigits(number, places, isAlternate)
  }
}

/** `#`: a point in any case. */
function withPoint(digits: string): string {
  return digits.includes('.') ? digits : digits.replace(/(?=[e%]|$)/, '.')
}

/** No type but a precision: like `g`, with at least one digit behind the point, and an exponent one digit earlier. */
function shortDigits(number: number, places: number, isKeepingZeros: boolean): string {
  const digits = Math.max(1, places)
  const text = generalDigits(number, { digits, isKeepingZeros, exponentFrom: digits - 1 })
  return /[.e]/.test(text) ? text : `${text}.0`
}

export interface Padding {
  readonly width: number
  readonly fill: string
  /** `<`, `>`, `^`, or `=` for padding between sign and digits. */
  readonly align: string
}

export function pad(digits: Digits, { width, fill, align }: Padding): string {
  checkedTextLength(width)
  const text = digits.sign + digits.prefix + digits.body
  const missing = width - Array.from(text).length
  if (missing <= 0) return text
  if (align === '=' && fill === '0' && digits.zeros !== undefined) {
    return digits.sign + digits.prefix + digits.zeros(digits.body, digits.body.length + missing)
  }
  if (align === '=') return digits.sign + digits.prefix + fill.repeat(missing) + digits.body
  if (align === '<') return text + fill.repeat(missing)
  if (align === '>') return fill.repeat(missing) + text
  return fill.repeat(Math.floor(missing / 2)) + text + fill.repeat(missing - Math.floor(missing / 2))
}

/** A whole number is asked for; a float without fraction would do in `%d`, not in `{:d}`. */
export function wholeOnly(value: NumberValue, type: string): number | bigint {
  if (isWhole(value)) return value
  throw new RenderFault(`expected a whole number for \`${type}\`, got a fraction`)
}
