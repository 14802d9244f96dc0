/**
 * What a JSON pointer names in a parsed document; undefined when it names nothing.
 *
 * Own properties only: the document comes from outside, and `/constructor` or an array's `/length` is not in it.
 *
 * @see RFC 6901 §4.
 * @example valueAt({ errors: [{ code: 1004 }] }, '/errors/0/code') // 1004
 * @example valueAt({ 'a/b': { 'm~n': true } }, '/a~1b/m~0n') // true
 */
export function valueAt(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  let value = document
  for (const token of pointer.split('/').slice(1)) {
    value = childOf(value, token.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (value === undefined) return undefined
  }
  return value
}

const ARRAY_INDEX = /^(?:0|[1-9]\d*)$/

function childOf(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return ARRAY_INDEX.test(token) ? value[Number(token)] : undefined
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, token)) return undefined
  return (value as Record<string, unknown>)[token]
}
