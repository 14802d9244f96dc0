import { compareText } from './characters.ts'
import { DictView, isMapping, mappingEntries, mappingGet, mappingSize, type Mapping } from './dict.ts'
import { RenderFault } from './fault.ts'
import { numberFrom, toDouble, type NumberValue } from './number.ts'
import { itemsOf } from './print.ts'
import { Range, Tuple, Undefined, isText, kindOf, rawText, undefinedFault } from './value.ts'

function compareNumbers(left: NumberValue, right: NumberValue): number {
  if (typeof left === 'bigint' && typeof right === 'bigint') return left < right ? -1 : Number(left > right)
  const [a, b] = [typeof left === 'bigint' ? left : toDouble(left), typeof right === 'bigint' ? right : toDouble(right)]
  if (a < b) return -1
  if (a > b) return 1
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0
}

/** `==`: true is 1, 1 is 1.0, lists and mappings are compared by what they hold. */
export function isEqual(left: unknown, right: unknown): boolean {
  if (left === right) return !Number.isNaN(left)
  if (isText(left)) return isText(right) && rawText(left) === rawText(right)
  if (left === null || right === null) return false
  const [a, b] = [numberFrom(left), numberFrom(right)]
  if (a !== null || b !== null) return a !== null && b !== null && compareNumbers(a, b) === 0
  if (left instanceof Undefined) return right instanceof Undefined
  return areContainersEqual(left, right)
}

function areContainersEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left)) return Array.isArray(right) && areItemsEqual(left, right)
  if (left instanceof Tuple) return right instanceof Tuple && areItemsEqual(left.items, right.items)
  if (isMapping(left)) return isMapping(right) && areMappingsEqual(left, right)
  if (left instanceof Range && right instanceof Range) return isSameRange(left, right)
  return left instanceof DictView && right instanceof DictView && areItemsEqual(left.items(), right.items())
}

function areItemsEqual(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((item, index) => isEqual(item, right[index]))
}

function areMappingsEqual(left: Mapping, right: Mapping): boolean {
  if (mappingSize(left) !== mappingSize(right)) return false
  return mappingEntries(left).every(([key, value]) => {
    const other = mappingGet(right, key)
    return other !== undefined && isEqual(value, other)
  })
}

function isSameRange(left: Range, right: Range): boolean {
  if (left.length !== right.length || left.length === 0) return left.length === right.length
  return left.start === right.start && (left.length === 1 || left.step === right.step)
}

/**
 * Orders two values: below zero, zero, above zero; NaN when neither is before the other.
 *
 * @throws {RenderFault} when Python would not order them: a text and a number, two mappings.
 */
export function order(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (isText(left) && isText(right)) return compareText(rawText(left), rawText(right))
  const [a, b] = [numberFrom(left), numberFrom(right)]
  if (a !== null && b !== null) return compareNumbers(a, b)
  if (Array.isArray(left) && Array.isArray(right)) return orderItems(left, right)
  if (left instanceof Tuple && right instanceof Tuple) return orderItems(left.items, right.items)
  if (left instanceof Undefined) throw undefinedFault(left)
  if (right instanceof Undefined) throw undefinedFault(right)
  throw new RenderFault(`expected two values that can be ordered, got ${kindOf(left)} and ${kindOf(right)}`)
}

function orderItems(left: readonly unknown[], right: readonly unknown[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    if (!isEqual(left[index], right[index])) return order(left[index], right[index])
  }
  return left.length - right.length
}

/** `item in container`. */
export function contains(container: unknown, item: unknown): boolean {
  if (isText(container)) {
    if (isText(item)) return rawText(container).includes(rawText(item))
    if (item instanceof Undefined) throw undefinedFault(item)
    throw new RenderFault(`expected a text to look for in a text, got ${kindOf(item)}`)
  }
  if (isMapping(container)) return mappingGet(container, item) !== undefined
  const items = itemsOf(container)
  if (items === null) throw new RenderFault(`expected something to look in, got ${kindOf(container)}`)
  for (const candidate of items) if (isEqual(candidate, item)) return true
  return false
}
