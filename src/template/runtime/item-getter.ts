import { getItem } from './attribute.ts'
import { mapText } from './safe-text.ts'
import { Markup, Undefined, isText, rawText } from './value.ts'

export type Getter = (item: unknown) => unknown

/** Texts compare without regard to case; all else as it is. */
export function foldCase(value: unknown): unknown {
  return isText(value) ? mapText(value, (text) => text.toLowerCase()) : value
}

/** Names of attributes may be a customer's, so they are not told. */
const MISSING = new Undefined('attribute', 'expected each item to have the attribute asked for, got one without it')

/**
 * How `map(attribute=…)`, `sort(attribute=…)` and their like read an item: `"address.city"`, `0`, or none for the item.
 */
export function attributeGetter(attribute: unknown, { fold, fallback }: { fold: boolean; fallback: unknown }): Getter {
  const parts = partsOf(attribute)
  return (item) => {
    let value = item
    for (const part of parts) {
      value = getItem(value, part, MISSING)
      if (value instanceof Undefined && fallback !== null) value = fallback
    }
    return fold ? foldCase(value) : value
  }
}

function partsOf(attribute: unknown): readonly unknown[] {
  if (attribute === null || attribute === undefined) return []
  if (typeof attribute !== 'string' && !(attribute instanceof Markup)) return [attribute]
  return rawText(attribute)
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}
