/** Where a value stands in a file: the keys and list places (from 0) that lead to it. */
export type KeyPath = readonly (string | number)[]

/**
 * Writes a path as people read it.
 *
 * @example formatKey(['webhook', 'headers', 0, 'name']) // webhook.headers[0].name
 */
export function formatKey(path: KeyPath): string {
  if (path.length === 0) return 'the file'
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[\w-]+$/.test(step)) text += `[${shorten(JSON.stringify(step))}]`
    else text += text === '' ? step : `.${step}`
  }
  return text
}

export function valueAt(root: unknown, path: KeyPath): unknown {
  let value = root
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    value = (value as Record<string | number, unknown>)[step]
  }
  return value
}

/** A message shows at most 80 characters of what a person wrote. */
export function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
