import { RowFault } from './fault.ts'
import { DEPTH_LIMIT, KEY_LIMIT } from './row-limits.ts'

const DIGIT_RUN = 16

/**
 * Parses JSON that may become a customer's data, or says why it may not.
 *
 * Refused besides broken JSON: integers above 2^53 (they would be printed with other last digits), the keys through which objects reach
 * their prototypes, and shapes beyond the limits. V8's own message quotes the text, which is a customer's: only its position is kept.
 *
 * @see hostile-world inputs 25 to 27: "expected … quote it" instead of 12345678901234567000.
 */
export function parseJson(text: string): { readonly value: unknown } | RowFault {
  try {
    const value: unknown = hasLongDigits(text) ? parseExactly(text) : JSON.parse(text)
    const fault = findShapeFault(value, 1)
    return fault === null ? { value } : new RowFault(fault)
  } catch (error) {
    return error instanceof UnsafeInteger ? new RowFault(error.message) : jsonFault(error, text)
  }
}

class UnsafeInteger extends Error {}

function parseExactly(text: string): unknown {
  return JSON.parse(text, (key, value: unknown, context?: { readonly source?: string }) => {
    const source = context?.source
    if (typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)) {
      throw new UnsafeInteger(`expected whole numbers to be at most 2^53, got a larger one in ${place(key)}: quote it`)
    }
    return value
  })
}

function place(key: string): string {
  return key === '' ? 'the row' : `\`${shorten(key)}\``
}

/** A run of 16 digits covers a position divisible by 16: looking at every 16th character finds them all. */
function hasLongDigits(text: string): boolean {
  for (let at = 0; at < text.length; at += DIGIT_RUN) {
    if (!isDigit(text, at)) continue
    let first = at
    while (isDigit(text, first - 1)) first--
    let last = at
    while (isDigit(text, last + 1)) last++
    if (last - first + 1 >= DIGIT_RUN) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** Whether a name reaches an object's prototype in languages and templates that look names up carelessly. */
export function isForbiddenKey(key: string): boolean {
  return key === '__proto__' || key === 'constructor' || key === 'prototype'
}

function findShapeFault(value: unknown, depth: number): string | null {
  if (typeof value !== 'object' || value === null) return null
  if (depth > DEPTH_LIMIT) return `expected the row to be at most ${DEPTH_LIMIT} levels deep, got a deeper one`
  return Array.isArray(value) ? findListFault(value, depth) : findObjectFault(value as Record<string, unknown>, depth)
}

function findListFault(list: readonly unknown[], depth: number): string | null {
  for (const value of list) {
    if (typeof value !== 'object' || value === null) continue
    const fault = findShapeFault(value, depth + 1)
    if (fault !== null) return fault
  }
  return null
}

function findObjectFault(object: Record<string, unknown>, depth: number): string | null {
  let keys = 0
  // `for in` reads a parsed object's keys from its shape: three times as fast as Object.keys (measured).
  for (const key in object) {
    if (isForbiddenKey(key)) return `expected keys other than __proto__, constructor and prototype, got \`${key}\``
    if (++keys > KEY_LIMIT) return `expected at most ${KEY_LIMIT} keys in an object, got more`
    const value = object[key]
    if (typeof value !== 'object' || value === null) continue
    const fault = findShapeFault(value, depth + 1)
    if (fault !== null) return fault
  }
  return null
}

function jsonFault(error: unknown, text: string): RowFault {
  const message = error instanceof Error ? error.message : ''
  const position = /at position (\d+)/.exec(message)?.[1]
  if (position !== undefined)
    return new RowFault('expected JSON, got something else from this column on', Number(position) + 1)
  const isCut = message.startsWith('Unexpected end')
  return isCut
    ? new RowFault('expected JSON, got a text that ends here', text.length + 1)
    : new RowFault('expected JSON, got something else')
}

/** A name or a value in a message: at most 80 characters of it, control characters as escapes. */
export function shorten(value: string): string {
  const printable = JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value)
  return printable.slice(1, -1)
}
