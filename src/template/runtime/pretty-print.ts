import { isMapping, mappingEntries } from './dict.ts'
import { order } from './compare.ts'
import { reprOf } from './print.ts'
import { Tuple } from './value.ts'

const WIDTH = 80

interface Item {
  readonly head: string
  readonly value: unknown
}

interface Parts {
  readonly open: string
  readonly close: string
  readonly items: readonly Item[]
}

/** The parts of a container, a mapping's sorted by key when its keys can be; null for anything else. */
function partsOf(value: unknown): Parts | null {
  if (isMapping(value)) {
    const items = sorted(mappingEntries(value)).map(([key, item]) => ({ head: `${reprOf(key)}: `, value: item }))
    return { open: '{', close: '}', items }
  }
  if (Array.isArray(value)) return { open: '[', close: ']', items: value.map(plain) }
  // The groups of `groupby` print as they are, as in Python.
  if (!(value instanceof Tuple) || value.names.length > 0) return null
  return { open: '(', close: value.items.length === 1 ? ',)' : ')', items: value.items.map(plain) }
}

function plain(value: unknown): Item {
  return { head: '', value }
}

function sorted(pairs: readonly (readonly [unknown, unknown])[]): readonly (readonly [unknown, unknown])[] {
  try {
    return pairs.toSorted(([left], [right]) => order(left, right))
  } catch {
    return pairs
  }
}

function flatRepr(value: unknown): string {
  const parts = partsOf(value)
  if (parts === null) return reprOf(value)
  return parts.open + parts.items.map((item) => item.head + flatRepr(item.value)).join(', ') + parts.close
}

/** Python's `pprint`: like a printed value, with mappings sorted, one item a line where a line is too short. */
export function prettyRepr(value: unknown): string {
  // Finds lists that hold themselves, and texts that are too long.
  reprOf(value)
  return indented(value, 0)
}

function indented(value: unknown, indent: number): string {
  const flat = flatRepr(value)
  const parts = partsOf(value)
  if (parts === null || flat.length <= WIDTH - indent) return flat
  const lines = parts.items.map((item) => item.head + indented(item.value, indent + 1 + item.head.length))
  return parts.open + lines.join(`,\n${' '.repeat(indent + 1)}`) + parts.close
}
