/** A whole string, number or literal of JSON (RFC 8259). */
const SCALAR =
  // eslint-disable-next-line no-control-regex
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y
// eslint-disable-next-line no-control-regex
const STRING_START = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y
const BLANK = /[ \t\n\r]*/y

/** What may come next. */
type Next = 'value' | 'first_item' | 'key' | 'first_key' | 'colon' | 'after'

class Scan {
  readonly #text: string
  readonly #open: string[] = []
  at = 0
  #next: Next = 'value'

  constructor(text: string) {
    this.#text = text
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)
    if (found === null) return false
    this.at = pattern.lastIndex
    return true
  }

  /** Goes one token further; false where the text stops being JSON. */
  step(): boolean {
    this.#skip(BLANK)
    const character = this.#text[this.at] ?? ''
    if (this.#isClosing(character)) {
      this.#open.pop()
      return this.#sign('after')
    }
    switch (this.#next) {
      case 'after':
        return character === ',' && this.#open.length > 0 && this.#sign(this.#open.at(-1) === '}' ? 'key' : 'value')
      case 'colon':
        return character === ':' && this.#sign('value')
      case 'key':
      case 'first_key':
        return character === '"' && this.#scalar('colon')
      case 'value':
      case 'first_item':
        return this.#value(character)
    }
  }

  #isClosing(character: string): boolean {
    if (character === '' || character !== this.#open.at(-1)) return false
    return this.#next === 'after' || this.#next === (character === ']' ? 'first_item' : 'first_key')
  }

  #value(character: string): boolean {
    if (character !== '{' && character !== '[') return this.#scalar('after')
    this.#open.push(character === '{' ? '}' : ']')
    return this.#sign(character === '{' ? 'first_key' : 'first_item')
  }

  #scalar(next: Next): boolean {
    this.#next = next
    if (this.#skip(SCALAR)) return true
    this.#skip(STRING_START)
    return false
  }

  #sign(next: Next): boolean {
    this.at += 1
    this.#next = next
    return true
  }
}

/**
 * Finds where a text stops being JSON, for a text that `JSON.parse` has refused: V8 names the position in some of its
 * messages only.
 */
export function jsonFaultOffset(text: string): number {
  const scan = new Scan(text)
  while (scan.step());
  return scan.at
}
