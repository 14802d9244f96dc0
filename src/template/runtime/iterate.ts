import { lengthOf } from './characters.ts'
import { DictView, isMapping, mappingSize } from './dict.ts'
import { RenderFault } from './fault.ts'
import { toDouble, isNumber } from './number.ts'
import { itemsOf } from './print.ts'
import { Markup, Range, Tuple, Undefined, checkedLength, isText, kindOf, rawText } from './value.ts'

/** @throws {RenderFault} when the value cannot be looped over. */
export function iterate(value: unknown): Iterable<unknown> {
  const items = itemsOf(value)
  if (items === null) throw new RenderFault(`expected something to loop over, got ${kindOf(value)}`)
  return items
}

/** A list of its own: changing it changes nothing else. */
export function listFrom(value: unknown): unknown[] {
  const list: unknown[] = []
  for (const item of iterate(value)) {
    list.push(item)
    checkedLength(list.length)
  }
  return list
}

/** The number of items or characters; null for what has none. */
export function lengthFrom(value: unknown): number | null {
  if (isText(value)) return lengthOf(rawText(value))
  if (Array.isArray(value)) return value.length
  if (value instanceof Tuple) return value.items.length
  if (value instanceof Range) return value.length
  if (value instanceof Undefined) return 0
  if (value instanceof DictView) return mappingSize(value.mapping)
  return isMapping(value) ? mappingSize(value) : null
}

/** Python's truth: empty texts, lists and mappings, zero, none and undefined are false. */
export function isTrue(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value !== ''
  if (value === null || value instanceof Undefined) return false
  if (isNumber(value)) return toDouble(value) !== 0
  if (value instanceof Markup) return value.text !== ''
  return lengthFrom(value) !== 0
}

/** `a, b = value`: exactly as many as there are names. */
export function unpack(value: unknown, count: number): readonly unknown[] {
  const items = Array.isArray(value) ? (value as unknown[]) : listFrom(value)
  if (items.length !== count) {
    throw new RenderFault(`expected ${count} values to unpack, got ${items.length}`)
  }
  return items
}
