import { characterAt } from './characters.ts'
import { isMapping, mappingGet } from './dict.ts'
import { textLike } from './safe-text.ts'
import { Instance, Markup, Namespace, Range, Tuple, Undefined, isText, rawText, undefinedFault } from './value.ts'

/** What an object holds under a name, methods left aside; JavaScript's undefined when there is nothing. */
export function ownAttribute(object: unknown, name: string): unknown {
  if (object instanceof Undefined) throw undefinedFault(object)
  if (object instanceof Namespace) return object.values.get(name)
  if (object instanceof Instance) return object.attribute(name)
  if (object instanceof Tuple) return object.items[object.names.indexOf(name)]
  if (object instanceof Range && (name === 'start' || name === 'stop' || name === 'step')) return object[name]
  return isMapping(object) ? mappingGet(object, name) : undefined
}

/** The item at a place, counted from the end when negative; JavaScript's undefined when there is none. */
export function itemAt(object: unknown, index: number): unknown {
  if (Array.isArray(object)) return (object as unknown[]).at(index)
  if (object instanceof Tuple) return object.items.at(index)
  if (isText(object)) {
    const character = characterAt(rawText(object), index)
    return character !== undefined && object instanceof Markup ? textLike(object, character) : character
  }
  if (object instanceof Range) {
    const place = index < 0 ? object.length + index : index
    return place >= 0 && place < object.length ? object.at(place) : undefined
  }
  return undefined
}
