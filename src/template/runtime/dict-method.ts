import { defineMethod, type Methods } from './define-method.ts'
import { Dict, DictView, isMapping, mappingEntries, mappingGet, mappingSize, type Mapping } from './dict.ts'
import { RenderFault } from './fault.ts'
import { listFrom, unpack } from './iterate.ts'
import { Tuple, checkedLength, isText, kindOf, rawText, type Rendering } from './value.ts'

/** Sets a key; a customer's own mapping is put back when the render ends, and can have texts as keys only. */
function mappingSet(mapping: Mapping, entry: readonly [unknown, unknown], rendering: Rendering): void {
  const [key, value] = entry
  checkedLength(mappingSize(mapping) + 1)
  rendering.beforeChange(mapping)
  if (mapping instanceof Dict) return mapping.set(key, value)
  if (!isText(key)) throw new RenderFault(`expected a text as key of a customer's mapping, got ${kindOf(key)}`)
  Object.defineProperty(mapping, rawText(key), { value, enumerable: true, configurable: true, writable: true })
}

function remove(mapping: Mapping, key: unknown, rendering: Rendering): void {
  rendering.beforeChange(mapping)
  if (mapping instanceof Dict) mapping.delete(key)
  else delete mapping[rawText(key as string)]
}

/** Pairs out of a mapping or of a list of pairs. */
export function pairsFrom(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (isMapping(value)) return mappingEntries(value)
  return listFrom(value).map((pair) => unpack(pair, 2) as readonly [unknown, unknown])
}

export const DICT_METHODS: Methods = {
  get: defineMethod<Mapping>('key, default=', (self, { values: [key, fallback = null] }) => {
    const value = mappingGet(self, key)
    return value === undefined ? fallback : value
  }),
  keys: defineMethod<Mapping>('', (self) => new DictView('keys', self)),
  values: defineMethod<Mapping>('', (self) => new DictView('values', self)),
  items: defineMethod<Mapping>('', (self) => new DictView('items', self)),
  copy: defineMethod<Mapping>('', (self) => Dict.from(mappingEntries(self))),
  update: defineMethod<Mapping>('@=, **names', (self, { values: [values], keywords }, rendering) => {
    const pairs = [...(values === undefined ? [] : pairsFrom(values)), ...keywords]
    for (const pair of pairs) mappingSet(self, pair, rendering)
    return null
  }),
  setdefault: defineMethod<Mapping>('key, default=', (self, { values: [key, fallback = null] }, rendering) => {
    const value = mappingGet(self, key)
    if (value !== undefined) return value
    mappingSet(self, [key, fallback], rendering)
    return fallback
  }),
  pop: defineMethod<Mapping>('key, default=', (self, { values: [key, fallback] }, rendering) => {
    const value = mappingGet(self, key)
    if (value === undefined) {
      if (fallback === undefined) throw new RenderFault('expected the key to be in the mapping, got none')
      return fallback
    }
    remove(self, key, rendering)
    return value
  }),
  popitem: defineMethod<Mapping>('', (self, _, rendering) => {
    const last = mappingEntries(self).at(-1)
    if (last === undefined) throw new RenderFault('expected a mapping with at least one key, got an empty one')
    remove(self, last[0], rendering)
    return new Tuple(last)
  }),
  clear: defineMethod<Mapping>('', (self, _, rendering) => {
    for (const [key] of mappingEntries(self)) remove(self, key, rendering)
    return null
  }),
}
