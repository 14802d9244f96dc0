import { RenderFault } from './fault.ts'
import { Float, Markup, TemplateValue, Tuple, Undefined, isPlainObject, kindOf } from './value.ts'

const UNDEFINED_KEY = Symbol('undefined')

/** What makes two keys the same one: `1`, `1.0` and `true` are, as in Python; lists and mappings cannot be keys. */
export function keyOf(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof Markup) return value.raw
  if (value instanceof Float) return value.value
  if (value instanceof Undefined) return UNDEFINED_KEY
  if (value instanceof Tuple) return `\u0000(${value.items.map(partOf).join(',')}`
  if (Array.isArray(value) || value instanceof Dict || isPlainObject(value)) {
    throw new RenderFault(`expected a text, number or tuple as key, got ${kindOf(value)}`)
  }
  return value
}

function partOf(item: unknown): string {
  const key = keyOf(item)
  return typeof key === 'string' ? JSON.stringify(key) : String(key)
}

/** A mapping that the template made: keys of any kind, in the order in which they came. */
export class Dict extends TemplateValue {
  readonly #entries = new Map<unknown, [unknown, unknown]>()

  static from(pairs: Iterable<readonly [unknown, unknown]>): Dict {
    const dict = new Dict()
    for (const [key, value] of pairs) dict.set(key, value)
    return dict
  }

  get size(): number {
    return this.#entries.size
  }

  /** JavaScript's undefined when there is no such key. */
  get(key: unknown): unknown {
    return this.#entries.get(keyOf(key))?.[1]
  }

  set(key: unknown, value: unknown): void {
    const hash = keyOf(key)
    const entry = this.#entries.get(hash)
    if (entry === undefined) this.#entries.set(hash, [key, value])
    else entry[1] = value
  }

  delete(key: unknown): void {
    this.#entries.delete(keyOf(key))
  }

  entries(): Iterable<readonly [unknown, unknown]> {
    return this.#entries.values()
  }
}

export type Mapping = Dict | Record<string, unknown>

export function isMapping(value: unknown): value is Mapping {
  return value instanceof Dict || isPlainObject(value)
}

/** A host's function or symbol is nothing that a template may hold. */
function isForeign(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol' || value === undefined
}

/** Own enumerable properties only; JavaScript's undefined when there is none. */
export function ownValue(object: Record<string, unknown>, key: string): unknown {
  if (!Object.prototype.propertyIsEnumerable.call(object, key)) return undefined
  const value = object[key]
  return isForeign(value) ? undefined : value
}

export function mappingGet(mapping: Mapping, key: unknown): unknown {
  if (mapping instanceof Dict) return mapping.get(key)
  const name = keyOf(key)
  return typeof name === 'string' ? ownValue(mapping, name) : undefined
}

export function mappingEntries(mapping: Mapping): readonly (readonly [unknown, unknown])[] {
  if (mapping instanceof Dict) return [...mapping.entries()]
  return Object.entries(mapping).filter(([, value]) => !isForeign(value))
}

export function mappingSize(mapping: Mapping): number {
  return mapping instanceof Dict ? mapping.size : mappingEntries(mapping).length
}

/** `d.keys()`, `d.values()`, `d.items()`: live, as in Python. */
export class DictView extends TemplateValue {
  readonly kind: 'keys' | 'values' | 'items'
  readonly mapping: Mapping

  constructor(kind: 'keys' | 'values' | 'items', mapping: Mapping) {
    super()
    this.kind = kind
    this.mapping = mapping
  }

  items(): readonly unknown[] {
    const entries = mappingEntries(this.mapping)
    if (this.kind === 'keys') return entries.map(([key]) => key)
    return this.kind === 'values' ? entries.map(([, value]) => value) : entries.map((entry) => new Tuple(entry))
  }
}
