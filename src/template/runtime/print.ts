import { charactersOf, escapeCharacter, quoteText } from './characters.ts'
import { Dict, DictView, isMapping, mappingEntries } from './dict.ts'
import { RenderFault } from './fault.ts'
import { isNumber, numberText } from './number.ts'
import { Callable, Markup, Namespace, Range, Stream, Tuple, Undefined, checkedText } from './value.ts'

const DEPTH_LIMIT = 200

/** Prints a value as Jinja2 does: `True`, `None`, `1.0`, `['a', 1]`, nothing for an undefined one. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Markup) return value.text
  if (value instanceof Undefined) return ''
  return quoted(value, [])
}

/** The same, with a safe text as people read it. */
export function plainText(value: unknown): string {
  return value instanceof Markup ? value.raw : textOf(value)
}

/** How a value reads inside a text of another format: `true` and nothing where Jinja2 has `True` and `None`. */
export function dataText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return value === null ? '' : textOf(value)
}

/** Prints a value as it looks inside a list: texts are quoted. */
export function reprOf(value: unknown): string {
  return quoted(value, [])
}

/** The same in ASCII. */
export function asciiRepr(value: unknown): string {
  return reprOf(value).replace(/[^\u0000-\u007f]/gu, escapeCharacter) // eslint-disable-line no-control-regex
}

function scalar(value: unknown): string | null {
  if (typeof value === 'string') return quoteText(value)
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (isNumber(value)) return numberText(value)
  if (value === null) return 'None'
  if (value instanceof Undefined) return 'Undefined'
  if (value instanceof Markup) {
    return value.dialect.name === 'html' ? `Markup(${quoteText(value.text)})` : quoteText(value.raw)
  }
  return null
}

function quoted(value: unknown, outer: readonly unknown[]): string {
  const text = scalar(value)
  if (text !== null) return text
  if (outer.length > DEPTH_LIMIT) throw new RenderFault(`expected at most ${DEPTH_LIMIT} levels of lists, got more`)
  const inner = [...outer, value]
  const isSeen = outer.includes(value)
  const joined = (items: readonly unknown[]): string => checkedText(items.map((item) => quoted(item, inner)).join(', '))
  if (Array.isArray(value)) return isSeen ? '[...]' : `[${joined(value)}]`
  if (value instanceof Tuple) return isSeen ? '(...)' : `(${joined(value.items)}${value.items.length === 1 ? ',' : ''})`
  if (isMapping(value)) return isSeen ? '{...}' : quotedPairs(mappingEntries(value), inner)
  if (value instanceof DictView) return isSeen ? '...' : `dict_${value.kind}([${joined(value.items())}])`
  return quotedInstance(value, inner)
}

function quotedPairs(pairs: readonly (readonly [unknown, unknown])[], inner: readonly unknown[]): string {
  return checkedText(`{${pairs.map(([key, item]) => `${quoted(key, inner)}: ${quoted(item, inner)}`).join(', ')}}`)
}

function quotedInstance(value: unknown, inner: readonly unknown[]): string {
  if (value instanceof Range) {
    return `range(${value.start}, ${value.stop}${value.step === 1 ? '' : `, ${value.step}`})`
  }
  if (value instanceof Namespace) return `<Namespace ${quoted(Dict.from(value.values), inner)}>`
  if (value instanceof Callable) return value.describe()
  if (value instanceof Stream) return '<generator object>'
  throw new RenderFault('expected a value that can be printed, got one of the host program')
}

/** The items of something that can be looped over; a text's are its characters, a mapping's its keys. Null for all else. */
export function itemsOf(value: unknown): Iterable<unknown> | null {
  if (Array.isArray(value)) return value as unknown[]
  if (value instanceof Tuple) return value.items
  if (typeof value === 'string') return charactersOf(value)
  if (value instanceof Undefined) return []
  if (value instanceof Stream) return value
  if (value instanceof Markup) return charactersOf(value.raw)
  if (value instanceof Range) return Array.from({ length: value.length }, (_, index) => value.at(index))
  if (value instanceof DictView) return value.items()
  if (isMapping(value)) return mappingEntries(value).map(([key]) => key)
  return null
}
