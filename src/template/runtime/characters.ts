/** Python counts code points where JavaScript counts UTF-16 units: these agree with Python. */

const SURROGATE = /[\ud800-\udfff]/

function hasSurrogates(text: string): boolean {
  return SURROGATE.test(text)
}

export function charactersOf(text: string): string[] {
  return hasSurrogates(text) ? Array.from(text) : text.split('')
}

export function lengthOf(text: string): number {
  if (!hasSurrogates(text)) return text.length
  let length = 0
  for (const _ of text) length += 1
  return length
}

export function characterAt(text: string, index: number): string | undefined {
  if (!hasSurrogates(text)) return text[index < 0 ? text.length + index : index]
  return Array.from(text).at(index)
}

/** `text[from:to]` with plain bounds: 0 ≤ from, to may lie behind the end. */
export function sliceText(text: string, from: number, to: number): string {
  if (!hasSurrogates(text)) return text.slice(from, to)
  return Array.from(text).slice(from, to).join('')
}

/** By code point; UTF-16 order differs above U+FFFF. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0
  if (!hasSurrogates(left) && !hasSurrogates(right)) return left < right ? -1 : 1
  const [a, b] = [Array.from(left), Array.from(right)]
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const difference = a[index]!.codePointAt(0)! - b[index]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** What Python's `str.strip()` and `str.split()` take for white space. */
export const SPACE_CLASS = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const SPACE_ENDS = new RegExp(`^[${SPACE_CLASS}]+|[${SPACE_CLASS}]+$`, 'g')
const SPACE_RUN = new RegExp(`[${SPACE_CLASS}]+`, 'g')
const ALL_SPACE = new RegExp(`^[${SPACE_CLASS}]+$`)

export function isAllSpace(text: string): boolean {
  return ALL_SPACE.test(text)
}

/** Cuts white space, or any of the given characters, from one end or both. */
export function stripText(text: string, side: 'both' | 'left' | 'right', characters: string | null): string {
  if (characters === null && side === 'both') return text.replace(SPACE_ENDS, '')
  const all = charactersOf(text)
  const set = characters === null ? null : new Set(characters)
  const isCut = (character: string): boolean => (set === null ? isAllSpace(character) : set.has(character))
  let from = 0
  let to = all.length
  if (side !== 'right') while (from < to && isCut(all[from]!)) from += 1
  if (side !== 'left') while (to > from && isCut(all[to - 1]!)) to -= 1
  return all.slice(from, to).join('')
}

/** The words between white space. */
export function splitWords(text: string): string[] {
  return text.split(SPACE_RUN).filter((word) => word !== '')
}

// eslint-disable-next-line no-control-regex
const LINE_BREAK = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g

/** Python's `str.splitlines()`. */
export function splitLines(text: string, isKeepingBreaks = false): string[] {
  const lines: string[] = []
  let from = 0
  for (const match of text.matchAll(LINE_BREAK)) {
    lines.push(text.slice(from, match.index + (isKeepingBreaks ? match[0].length : 0)))
    from = match.index + match[0].length
  }
  if (from < text.length) lines.push(text.slice(from))
  return lines
}

/** Whether Python prints a character inside quotes as it is. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u

function quoteCharacter(character: string): string {
  return UNPRINTABLE.test(character) ? escapeCharacter(character) : character
}

/** `\xe9`, `\u010d`, `\U0001f600`. */
export function escapeCharacter(character: string): string {
  const code = character.codePointAt(0)!
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`
  return `\\U${code.toString(16).padStart(8, '0')}`
}

const QUOTED: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const PLAIN = /^[\x20-\x26\x28-\x5b\x5d-\x7e]*$/

/** A text as Python's `repr` shows it inside a list. */
export function quoteText(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  let result = quote
  for (const character of text) {
    if (character === quote) result += `\\${quote}`
    else result += QUOTED[character] ?? quoteCharacter(character)
  }
  return result + quote
}
