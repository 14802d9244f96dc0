import { RenderFault } from './fault.ts'
import { indexFrom, isWhole, numberFrom } from './number.ts'
import { Undefined, isText, kindOf, rawText, undefinedFault } from './value.ts'

/** The whole number of a value that must be one, such as a width. */
export function wholeArgument(value: unknown, what: string): number {
  const index = indexFrom(value)
  if (index !== null) return index
  if (value instanceof Undefined) throw undefinedFault(value)
  const isFraction = numberFrom(value) !== null && !isWhole(numberFrom(value)!)
  throw new RenderFault(`expected ${what} to be a whole number, got ${isFraction ? 'a fraction' : kindOf(value)}`)
}

/** The text of a value that must be one, as people read it. */
export function textArgument(value: unknown, what: string): string {
  if (isText(value)) return rawText(value)
  if (value instanceof Undefined) throw undefinedFault(value)
  throw new RenderFault(`expected ${what} to be a text, got ${kindOf(value)}`)
}

/** The same, or null for an argument that was left out or is none. */
export function optionalText(value: unknown, what: string): string | null {
  return value === undefined || value === null ? null : textArgument(value, what)
}

/** A whole number, or the fallback for an argument that was left out or is none. */
export function optionalWhole(value: unknown, what: string, fallback: number): number {
  return value === undefined || value === null ? fallback : wholeArgument(value, what)
}
