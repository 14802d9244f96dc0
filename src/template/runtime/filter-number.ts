import { optionalText, optionalWhole } from './argument.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { fixedDigits, roundFloat, roundWhole } from './decimal.ts'
import { RenderFault } from './fault.ts'
import { floatFrom, isWhole, numberFrom, numberText, toDouble, wholeFrom, type NumberValue } from './number.ts'
import { isTrue } from './iterate.ts'
import { parseFloatText, parseWholeText } from './number-text.ts'
import { Undefined, isText, kindOf, rawText, undefinedFault } from './value.ts'

function numberArgument(value: unknown): NumberValue {
  const number = numberFrom(value)
  if (number !== null) return number
  if (value instanceof Undefined) throw undefinedFault(value)
  throw new RenderFault(`expected a number, got ${kindOf(value)}`)
}

function toWhole(value: unknown, fallback: unknown, base: number): unknown {
  if (value instanceof Undefined) throw undefinedFault(value)
  const whole = isText(value) ? parseWholeText(rawText(value), base) : null
  if (whole !== null) return wholeFrom(whole)
  const number = isText(value) ? parseFloatText(rawText(value)) : numberFrom(value)
  if (number === null) return fallback
  if (typeof number === 'bigint') return number
  const double = toDouble(number)
  return Number.isFinite(double) ? wholeFrom(BigInt(Math.trunc(double))) : fallback
}

function toFloat(value: unknown, fallback: unknown): unknown {
  if (value instanceof Undefined) throw undefinedFault(value)
  const number = isText(value) ? parseFloatText(rawText(value)) : numberFrom(value)
  return number === null ? fallback : floatFrom(toDouble(number))
}

function round(value: unknown, precision: unknown, method: string): NumberValue {
  const number = numberArgument(value)
  const places = optionalWhole(precision, '`precision`', 0)
  if (method === 'common') {
    return isWhole(number)
      ? wholeFrom(roundWhole(BigInt(number), places))
      : floatFrom(roundFloat(toDouble(number), places))
  }
  if (method !== 'ceil' && method !== 'floor') {
    throw new RenderFault('expected `method` to be "common", "ceil" or "floor", got another text')
  }
  const factor = 10 ** places
  // What Python rounds up or down to is a whole number, which has no negative zero.
  return floatFrom((Math[method](toDouble(number) * factor) + 0) / factor)
}

const SIZES = ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']

function fileSize(value: unknown, isBinary: boolean): string {
  const bytes = isText(value) ? parseFloatText(rawText(value)) : numberFrom(value)
  if (bytes === null) throw new RenderFault(`expected a number of bytes, got ${kindOf(value)}`)
  const count = toDouble(bytes)
  const base = isBinary ? 1024 : 1000
  if (count === 1) return '1 Byte'
  if (count < base) return `${Math.trunc(count)} Bytes`
  const index = SIZES.findIndex((_, place) => count < base ** (place + 2))
  const place = index === -1 ? SIZES.length - 1 : index
  const prefix = isBinary ? `${SIZES[place]!.toUpperCase()}iB` : `${SIZES[place]!}B`
  return `${fixedDigits((base * count) / base ** (place + 2), 1)} ${prefix}`
}

/** `1234567.5` as `1,234,567.5`. */
function delimit(value: unknown, delimiter: string): string {
  const text = isText(value) ? rawText(value) : numberText(numberArgument(value))
  const [whole, ...fraction] = text.split('.')
  return [whole!.replace(/(?<=\d)(?=(?:\d{3})+$)/g, delimiter), ...fraction].join('.')
}

export const NUMBER_FILTERS: Methods = {
  abs: defineMethod('', (value) => {
    const number = numberArgument(value)
    if (typeof number === 'bigint') return number < 0n ? -number : number
    return isWhole(number) ? Math.abs(number) : floatFrom(Math.abs(toDouble(number)))
  }),
  int: defineMethod('default=, base=', (value, { values: [fallback = 0, base] }) => {
    return toWhole(value, fallback, optionalWhole(base, '`base`', 10))
  }),
  float: defineMethod('default=', (value, { values: [fallback] }) => {
    return toFloat(value, fallback === undefined ? floatFrom(0) : fallback)
  }),
  round: defineMethod('precision=, method=', (value, { values: [precision, method] }) => {
    return round(value, precision, optionalText(method, '`method`') ?? 'common')
  }),
  filesizeformat: defineMethod('binary=', (value, { values: [binary] }) => fileSize(value, isTrue(binary ?? false))),
  number_with_delimiter: defineMethod('delimiter=', (value, { values: [delimiter] }) => {
    return delimit(value, optionalText(delimiter, '`delimiter`') ?? ',')
  }),
}
