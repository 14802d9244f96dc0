import { charactersOf } from './characters.ts'
import { DictView, isMapping, mappingGet, ownValue } from './dict.ts'
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
  if (value === null || value === undefined) return fallback
  if (value instanceof Undefined) throw undefinedFault(value)
  const index = indexFrom(value)
  if (index === null) throw new RenderFault(`expected whole numbers between the brackets, got ${kindOf(value)}`)
  return index
}

/** Which places `[from:to:step]` picks from so many. */
function placesOf(length: number, { from, to, step }: SliceBounds): number[] {
  const stride = bound(step, 1)
  if (stride === 0) throw new RenderFault('expected a step other than zero, got zero')
  const clamp = (place: number): number => {
    const absolute = place < 0 ? place + length : place
    return stride > 0 ? Math.min(Math.max(absolute, 0), length) : Math.min(Math.max(absolute, -1), length - 1)
  }
  const start = clamp(bound(from, stride > 0 ? 0 : length - 1))
  const isToGiven = to !== null && to !== undefined
  const stop = isToGiven ? clamp(bound(to, 0)) : stride > 0 ? length : -1
  const places: number[] = []
  for (let place = start; stride > 0 ? place < stop : place > stop; place += stride) places.push(place)
  return places
}

/** `object[from:to:step]`. */
export function getSlice(object: unknown, bounds: SliceBounds, missing: Undefined): unknown {
  if (object instanceof Undefined) throw undefinedFault(object)
  if (isText(object)) {
    const characters = charactersOf(rawText(object))
    const picked = placesOf(characters.length, bounds).map((place) => characters[place]!)
    return textLike(object, picked.join(''))
  }
  if (Array.isArray(object)) return placesOf(object.length, bounds).map((place) => (object as unknown[])[place])
  if (object instanceof Tuple) {
    return new Tuple(placesOf(object.items.length, bounds).map((place) => object.items[place]))
  }
  if (object instanceof Range) return sliceRange(object, bounds)
  if (object instanceof DictView || isMapping(object)) return missing
  throw new RenderFault(`expected a text or list to cut from, got ${kindOf(object)}`)
}

function sliceRange(range: Range, bounds: SliceBounds): Range {
  const places = placesOf(range.length, bounds)
  const step = range.step * bound(bounds.step, 1)
  const start = range.at(places[0] ?? 0)
  return new Range(start, start + step * places.length, step)
}
