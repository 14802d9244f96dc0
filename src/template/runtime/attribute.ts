import { optionalWhole } from './argument.ts'
import { charactersOf } from './characters.ts'
import { isMapping, mappingGet, ownValue } from './dict.ts'
import { RenderFault } from './fault.ts'
import { indexFrom } from './number.ts'
import { BoundMethod, methodOf } from './method.ts'
import { itemAt, ownAttribute } from './own-attribute.ts'
import { textLike } from './safe-text.ts'
import { Range, TemplateValue, Tuple, Undefined, isText, kindOf, rawText, undefinedFault } from './value.ts'

/**
 * `object.name`: a customer's own value first, then a listed method. Nothing inherited is ever looked at.
 *
 * `missing` is what comes back when there is none: it knows how the look-up is written.
 */
export function getAttribute(object: unknown, name: string, missing: Undefined): unknown {
  if (typeof object === 'object' && object !== null && !(object instanceof TemplateValue) && !Array.isArray(object)) {
    const value = ownValue(object as Record<string, unknown>, name)
    if (value !== undefined) return value
  }
  const value = ownAttribute(object, name)
  return value === undefined ? methodOrMissing(object, name, missing) : value
}

function methodOrMissing(object: unknown, name: string, missing: Undefined): unknown {
  return methodOf(object, name) === undefined ? missing : new BoundMethod(object, name)
}

/** `object[key]`: an item, a mapping's value, or an attribute named by a text. */
export function getItem(object: unknown, key: unknown, missing: Undefined): unknown {
  if (object instanceof Undefined) throw undefinedFault(object)
  if (isMapping(object)) {
    const value = mappingGet(object, key)
    if (value !== undefined) return value
  }
  const index = indexFrom(key)
  if (index !== null) {
    const item = itemAt(object, index)
    return item === undefined ? missing : item
  }
  return isText(key) ? getAttribute(object, rawText(key), missing) : missing
}

export interface SliceBounds {
  readonly from: unknown
  readonly to: unknown
  readonly step: unknown
}

function bound(value: unknown, fallback: number): number {
  return optionalWhole(value, 'each end of the part', fallback)
}

/** Which places `[from:to:step]` picks from so many. */
function placesOf(length: number, { from, to, step }: SliceBounds): number[] {
  const stride = bound(step, 1)
  if (stride === 0) throw new RenderFault('expected a step other than zero, got zero')
  const isForward = stride > 0
  const clamp = (place: number): number => {
    const absolute = place < 0 ? place + length : place
    return isForward ? Math.min(Math.max(absolute, 0), length) : Math.min(Math.max(absolute, -1), length - 1)
  }
  const places: number[] = []
  const stop = clamp(bound(to, isForward ? length : -1 - length))
  const start = clamp(bound(from, isForward ? 0 : length - 1))
  for (let place = start; isForward ? place < stop : place > stop; place += stride) places.push(place)
  return places
}

/** `object[from:to:step]` of a text, list, tuple or range. */
export function getSlice(object: unknown, bounds: SliceBounds): unknown {
  if (object instanceof Undefined) throw undefinedFault(object)
  if (object instanceof Range) return sliceRange(object, bounds)
  const items = sequenceOf(object)
  const picked = placesOf(items.length, bounds).map((place) => items[place])
  if (isText(object)) return textLike(object, picked.join(''))
  return object instanceof Tuple ? new Tuple(picked) : picked
}

function sequenceOf(object: unknown): readonly unknown[] {
  if (isText(object)) return charactersOf(rawText(object))
  if (object instanceof Tuple) return object.items
  if (Array.isArray(object)) return object as unknown[]
  throw new RenderFault(`expected a text or list to cut from, got ${kindOf(object)}`)
}

function sliceRange(range: Range, bounds: SliceBounds): Range {
  const places = placesOf(range.length, bounds)
  const step = range.step * bound(bounds.step, 1)
  const start = range.at(places[0] ?? 0)
  return new Range(start, start + step * places.length, step)
}
