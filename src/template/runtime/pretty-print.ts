import { isMapping, mappingEntries } from './dict.ts'
import { order } from './compare.ts'
import { reprOf } from './print.ts'
import { Tuple } from './value.ts'

const WIDTH = 80

function sortedPairs(value: unknown): readonly (readonly [unknown, unknown])[] | null {
  if (!isMapping(value)) return null
  const pairs = [...mappingEntries(value)]
  try {
    return pairs.toSorted(([left], [right]) => order(left, right))
  } catch {
    return pairs
  }
}

/** Python's `pprint`: like a printed value, with mappings sorted, one item a line where a line is too short. */
export function prettyRepr(value: unknown, indent = 0): string {
  const pairs = sortedPairs(value)
  const flat =
    pairs === null ? reprOf(value) : `{${pairs.map(([key, item]) => `${reprOf(key)}: ${prettyFlat(item)}`).join(', ')}}`
  if (flat.length <= WIDTH - indent) return flat
  const joint = `,\n${' '.repeat(indent + 1)}`
  if (pairs !== null) {
    const lines = pairs.map(([key, item]) => {
      const head = `${reprOf(key)}: `
      return head + prettyRepr(item, indent + 1 + head.length)
    })
    return `{${lines.join(joint)}}`
  }
  if (Array.isArray(value)) return `[${value.map((item) => prettyRepr(item, indent + 1)).join(joint)}]`
  if (value instanceof Tuple) return `(${value.items.map((item) => prettyRepr(item, indent + 1)).join(joint)})`
  return flat
}

function prettyFlat(value: unknown): string {
  return prettyRepr(value, -Infinity)
}
