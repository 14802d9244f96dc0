import { SecretMask } from '../request/request.ts'

/** Enough of an answer to know it again. */
const MOST_CHARS = 200

/**
 * Makes a function that prepares a value for people: secrets are taken out of every text in it, long texts are cut.
 *
 * An API may repeat whatever it got. The secret goes first: cut in the middle, it would not be known any more.
 */
export function createPrinter(secrets: readonly string[]): <T>(value: T) => T {
  const mask = new SecretMask(secrets)
  const printText = (text: string): string => {
    const masked = mask.apply(text)
    return masked.length > MOST_CHARS ? `${masked.slice(0, MOST_CHARS)}…` : masked
  }
  const print = (value: unknown): unknown => {
    if (typeof value === 'string') return printText(value)
    if (Array.isArray(value)) return value.map(print)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, print(part)]))
  }
  return <T>(value: T): T => print(value) as T
}
