import { wholeArgument } from './argument.ts'
import { sliceText } from './characters.ts'
import { isMapping, mappingGet } from './dict.ts'
import { RenderFault } from './fault.ts'
import { floatDigits, pad, wholeDigits, type Layout } from './format-number.ts'
import { floatFrom, indexFrom, isNumber, isWhole, numberFrom, toDouble, type NumberValue } from './number.ts'
import { asciiRepr, dataText, plainText, reprOf, textOf } from './print.ts'
import { Markup, Tuple, Undefined, checkedText, isText, kindOf, undefinedFault } from './value.ts'

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ #0]*)(\d+|\*)?(\.(?:\d+|\*)?)?[hlL]?([^])?/g

interface Directive {
  readonly flags: string
  readonly width: number
  readonly precision: number | null
  readonly type: string
}

/** Hands out the values of `%`: one after the other, or by name from a mapping. */
class Values {
  readonly #values: readonly unknown[]
  readonly #source: unknown
  #next = 0

  constructor(source: unknown) {
    this.#source = source
    this.#values = source instanceof Tuple ? source.items : [source]
  }

  take(): unknown {
    if (this.#next >= this.#values.length)
      throw new RenderFault('expected a value for each `%` of the format, got fewer')
    const value = this.#values[this.#next]
    this.#next += 1
    return value
  }

  named(name: string): unknown {
    if (!isMapping(this.#source)) throw new RenderFault('expected a mapping for a format with names, got none')
    const value = mappingGet(this.#source, name)
    if (value === undefined)
      throw new RenderFault('expected the mapping to have each name of the format, got one without')
    this.#next = this.#values.length
    return value
  }

  finish(): void {
    // Python lets anything that could be a mapping go unused: a list, an undefined value.
    const isUnusable = this.#source instanceof Tuple || typeof this.#source !== 'object' || this.#source === null
    if (this.#next < this.#values.length && (isUnusable || isNumber(this.#source) || isText(this.#source))) {
      throw new RenderFault('expected a `%` of the format for each value, got fewer')
    }
  }
}

/** `'%s has %d' % values`: Python's printf. A safe format takes in its values escaped. */
export function formatPercent(format: string | Markup, source: unknown): string | Markup {
  const values = new Values(source)
  const text = textOf(format).replace(DIRECTIVE, (whole, ...groups: (string | undefined)[]) => {
    const [name, flags = '', width, precision, type] = groups
    if (whole === '%%') return '%'
    const count = (given: string): number => (given === '*' ? wholeArgument(values.take(), '`*`') : Number(given))
    const directive = {
      flags,
      width: width === undefined ? 0 : count(width),
      precision: precision === undefined ? null : count(precision.slice(1)),
      type: type ?? '',
    }
    const value = name === undefined ? values.take() : values.named(name)
    return checkedText(formatOne(value, directive, format instanceof Markup ? format : null))
  })
  values.finish()
  const checked = checkedText(text)
  return format instanceof Markup ? new Markup(checked, format.dialect) : checked
}

function formatOne(value: unknown, directive: Directive, safe: Markup | null): string {
  const { flags, width, type } = directive
  const isLeft = flags.includes('-') || width < 0
  const padding = { width: Math.abs(width), fill: ' ', align: isLeft ? '<' : '>' }
  if ('sra'.includes(type) && type !== '') {
    const shown = type === 's' ? shownText(value, safe) : type === 'r' ? reprOf(value) : asciiRepr(value)
    const cut = directive.precision === null ? shown : sliceText(shown, 0, directive.precision)
    const body = safe !== null && !(value instanceof Markup && type === 's') ? safe.dialect.escape(cut) : cut
    return pad({ sign: '', prefix: '', body }, padding)
  }
  if (type === 'c') return pad({ sign: '', prefix: '', body: characterFrom(value, safe) }, padding)
  const isZeroed = flags.includes('0') && !isLeft
  return pad(numberDigits(value, directive), isZeroed ? { ...padding, fill: '0', align: '=' } : padding)
}

function shownText(value: unknown, safe: Markup | null): string {
  if (safe === null) return plainTextOrMarkup(value)
  return value instanceof Markup || safe.dialect.name === 'html' ? textOf(value) : dataText(value)
}

function plainTextOrMarkup(value: unknown): string {
  return value instanceof Markup && value.dialect.name !== 'html' ? plainText(value) : textOf(value)
}

function characterFrom(value: unknown, safe: Markup | null): string {
  const code = indexFrom(value)
  const text = code === null ? plainText(value) : code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ''
  if (Array.from(text).length !== 1) throw new RenderFault('expected one character for `%c`, got none or more')
  return safe === null ? text : safe.dialect.escape(text)
}

function numberDigits(value: unknown, { flags, precision, type }: Directive): ReturnType<typeof wholeDigits> {
  if (value instanceof Undefined) throw undefinedFault(value)
  const number = numberFrom(value)
  if (number === null) throw new RenderFault(`expected a number for \`%${type}\`, got ${kindOf(value)}`)
  const sign = flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '-'
  const layout: Layout = { type, precision, sign, isAlternate: flags.includes('#'), grouping: '' }
  if ('diuoxX'.includes(type) && type !== '') {
    const digits = wholeDigits(wholeFor(number, type), layout)
    return precision === null ? digits : { ...digits, body: digits.body.padStart(precision, '0') }
  }
  if ('eEfFgG'.includes(type) && type !== '') return floatDigits(floatFrom(toDouble(number)), layout)
  throw new RenderFault(`expected a format such as \`%s\` or \`%.2f\`, got \`%${type}\``)
}

function wholeFor(number: NumberValue, type: string): number | bigint {
  if (isWhole(number)) return number
  const whole = Math.trunc(toDouble(number))
  if (Number.isFinite(whole) && 'diu'.includes(type)) return BigInt(whole)
  throw new RenderFault(`expected a whole number for \`%${type}\`, got a fraction`)
}
