import { charactersOf } from './characters.ts'
import { DictView, isMapping, mappingEntries } from './dict.ts'
import { RenderFault } from './fault.ts'
import { isNumber, isWhole, numberText, toDouble } from './number.ts'
import { dataText, itemsOf, plainText } from './print.ts'
import { order } from './compare.ts'
import { Callable, Markup, Namespace, Undefined, checkedText, kindOf, undefinedFault } from './value.ts'

const DEPTH_LIMIT = 200

/** How JSON is laid out: between items, after a colon, and whether mappings are sorted by key. */
interface Style {
  readonly comma: string
  readonly colon: string
  readonly indent: string | null
  readonly isSorted: boolean
  /** Escapes such as `\u00e9` for all but ASCII, and for `< > & '`, as Jinja2's `tojson` does. */
  readonly isAsciiOnly: boolean
}

const COMPACT: Style = { comma: ',', colon: ':', indent: null, isSorted: false, isAsciiOnly: false }
const NON_ASCII = /[\u007f-\uffff]/g
const HTML_UNSAFE = /[<>&']/g

function unicodeEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A value as JSON, without blanks, in its own order: what a placeholder outside a JSON string prints. */
export function jsonText(value: unknown): string {
  return write(value, COMPACT, 0)
}

/** Jinja2's `tojson`: sorted keys, `, ` and `: `, ASCII only, safe inside HTML. */
export function sortedJsonText(value: unknown, indent: string | null): string {
  const style = { comma: indent === null ? ', ' : ',', colon: ': ', indent, isSorted: true, isAsciiOnly: true }
  return write(value, style, 0).replace(HTML_UNSAFE, unicodeEscape)
}

function writeText(text: string, style: Style): string {
  const quoted = JSON.stringify(text)
  return style.isAsciiOnly ? quoted.replace(NON_ASCII, unicodeEscape) : quoted
}

function write(value: unknown, style: Style, depth: number): string {
  if (typeof value === 'string') return writeText(value, style)
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  if (isNumber(value)) {
    if (!isWhole(value) && !Number.isFinite(toDouble(value))) {
      throw new RenderFault('expected a number that JSON can hold, got one that is not finite')
    }
    return numberText(value)
  }
  if (value instanceof Markup) return writeText(value.raw, style)
  if (value instanceof Undefined) throw undefinedFault(value)
  if (depth > DEPTH_LIMIT) throw new RenderFault(`expected at most ${DEPTH_LIMIT} levels of JSON, got more`)
  if (isMapping(value)) return writeMapping(mappingEntries(value), style, depth)
  const items = value instanceof Callable || value instanceof Namespace ? null : itemsOf(value)
  if (items === null || value instanceof DictView) {
    throw new RenderFault(`expected a value that JSON can hold, got ${kindOf(value)}`)
  }
  return enclose(
    '[]',
    Array.from(items, (item) => write(item, style, depth + 1)),
    { style, depth },
  )
}

function writeMapping(pairs: readonly (readonly [unknown, unknown])[], style: Style, depth: number): string {
  const sorted = style.isSorted ? pairs.toSorted(([left], [right]) => order(left, right)) : pairs
  const parts = sorted.map(([key, item]) => {
    return `${writeText(keyText(key), style)}${style.colon}${write(item, style, depth + 1)}`
  })
  return enclose('{}', parts, { style, depth })
}

function keyText(key: unknown): string {
  if (key === null) return 'null'
  if (typeof key === 'string' || key instanceof Markup) return plainText(key)
  if (typeof key === 'boolean' || isNumber(key)) return dataText(key)
  throw new RenderFault(`expected texts or numbers as keys of JSON, got ${kindOf(key)}`)
}

function enclose(
  brackets: string,
  parts: readonly string[],
  { style, depth }: { style: Style; depth: number },
): string {
  const [open, close] = charactersOf(brackets)
  if (style.indent === null || parts.length === 0) return checkedText(`${open!}${parts.join(style.comma)}${close!}`)
  const inner = `\n${style.indent.repeat(depth + 1)}`
  return checkedText(`${open!}${inner}${parts.join(style.comma + inner)}\n${style.indent.repeat(depth)}${close!}`)
}
