import { RenderFault } from './fault.ts'
import type { Zones } from './zone.ts'

/**
 * What a template computes with. Plain JavaScript where it is the same thing: text is a string, `none` null, true and
 * false booleans, a list an array, a customer's mapping a plain object. A number without fraction is a whole number
 * (a bigint above 2^53), one with a fraction a float. All else is a subclass of this, so nothing of the host can be met.
 */
export abstract class TemplateValue {
  /** Says to the type checker that a look-alike is none. */
  readonly isTemplateValue = true
}

/** A float that looks whole: `1.0`, `4 / 2`. */
export class Float extends TemplateValue {
  readonly value: number

  constructor(value: number) {
    super()
    this.value = value
  }
}

/** A missing variable, attribute or item; it knows how it was written in the template. */
export class Undefined extends TemplateValue {
  readonly expression: string
  readonly why: string | null

  constructor(expression: string, why: string | null = null) {
    super()
    this.expression = expression
    this.why = why
  }
}

/** How text is made safe for where it goes, and read back. */
export interface Dialect {
  readonly name: 'json' | 'html' | 'xml' | 'url'
  escape(text: string): string
  /** The text that was escaped, or null when it cannot have been. */
  unescape(text: string): string | null
}

/** Text that is safe to print as it is. `isLiteral`: it stands in the template itself. */
export class Markup extends TemplateValue {
  readonly text: string
  readonly dialect: Dialect
  readonly isLiteral: boolean
  #raw: string | null = null

  constructor(text: string, dialect: Dialect, isLiteral = false) {
    super()
    this.text = text
    this.dialect = dialect
    this.isLiteral = isLiteral
  }

  /** What people would read: `Zoë "Z"` where `text` has `Zoë \"Z\"`. */
  get raw(): string {
    this.#raw ??= this.dialect.unescape(this.text) ?? this.text
    return this.#raw
  }
}

export class Tuple extends TemplateValue {
  readonly items: readonly unknown[]
  /** Names of the items (`groupby` has `grouper` and `list`). */
  readonly names: readonly string[]

  constructor(items: readonly unknown[], names: readonly string[] = []) {
    super()
    this.items = items
    this.names = names
  }
}

export class Range extends TemplateValue {
  readonly start: number
  readonly stop: number
  readonly step: number

  constructor(start: number, stop: number, step: number) {
    super()
    this.start = start
    this.stop = stop
    this.step = step
  }

  get length(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step))
  }

  at(index: number): number {
    return this.start + index * this.step
  }
}

/** What `map`, `select` and their like yield: read once, on demand. */
export class Stream extends TemplateValue implements Iterable<unknown> {
  readonly #iterator: Iterator<unknown>

  constructor(items: Iterable<unknown>) {
    super()
    this.#iterator = items[Symbol.iterator]()
  }

  [Symbol.iterator](): Iterator<unknown> {
    return { next: () => this.#iterator.next() }
  }
}

/** `namespace()`: the one thing whose attributes a template may set. */
export class Namespace extends TemplateValue {
  readonly values: Map<string, unknown>

  constructor(values: Map<string, unknown>) {
    super()
    this.values = values
  }
}

export type Keywords = ReadonlyMap<string, unknown>
export const NO_KEYWORDS: Keywords = new Map()

/** Something a template may call: macros, global functions, methods. */
export abstract class Callable extends TemplateValue {
  abstract readonly name: string
  abstract call(args: CallArguments, rendering: Rendering): unknown

  /** What printing the thing itself shows. */
  describe(): string {
    return `<built-in ${this.name}>`
  }
}

/** An object with a closed list of attributes: `loop`, a cycler, a macro. */
export abstract class Instance extends Callable {
  /** JavaScript's undefined when there is none of that name. */
  abstract attribute(name: string): unknown
}

/** One render: what is shared by everything that runs in it. */
export interface Rendering {
  /** Whether macros, joined texts and the like become safe text here and now. */
  isEscaping: boolean
  /** Where a macro's own placeholders stand, when that is decided by its caller. */
  isInString: boolean
  depth: number
  readonly dialect: Dialect
  readonly timezone: string
  readonly maxOutputBytes: number
  readonly zones: Zones
  /** A number in [0, 1), the same sequence for the same seed. */
  random(): number
  /** Called before a container that may be the caller's own is changed. */
  beforeChange(container: object): void
  callFilter(name: string, value: unknown, args: CallArguments): unknown
  callTest(name: string, value: unknown, args: CallArguments): boolean
}

export interface CallArguments {
  readonly positional: readonly unknown[]
  readonly keywords: Keywords
}

/** Longest text and list a template may build on its way. */
const TEXT_LIMIT = 8 * 1024 * 1024
const LIST_LIMIT = 1_000_000

export function checkedTextLength(length: number): void {
  if (length > TEXT_LIMIT) throw new RenderFault('expected a text of at most 8 MiB, got a longer one')
}

export function checkedText(text: string): string {
  checkedTextLength(text.length)
  return text
}

export function checkedLength(length: number): number {
  if (length > LIST_LIMIT) throw new RenderFault(`expected a list of at most ${LIST_LIMIT} items, got a longer one`)
  return length
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TemplateValue)
}

export function isText(value: unknown): value is string | Markup {
  return typeof value === 'string' || value instanceof Markup
}

/** The text of a text, as people read it. */
export function rawText(value: string | Markup): string {
  return typeof value === 'string' ? value : value.raw
}

/** What kind of value it is, in an editor's words. */
export function kindOf(value: unknown): string {
  if (value instanceof Undefined) return 'an undefined value'
  if (value === null) return 'none'
  if (isText(value)) return 'a text'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Float) return 'a number'
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Tuple) return 'a tuple'
  if (value instanceof Callable) return 'something to call'
  if (value instanceof Stream || value instanceof Range) return 'a sequence'
  return 'a mapping'
}

export function undefinedFault(value: Undefined): RenderFault {
  return new RenderFault(value.why ?? `expected \`${value.expression}\` to be defined, got nothing`)
}
