import { optionalWhole, wholeArgument } from './argument.ts'
import { isEqual, order } from './compare.ts'
import { defineMethod, type Methods } from './define-method.ts'
import { RenderFault } from './fault.ts'
import { isTrue, listFrom } from './iterate.ts'
import { checkedLength, type Rendering } from './value.ts'
import type { Tuple } from './value.ts'

type List = unknown[]

function placeIn(items: readonly unknown[], wanted: unknown, [start, end]: readonly unknown[]): number {
  const at = (value: unknown, fallback: number): number => {
    const place = optionalWhole(value, 'the place', fallback)
    return place < 0 ? Math.max(0, place + items.length) : place
  }
  const [from, to] = [at(start, 0), at(end, items.length)]
  const found = items.findIndex((item, index) => index >= from && index < to && isEqual(item, wanted))
  if (found === -1) throw new RenderFault('expected the value to be in the list, got none')
  return found
}

function changed(list: List, rendering: Rendering): List {
  rendering.beforeChange(list)
  return list
}

/** Orders a copy; equal items keep their places, also when reversed. */
export function sorted<T>(items: readonly T[], compare: (left: T, right: T) => number, isReversed: boolean): T[] {
  const ordered = (isReversed ? items.toReversed() : items).toSorted(compare)
  return isReversed ? ordered.toReversed() : ordered
}

const counting = defineMethod<List>('value', (self, { values: [value] }) => {
  return self.filter((item) => isEqual(item, value)).length
})
const indexing = defineMethod<List>('value, start=, end=', (self, { values: [value, ...bounds] }) =>
  placeIn(self, value, bounds),
)

export const LIST_METHODS: Methods = {
  append: defineMethod<List>('value', (self, { values: [value] }, rendering) => {
    checkedLength(self.length + 1)
    changed(self, rendering).push(value)
    return null
  }),
  extend: defineMethod<List>('values', (self, { values: [values] }, rendering) => {
    const more = listFrom(values)
    checkedLength(self.length + more.length)
    for (const item of more) changed(self, rendering).push(item)
    return null
  }),
  insert: defineMethod<List>('index, value', (self, { values: [index, value] }, rendering) => {
    checkedLength(self.length + 1)
    changed(self, rendering).splice(wholeArgument(index, 'the place'), 0, value)
    return null
  }),
  pop: defineMethod<List>('index=', (self, { values: [index] }, rendering) => {
    const place = optionalWhole(index, 'the place', -1)
    if (place >= self.length || place < -self.length) throw new RenderFault('expected an item at that place, got none')
    return changed(self, rendering).splice(place, 1)[0]
  }),
  remove: defineMethod<List>('value', (self, { values: [value] }, rendering) => {
    const place = placeIn(self, value, [])
    changed(self, rendering).splice(place, 1)
    return null
  }),
  clear: defineMethod<List>('', (self, _, rendering) => {
    changed(self, rendering).length = 0
    return null
  }),
  copy: defineMethod<List>('', (self) => [...self]),
  reverse: defineMethod<List>('', (self, _, rendering) => {
    changed(self, rendering).reverse()
    return null
  }),
  sort: defineMethod<List>('*none, **options', (self, { rest, keywords }, rendering) => {
    const options = new Map(keywords)
    const isFine = rest.length === 0 && [...options.keys()].every((name) => name === 'reverse')
    if (!isFine)
      throw new RenderFault('expected `reverse` as the only argument, got others; the filter `sort` has more')
    const ordered = sorted(self, order, isTrue(options.get('reverse') ?? false))
    changed(self, rendering).splice(0, self.length, ...ordered)
    return null
  }),
  count: counting,
  index: indexing,
}

export const TUPLE_METHODS: Methods = {
  count: defineMethod<Tuple>('value', (self, bound, rendering) => counting.run([...self.items], bound, rendering)),
  index: defineMethod<Tuple>('value, start=, end=', (self, bound, rendering) =>
    indexing.run([...self.items], bound, rendering),
  ),
}
