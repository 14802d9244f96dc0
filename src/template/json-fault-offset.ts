const BLANK = /[ \t\n\r]*/y
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y // eslint-disable-line no-control-regex
const STRING_START = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y // eslint-disable-line no-control-regex

/**
 * Finds where a text stops being JSON (RFC 8259), for a text that `JSON.parse` has refused.
 *
 * V8 names the position in some of its messages only.
 */
export function jsonFaultOffset(text: string): number {
  const open: string[] = []
  let at = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) at += found[0].length
    return found !== null
  }
  /** What may come next: a value, a key, what follows a value, or the first of a list or mapping. */
  let state: 'value' | 'first_item' | 'key' | 'first_key' | 'after' = 'value'
  for (;;) {
    skip(BLANK)
    const character = text[at]
    const isClosing = (character === ']' && state === 'first_item') || (character === '}' && state === 'first_key')
    if (isClosing || (state === 'after' && character !== undefined && character === open.at(-1))) {
      open.pop()
      at += 1
      state = 'after'
    } else if (state === 'after') {
      if (character !== ',' || open.length === 0) return at
      at += 1
      state = open.at(-1) === '}' ? 'key' : 'value'
    } else if (state === 'key' || state === 'first_key') {
      if (character !== '"' || !skip(SCALAR)) return stoppedAt()
      skip(BLANK)
      if (text[at] !== ':') return at
      at += 1
      state = 'value'
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']')
      at += 1
      state = character === '{' ? 'first_key' : 'first_item'
    } else {
      if (!skip(SCALAR)) return stoppedAt()
      state = 'after'
    }
  }

  function stoppedAt(): number {
    if (text[at] === '"') skip(STRING_START)
    return at
  }
}
