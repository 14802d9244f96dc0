/**
 * What a filter, test, method or global function takes, written as in Python: `value, width=, *rest, **names`.
 *
 * A parameter with `=` may be left out and is then JavaScript's undefined; `*rest` is bound to a list of what is left,
 * `**names` to a map.
 */
export interface Signature {
  readonly names: readonly string[]
  readonly required: number
  readonly rest: string | null
  readonly keywords: string | null
}

export function parseSignature(text: string): Signature {
  const parts = text.split(',').map((part) => part.trim())
  const names = parts.filter((part) => part !== '' && !part.startsWith('*'))
  return {
    names: names.map((name) => name.replace('=', '')),
    required: names.filter((name) => !name.endsWith('=')).length,
    rest: parts.find((part) => /^\*\w/.test(part)) ?? null,
    keywords: parts.find((part) => part.startsWith('**')) ?? null,
  }
}

/** One argument list, bound: by position, then what was left over. */
export interface Bound<T> {
  readonly values: readonly (T | undefined)[]
  readonly rest: readonly T[]
  readonly keywords: readonly (readonly [string, T])[]
}

/**
 * Puts arguments in the order of the parameters. Works on values and, when a template is compiled, on code.
 *
 * @returns a sentence instead when they do not fit.
 */
export function bindArguments<T>(
  signature: Signature,
  positional: readonly T[],
  keywords: readonly (readonly [string, T])[],
): Bound<T> | string {
  const { names, required } = signature
  if (positional.length > names.length && signature.rest === null) {
    return `expected at most ${names.length} arguments, got ${positional.length}`
  }
  const values: (T | undefined)[] = names.map((_, index) => positional[index])
  const left: (readonly [string, T])[] = []
  for (const [name, value] of keywords) {
    const index = names.indexOf(name)
    if (index === -1 && signature.keywords === null) {
      return names.length === 0
        ? `expected no arguments, got \`${name}\``
        : `expected arguments out of ${names.map((known) => `\`${known}\``).join(', ')}, got \`${name}\``
    }
    if (index === -1) left.push([name, value])
    else if (index < positional.length) return `expected \`${name}\` once, got it twice`
    else values[index] = value
  }
  const missing = names.findIndex((_, index) => index < required && values[index] === undefined)
  if (missing !== -1) return `expected the argument \`${names[missing]!}\`, got none`
  return { values, rest: positional.slice(names.length), keywords: left }
}
