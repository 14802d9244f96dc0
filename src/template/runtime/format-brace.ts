import { sliceText } from './characters.ts'
import { RenderFault } from './fault.ts'
import { floatDigits, pad, wholeDigits, wholeOnly, type Layout } from './format-number.ts'
import { isWhole, numberFrom, type NumberValue } from './number.ts'
import { itemAt, ownAttribute } from './own-attribute.ts'
import { isMapping, mappingGet } from './dict.ts'
import { asciiRepr, dataText, reprOf, textOf } from './print.ts'
import { Markup, checkedText, checkedTextLength, isText, kindOf, rawText, type CallArguments } from './value.ts'

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([_,])?(?:\.(\d+))?([bcdeEfFgGnosxX%])?$/su
const FIELD = /^([^.[!:]*)((?:\.[^.[!:]+|\[[^\]]*\])*)$/

interface Spec extends Layout {
  readonly fill: string
  readonly align: string | null
  readonly isZeroed: boolean
  readonly isSigned: boolean
  readonly width: number
}

function parseSpec(text: string): Spec {
  const match = SPEC.exec(text)
  if (match === null) throw new RenderFault('expected a format such as `>10` or `,.2f` behind `:`, got another')
  const [, fill, align, sign, alternate, zero, width, grouping = '', precision, type = ''] = match
  return {
    fill: fill ?? (zero === undefined ? ' ' : '0'),
    align: align ?? null,
    isZeroed: zero !== undefined,
    isSigned: sign !== undefined,
    sign: sign ?? '-',
    isAlternate: alternate !== undefined,
    width: Number(width ?? 0),
    grouping,
    precision: precision === undefined ? null : Number(precision),
    type,
  }
}

/** `.name` is an attribute, which a mapping has none of; `[name]` a mapping's value or a list's item. */
function attributeOf(value: unknown, name: string): unknown {
  return isMapping(value) ? undefined : ownAttribute(value, name)
}

function itemOf(value: unknown, name: string): unknown {
  if (isMapping(value)) return mappingGet(value, name)
  return /^\d+$/.test(name) ? itemAt(value, Number(name)) : undefined
}

/** One value as a format such as `,.2f` asks. */
function formatValue(value: unknown, specText: string): string {
  if (specText === '') return value instanceof Markup ? value.raw : textOf(value)
  const spec = parseSpec(specText)
  checkedTextLength(spec.width)
  const number = numberFrom(value)
  if (number === null) return formatText(value, spec)
  checkNumberSpec(number, spec)
  if (spec.type === 'c') return formatText(String.fromCodePoint(Number(wholeOnly(number, 'c'))), { ...spec, type: '' })
  if (spec.type === 's') throw new RenderFault('expected a text for `s`, got a number')
  const isFloat = isFloatSpec(number, spec)
  const digits = isFloat
    ? floatDigits(rejectWholeType(number, spec), spec)
    : wholeDigits(wholeOnly(number, spec.type), spec)
  return pad(digits, { width: spec.width, fill: spec.fill, align: spec.align ?? (spec.isZeroed ? '=' : '>') })
}

function isFloatSpec(number: NumberValue, { type }: Spec): boolean {
  return !isWhole(number) || /^[eEfFgG%]$/.test(type)
}

function checkNumberSpec(number: NumberValue, spec: Spec): void {
  const { type, grouping, precision } = spec
  const isGroupable = grouping === '' || !(type === 'n' || type === 'c' || (grouping === ',' && /^[box]$/i.test(type)))
  if (!isGroupable) throw new RenderFault(`expected no \`${grouping}\` before \`${type}\` in a format, got one`)
  if (precision !== null && !isFloatSpec(number, spec)) {
    throw new RenderFault('expected no precision in the format of a whole number, got one')
  }
}

function rejectWholeType<T>(number: T, spec: Spec): T {
  if (spec.type !== '' && 'bdoxX'.includes(spec.type)) {
    throw new RenderFault(`expected a whole number for \`${spec.type}\`, got a fraction`)
  }
  return number
}

function formatText(value: unknown, spec: Spec): string {
  if (spec.type !== '' && spec.type !== 's') {
    throw new RenderFault(`expected a number for \`${spec.type}\`, got ${kindOf(value)}`)
  }
  if (spec.isSigned || spec.isAlternate || spec.grouping !== '') {
    throw new RenderFault('expected no sign, `#` or grouping in the format of a text, got one')
  }
  if (spec.align === '=' || !isText(value)) {
    throw new RenderFault(
      `expected ${isText(value) ? 'a number' : 'a text or number'} for the format, got ${kindOf(value)}`,
    )
  }
  const text = rawText(value)
  const body = spec.precision === null ? text : sliceText(text, 0, spec.precision)
  return pad({ sign: '', prefix: '', body }, { width: spec.width, fill: spec.fill, align: spec.align ?? '<' })
}

/** `'{} {name:>10}'.format(…)`: attributes and items are looked up as in a template, in data only. */
export function formatBraces(format: string | Markup, args: CallArguments): string | Markup {
  const fields = new Fields(args, format instanceof Markup ? format : null)
  const text = checkedText(fields.fill(textOf(format), 0))
  return format instanceof Markup ? new Markup(text, format.dialect) : text
}

const CONVERSIONS: Readonly<Record<string, (value: unknown) => string>> = { s: textOf, r: reprOf, a: asciiRepr }

class Fields {
  readonly #args: CallArguments
  readonly #safe: Markup | null
  #next = 0
  /** Whether fields are taken in turn (`{}`) or by number (`{0}`); null until the first one. */
  #isCounted: boolean | null = null

  constructor(args: CallArguments, safe: Markup | null) {
    this.#args = args
    this.#safe = safe
  }

  /** Walks the format by hand: fields nest once, in the part behind `:`. */
  fill(format: string, depth: number): string {
    if (depth > 1) throw new RenderFault('expected a format with fields nested once, got them deeper')
    let result = ''
    for (let at = 0; at < format.length; at += 1) {
      const character = format[at]!
      const isDouble = (character === '{' || character === '}') && format[at + 1] === character
      if (isDouble && depth === 0) at += 1
      if (character !== '{' || (isDouble && depth === 0)) {
        if (character === '}' && !isDouble) throw new RenderFault('expected `}}` for a single `}` in a format, got `}`')
        result += character
        continue
      }
      const end = closingBrace(format, at)
      result += this.#field(format.slice(at + 1, end), depth)
      at = end
    }
    return result
  }

  #field(field: string, depth: number): string {
    const colon = fieldColon(field)
    const head = colon === -1 ? field : field.slice(0, colon)
    const [path, conversion] = splitConversion(head)
    const value = this.#value(path)
    const spec = colon === -1 ? '' : this.fill(field.slice(colon + 1), depth + 1)
    const shown = conversion === null ? value : CONVERSIONS[conversion]!(value)
    if (depth > 0 || this.#safe === null) return formatValue(shown, spec)
    if (shown instanceof Markup && spec === '') return shown.text
    const { dialect } = this.#safe
    return dialect.escape(spec === '' && dialect.name !== 'html' ? dataText(shown) : formatValue(shown, spec))
  }

  #value(path: string): unknown {
    const match = FIELD.exec(path)
    if (match === null) throw new RenderFault('expected a field such as `{0.name}` in a format, got another')
    let value = this.#argument(match[1]!)
    for (const [part] of match[2]!.matchAll(/\.[^.[]+|\[[^\]]*\]/g)) {
      value = part.startsWith('.') ? attributeOf(value, part.slice(1)) : itemOf(value, part.slice(1, -1))
      if (value === undefined) throw new RenderFault('expected what each field of the format looks up, got nothing')
    }
    return value
  }

  #argument(name: string): unknown {
    if (name !== '' && !/^\d+$/.test(name)) {
      if (!this.#args.keywords.has(name))
        throw new RenderFault('expected a value for each name of the format, got fewer')
      return this.#args.keywords.get(name)
    }
    const isCounted = name === ''
    if (isCounted !== (this.#isCounted ?? isCounted)) {
      throw new RenderFault('expected fields with numbers or fields without, got both in one format')
    }
    this.#isCounted = isCounted
    const index = isCounted ? this.#next : Number(name)
    if (isCounted) this.#next += 1
    if (index >= this.#args.positional.length) {
      throw new RenderFault('expected a value for each field of the format, got fewer')
    }
    return this.#args.positional[index]
  }
}

function closingBrace(format: string, start: number): number {
  let depth = 0
  for (let at = start; at < format.length; at += 1) {
    if (format[at] === '{') depth += 1
    else if (format[at] === '}') depth -= 1
    if (depth === 0) return at
  }
  throw new RenderFault('expected `{{` for a single `{` in a format, got `{`')
}

/** The `:` that ends the field's name: one inside square brackets does not. */
function fieldColon(field: string): number {
  let isInBrackets = false
  for (let at = 0; at < field.length; at += 1) {
    if (field[at] === '[') isInBrackets = true
    else if (field[at] === ']') isInBrackets = false
    else if (field[at] === ':' && !isInBrackets) return at
  }
  return -1
}

function splitConversion(head: string): [string, string | null] {
  const match = /^([^]*)!([rsa])$/.exec(head)
  return match === null ? [head, null] : [match[1]!, match[2]!]
}
