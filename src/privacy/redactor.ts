import { ERASED } from '../ledger/erasure.ts'

/** Escapes of JSON and URLs are no part of the word behind them. */
const WORD = /\\[bfnrt]|%[\da-f]{2}|[\p{L}\p{N}_]+/giu
const ENDS_ESCAPED = /(?:\\[bfnrt]|%[\da-f]{2})$/i
const IS_WORD = /[\p{L}\p{N}_]/u
/** Between two word characters these belong to what they stand in: `c-1` is not told by `c-1-b`, nor `jan` by `jan@x.cz`. */
const JOINT = /[-.@+]/

/** A value this short tells of nobody: `ok`, `cs`, `12`. */
const LEAST_LENGTH = 3
const LEAST_DIGITS = 5

/**
 * Finds what names erased customers in texts that stay: what a receiver said of many customers, or to somebody else.
 *
 * A value counts where it stands by itself, as it is or as JSON, a URL or Base64 writes it.
 */
export class Redactor {
  /** Spellings by their first word, with where in the spelling it begins. */
  readonly #spellings = new Map<
    string,
    { readonly spelling: string; readonly offset: number; readonly value: string }[]
  >()
  readonly #values = new Set<string>()

  /** Takes note of everything in a customer's row that could tell who it is. */
  addRow(row: unknown): void {
    for (const value of valuesIn(row)) this.add(value)
  }

  add(value: string): void {
    if (this.#values.has(value) || !isTelling(value)) return
    this.#values.add(value)
    for (const spelling of spellingsOf(value)) {
      const first = spelling.match(WORD)?.[0] ?? ''
      const known = this.#spellings.get(first)
      const entry = { spelling, offset: spelling.indexOf(first), value }
      if (known === undefined) this.#spellings.set(first, [entry])
      else known.push(entry)
    }
  }

  /** Forgets a value: somebody who stays has it too, so that it tells of nobody in particular. */
  forget(value: string): void {
    if (!this.#values.delete(value)) return
    for (const spelling of spellingsOf(value)) {
      const first = spelling.match(WORD)?.[0] ?? ''
      const left = this.#spellings.get(first)?.filter((entry) => entry.value !== value)
      if (left !== undefined) this.#spellings.set(first, left)
    }
  }

  /** The values that a text holds. */
  valuesIn(text: string): readonly string[] {
    return this.#find(text).map(({ value }) => value)
  }

  redact(text: string): string {
    let left = ''
    let done = 0
    for (const { start, end } of this.#find(text)) {
      left += text.slice(done, start) + ERASED
      done = end
    }
    return done === 0 ? text : left + text.slice(done)
  }

  #find(text: string): { readonly start: number; readonly end: number; readonly value: string }[] {
    const found: { start: number; end: number; value: string }[] = []
    if (this.#spellings.size === 0) return found
    let from = 0
    for (const { 0: word, index } of text.matchAll(WORD)) {
      const candidates = this.#spellings.get(word)?.filter(({ spelling, offset }) => {
        const start = index - offset
        return start >= from && text.startsWith(spelling, start) && isAlone(text, start, start + spelling.length)
      })
      const longest = candidates?.toSorted((a, b) => b.spelling.length - a.spelling.length)[0]
      if (longest === undefined) continue
      const start = index - longest.offset
      from = start + longest.spelling.length
      found.push({ start, end: from, value: longest.value })
    }
    return found
  }
}

/** Every text and number in a row, however deep. */
export function* valuesIn(row: unknown): Generator<string> {
  if (typeof row === 'string') yield row.trim()
  else if (typeof row === 'number') yield String(row)
  else if (typeof row === 'object' && row !== null) for (const value of Object.values(row)) yield* valuesIn(value)
}

function isTelling(value: string): boolean {
  return /^[\d.]*$/.test(value) ? value.length >= LEAST_DIGITS : value.length >= LEAST_LENGTH
}

function spellingsOf(value: string): ReadonlySet<string> {
  const json = JSON.stringify(value).slice(1, -1)
  const ascii = json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const asciiUpper = ascii.replaceAll(/\\u[\da-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`)
  const url = value.isWellFormed() ? encodeURIComponent(value) : value
  const urls = [url, url.replaceAll(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase())]
  const base64 = Buffer.from(value).toString('base64')
  const forms = urls.map((text) => text.replaceAll('%20', '+'))
  return new Set([value, json, ascii, asciiUpper, ...urls, ...forms, base64, base64.replace(/=+$/, '')])
}

function isAlone(text: string, start: number, end: number): boolean {
  return !isJoined(text, start, -1) && !isJoined(text, end - 1, 1)
}

/** Whether what stands at `at`, on the edge of a value, goes on in this direction. */
function isJoined(text: string, at: number, step: 1 | -1): boolean {
  const next = text[at + step] ?? ''
  if (step === -1 && ENDS_ESCAPED.test(text.slice(Math.max(0, at - 3), at))) return false
  if (IS_WORD.test(next)) return IS_WORD.test(text[at]!)
  return JOINT.test(next) && IS_WORD.test(text[at + 2 * step] ?? '')
}
