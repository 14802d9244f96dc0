import { RenderFault } from './fault.ts'

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

export interface Given<T> {
  readonly positional: readonly T[]
  readonly keywords: readonly (readonly [string, T])[]
}

/** Names that stand in the template; while rendering they may be a customer's (`**names`), and are not told. */
export function shownName(name: string): string {
  return `\`${name}\``
}

function hiddenName(): string {
  return 'another name'
}

/**
 * Puts arguments in the order of the parameters. Works on values and, when a template is compiled, on code.
 *
 * @returns a sentence instead when they do not fit.
 */
export function bindArguments<T>(
  signature: Signature,
  { positional, keywords }: Given<T>,
  shown: (name: string) => string,
): Bound<T> | string {
  const { names, required } = signature
  if (positional.length > names.length && signature.rest === null) {
    return `expected at most ${names.length} arguments, got ${positional.length}`
  }
  const values: (T | undefined)[] = names.map((_, index) => positional[index])
  const left: (readonly [string, T])[] = []
  for (const [name, value] of keywords) {
    const index = names.indexOf(name)
    if (index === -1 && signature.keywords === null) return `${knownNames(names)}, got ${shown(name)}`
    if (index === -1) left.push([name, value])
    else if (index < positional.length) return `expected \`${name}\` once, got it twice`
    else values[index] = value
  }
  const missing = names.findIndex((_, index) => index < required && values[index] === undefined)
  if (missing !== -1) return `expected the argument \`${names[missing]!}\`, got none`
  return { values, rest: positional.slice(names.length), keywords: left }
}

function knownNames(names: readonly string[]): string {
  return names.length === 0 ? 'expected no arguments' : `expected arguments out of ${names.map(shownName).join(', ')}`
}

/** The same while rendering. */
export function bindValues(
  signature: Signature,
  { positional, keywords }: { positional: readonly unknown[]; keywords: Iterable<readonly [string, unknown]> },
): Bound<unknown> {
  const bound = bindArguments(signature, { positional, keywords: [...keywords] }, hiddenName)
  if (typeof bound === 'string') throw new RenderFault(bound)
  return bound
}
