import { charactersOf } from './characters.ts'
import { optionalText, textArgument, wholeArgument } from './argument.ts'
import { isEqual, order } from './compare.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { isMapping, keyOf, mappingEntries } from './dict.ts'
import { RenderFault } from './fault.ts'
import { attributeGetter, foldCase, type Getter } from './item-getter.ts'
import { isTrue, iterate, lengthFrom, listFrom } from './iterate.ts'
import { sorted } from './list-method.ts'
import { add, concat, concatSafe } from './operator.ts'
import { methodOf, BoundMethod } from './method.ts'
import { ownAttribute } from './own-attribute.ts'
import { Markup, Stream, Tuple, Undefined, checkedLength, isText, kindOf, type Rendering } from './value.ts'

function byAttribute(attribute: unknown, isCaseSensitive: unknown): Getter {
  return attributeGetter(attribute ?? null, { fold: !isTrue(isCaseSensitive ?? false), fallback: null })
}

/** `first`, `last`, `min` … of nothing: an undefined value that says why. */
function nothing(name: string): Undefined {
  return new Undefined(name, `expected a sequence with at least one item for \`${name}\`, got an empty one`)
}

function extreme(name: 'min' | 'max'): Methods[string] {
  return defineMethod('case_sensitive=, attribute=', (value, { values: [isCaseSensitive, attribute] }) => {
    const getter = byAttribute(attribute, isCaseSensitive)
    let best: { readonly item: unknown; readonly key: unknown } | null = null
    for (const item of iterate(value)) {
      const key = getter(item)
      const isBetter = best === null || (name === 'min' ? order(key, best.key) < 0 : order(key, best.key) > 0)
      if (isBetter) best = { item, key }
    }
    return best === null ? nothing(name) : best.item
  })
}

/** Sorts by keys that are computed once: one, or a list of them. */
function sortBy(value: unknown, getter: Getter, isReversed: boolean): unknown[] {
  const keyed = listFrom(value).map((item) => ({ item, key: getter(item) }))
  return sorted(keyed, (left, right) => order(left.key, right.key), isReversed).map(({ item }) => item)
}

function sort(value: unknown, [reverse, isCaseSensitive, attribute]: readonly unknown[]): unknown[] {
  const names = isText(attribute) ? textArgument(attribute, '`attribute`').split(',') : [attribute]
  const getters = names.map((name) => byAttribute(name, isCaseSensitive))
  return sortBy(value, (item) => getters.map((getter) => getter(item)), isTrue(reverse ?? false))
}

function* unique(value: unknown, getter: Getter): Generator {
  const seen = new Set<unknown>()
  for (const item of iterate(value)) {
    const key = keyOf(getter(item))
    if (seen.has(key)) continue
    seen.add(key)
    yield item
  }
}

function groupBy(value: unknown, [attribute, fallback = null, isCaseSensitive]: readonly unknown[]): unknown[] {
  const isFolding = !isTrue(isCaseSensitive ?? false)
  const getter = attributeGetter(attribute, { fold: isFolding, fallback })
  const plain = attributeGetter(attribute, { fold: false, fallback })
  const groups: { readonly key: unknown; readonly items: unknown[] }[] = []
  for (const item of sortBy(value, getter, false)) {
    const key = getter(item)
    const last = groups.at(-1)
    if (last !== undefined && isEqual(last.key, key)) last.items.push(item)
    else groups.push({ key, items: [item] })
  }
  return groups.map(({ items }) => new Tuple([plain(items[0]), items], ['grouper', 'list']))
}

function* batch(value: unknown, size: number, fill: unknown): Generator {
  if (size < 1) throw new RenderFault('expected batches of at least 1 item, got fewer')
  checkedLength(size)
  let items: unknown[] = []
  for (const item of iterate(value)) {
    if (items.length === size) {
      yield items
      items = []
    }
    items.push(item)
  }
  if (items.length === 0) return
  const missing = (fill ?? null) === null ? 0 : size - items.length
  yield [...items, ...Array.from({ length: missing }, () => fill)]
}

function* slice(value: unknown, count: number, fill: unknown): Generator {
  if (count < 1) throw new RenderFault('expected at least 1 slice, got fewer')
  checkedLength(count)
  const items = listFrom(value)
  const size = Math.floor(items.length / count)
  const longer = items.length % count
  let from = 0
  for (let index = 0; index < count; index += 1) {
    const to = from + size + (index < longer ? 1 : 0)
    const part = items.slice(from, to)
    if ((fill ?? null) !== null && index >= longer) part.push(fill)
    from = to
    yield part
  }
}

function join(value: unknown, [separator = '', attribute]: readonly unknown[], rendering: Rendering): string | Markup {
  const getter = (attribute ?? null) === null ? null : attributeGetter(attribute, { fold: false, fallback: null })
  const parts: unknown[] = []
  for (const item of iterate(value)) {
    if (parts.length > 0) parts.push(separator)
    parts.push(getter === null ? item : getter(item))
    checkedLength(parts.length)
  }
  if (!rendering.isEscaping) return concat(parts)
  const isSafe = separator instanceof Markup && parts.length < 2
  const joined = concatSafe(isSafe ? [...parts, new Markup('', separator.dialect)] : parts, rendering.dialect)
  return joined
}

function dictSort(value: unknown, [isCaseSensitive, by, reverse]: readonly unknown[]): unknown[] {
  if (!isMapping(value)) throw new RenderFault(`expected a mapping, got ${kindOf(value)}`)
  const key = optionalText(by, '`by`') ?? 'key'
  if (key !== 'key' && key !== 'value') throw new RenderFault('expected `by` to be "key" or "value", got another text')
  const fold = isTrue(isCaseSensitive ?? false) ? (item: unknown): unknown => item : foldCase
  const pairs = mappingEntries(value).map((pair) => ({ pair, key: fold(pair[key === 'key' ? 0 : 1]) }))
  return sorted(pairs, (left, right) => order(left.key, right.key), isTrue(reverse ?? false)).map(
    ({ pair }) => new Tuple(pair),
  )
}

function last(value: unknown): unknown {
  const items = isText(value) ? charactersOf(textArgument(value, 'the text')) : [...iterate(value)]
  return items.length === 0 ? nothing('last') : items.at(-1)
}

function pick(value: unknown, rendering: Rendering): unknown {
  const items = listFrom(value)
  return items.length === 0 ? nothing('random') : items[Math.floor(rendering.random() * items.length)]
}

/** Fisher and Yates; the order depends on the request alone. */
function shuffle(value: unknown, rendering: Rendering): unknown[] {
  const items = listFrom(value)
  for (let index = items.length - 1; index > 0; index -= 1) {
    const other = Math.floor(rendering.random() * (index + 1))
    ;[items[index], items[other]] = [items[other], items[index]]
  }
  return items
}

const lengthFilter = defineMethod('', (value) => {
  const length = lengthFrom(value)
  if (length === null) throw new RenderFault(`expected something with a length, got ${kindOf(value)}`)
  return length
})

const defaultFilter = defineMethod('default_value=, boolean=', (value, { values: [fallback = '', boolean] }) => {
  return value instanceof Undefined || (isTrue(boolean ?? false) && !isTrue(value)) ? fallback : value
})

export const LIST_FILTERS: Methods = {
  list: defineMethod('', (value) => listFrom(value)),
  length: lengthFilter,
  count: lengthFilter,
  first: defineMethod('', (value) => {
    for (const item of iterate(value)) return item
    return nothing('first')
  }),
  last: defineMethod('', last),
  min: extreme('min'),
  max: extreme('max'),
  join: defineMethod('d=, attribute=', (value, { values }, rendering) => join(value, values, rendering)),
  sort: defineMethod('reverse=, case_sensitive=, attribute=', (value, { values }) => sort(value, values)),
  unique: defineMethod('case_sensitive=, attribute=', (value, { values: [isCaseSensitive, attribute] }) => {
    return new Stream(unique(value, byAttribute(attribute, isCaseSensitive)))
  }),
  groupby: defineMethod('attribute, default=, case_sensitive=', (value, { values }) => groupBy(value, values)),
  batch: defineMethod('linecount, fill_with=', (value, { values: [size, fill] }) => {
    return new Stream(batch(value, wholeArgument(size, '`linecount`'), fill))
  }),
  slice: defineMethod('slices, fill_with=', (value, { values: [count, fill] }) => {
    return new Stream(slice(value, wholeArgument(count, '`slices`'), fill))
  }),
  sum: defineMethod('attribute=, start=', (value, { values: [attribute, start = 0] }) => {
    const getter = byAttribute(attribute, true)
    if (isText(start)) throw new RenderFault('expected a number to start the sum with, got a text')
    let sum = start
    for (const item of iterate(value)) sum = add(sum, getter(item))
    return sum
  }),
  dictsort: defineMethod('case_sensitive=, by=, reverse=', (value, { values }) => dictSort(value, values)),
  items: defineMethod('', (value) => {
    if (value instanceof Undefined) return new Stream([])
    if (!isMapping(value)) throw new RenderFault(`expected a mapping, got ${kindOf(value)}`)
    return new Stream(mappingEntries(value).map((pair) => new Tuple(pair)))
  }),
  random: defineMethod('', (value, _, rendering) => pick(value, rendering)),
  shuffle: defineMethod('', (value, _, rendering) => shuffle(value, rendering)),
  attr: defineMethod('name', (value, { values: [name] }) => {
    const wanted = textArgument(name, '`name`')
    if (methodOf(value, wanted) !== undefined) return new BoundMethod(value, wanted)
    const found = isMapping(value) ? undefined : ownAttribute(value, wanted)
    return found === undefined
      ? new Undefined('attr', 'expected the value to have the attribute asked for, got none')
      : found
  }),
  default: defaultFilter,
  d: defaultFilter,
}
