import { getAttribute, getItem, getSlice } from './attribute.ts'
import { callAttribute, callValue, spreadArguments } from './call.ts'
import { contains, isEqual, order } from './compare.ts'
import { Dict, ownValue } from './dict.ts'
import { RenderFault, SuppressedByTemplate } from './fault.ts'
import { GLOBALS } from './global.ts'
import { isTrue, iterate, unpack } from './iterate.ts'
import { Loop, filterItems } from './loop.ts'
import { Macro } from './macro.ts'
import { add, concat, concatSafe, negative, operate, positive } from './operator.ts'
import { dataText, textOf, plainText } from './print.ts'
import { printHtml, printInString, printValue } from './printer.ts'
import type { RenderState } from './rendering.ts'
import { bindValues, type Signature } from './signature.ts'
import { FILTERS, TESTS } from './table.ts'
import { Float, Markup, NO_KEYWORDS, Namespace, Stream, Tuple, Undefined, kindOf, type Dialect } from './value.ts'

/** Marks a value printed into a URL, so that an empty or dotted path segment is seen; NUL cannot come from anywhere else. */
const URL_MARK = '\0'

/** A name of the context, else a global function, else undefined. */
function resolve(context: Record<string, unknown>, name: string, missing: Undefined): unknown {
  const value = ownValue(context, name)
  return value === undefined ? (GLOBALS.get(name) ?? missing) : value
}

function setAttribute(object: unknown, name: string, value: unknown): void {
  if (!(object instanceof Namespace)) {
    throw new RenderFault(`expected a \`namespace()\` to set \`${name}\` on, got ${kindOf(object)}`)
  }
  object.values.set(name, value)
}

function suppress(reason: unknown): never {
  throw new SuppressedByTemplate(reason === null ? null : plainText(reason))
}

function refuse(sentence: string): never {
  throw new RenderFault(sentence)
}

function tooLong({ maxOutputBytes }: RenderState): never {
  throw new RenderFault(`expected at most ${maxOutputBytes} bytes of output, got more`)
}

/** Runs a piece of an expression and remembers the innermost one that failed. */
function traced(state: RenderState, site: number, run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    state.failedAt ??= site
    throw error
  }
}

/**
 * All that generated code can reach, for a template of one dialect: nothing of the host.
 */
export function createRuntime(dialect: Dialect): Readonly<Record<string, unknown>> {
  const escaped = (value: unknown): string => (value instanceof Markup ? value.text : dialect.escape(dataText(value)))
  return Object.freeze({
    Loop,
    Macro,
    Map,
    add,
    bindValues,
    callAttribute,
    callValue,
    concat,
    concatSafe,
    dict: (pairs: Iterable<readonly [unknown, unknown]>) => Dict.from(pairs),
    filter: (name: string) => FILTERS[name]!.run,
    filterItems,
    float: (value: number) => new Float(value),
    getAttribute,
    getItem,
    getSlice,
    isEqual,
    isIn: (item: unknown, container: unknown) => contains(container, item),
    isTrue,
    isUndefined: (value: unknown) => value instanceof Undefined,
    iterate,
    literal: (text: string) => new Markup(text, dialect, true),
    markup: (text: string) => new Markup(text, dialect),
    negative,
    noKeywords: NO_KEYWORDS,
    operate,
    order,
    positive,
    printHtml,
    printInString,
    printUrl: (value: unknown) => (value instanceof Markup ? value.text : URL_MARK + escaped(value)),
    printValue,
    printXml: escaped,
    refuse,
    resolve,
    setAttribute,
    signature: (signature: Signature) => signature,
    spreadArguments,
    stream: (items: Iterable<unknown>) => new Stream(items),
    suppress,
    test: (name: string) => TESTS[name]!.run,
    textOf,
    tooLong,
    traced,
    tuple: (items: readonly unknown[]) => new Tuple(items),
    undefinedValue: (expression: string, why?: string) => new Undefined(expression, why),
    unpack,
  })
}

export type RenderFunction = (state: RenderState, context: Record<string, unknown>) => string

export { RenderFault, SuppressedByTemplate } from './fault.ts'
export { Journal } from './journal.ts'
export { RenderState, type Mark, type RenderSettings } from './rendering.ts'
export { HTML_DIALECT, JSON_DIALECT, URL_DIALECT, XML_DIALECT } from './dialect.ts'
export { FILTERS, TESTS } from './table.ts'
export { Zones } from './zone.ts'
export { Markup, type Dialect } from './value.ts'
