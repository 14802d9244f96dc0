const QUOTE = 0x22
const BRACE = 0x7b
const BACKSLASH = 0x5c
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d])
const OPENING = new Set([BRACE, 0x5b])
const CLOSING = new Set([0x7d, 0x5d])
const COMMA = 0x2c
const COLON = 0x3a

/**
 * Cuts the value of a key out of an object's JSON, byte for byte: written anew, `1.0` would be `1`, and keys might move.
 *
 * Of a key that comes twice the last value counts, as `JSON.parse` has it. The object has to be valid JSON.
 *
 * @example bytesOfKey(Buffer.from('{ "a": 1.0 }'), 'a') // <Buffer 1.0>
 */
export function bytesOfKey(json: Buffer, key: string): Buffer | null {
  const start = behindSpace(json, 0)
  if (json[start] !== BRACE) return null
  let at = behindSpace(json, start + 1)
  let found: Buffer | null = null
  while (json[at] === QUOTE) {
    const keyEnd = behindString(json, at)
    const name = JSON.parse(json.toString('utf8', at, keyEnd)) as string
    const from = behindSpace(json, behindSpace(json, keyEnd) + 1)
    const to = behindValue(json, from)
    if (name === key) found = json.subarray(from, to)
    at = behindSpace(json, to)
    if (json[at] !== COMMA) break
    at = behindSpace(json, at + 1)
  }
  return found
}

function behindSpace(json: Buffer, from: number): number {
  let at = from
  while (SPACES.has(json[at]!)) at++
  return at
}

function behindString(json: Buffer, from: number): number {
  let at = from + 1
  while (json[at] !== QUOTE) at += json[at] === BACKSLASH ? 2 : 1
  return at + 1
}

function behindValue(json: Buffer, from: number): number {
  let depth = 0
  let at = from
  for (; at < json.length; at++) {
    const byte = json[at]!
    if (byte === QUOTE) {
      at = behindString(json, at) - 1
      if (depth === 0) return at + 1
    } else if (OPENING.has(byte)) depth++
    else if (CLOSING.has(byte)) {
      if (depth === 0) return at
      depth--
      if (depth === 0) return at + 1
    } else if (depth === 0 && (byte === COMMA || byte === COLON || SPACES.has(byte))) return at
  }
  return at
}
