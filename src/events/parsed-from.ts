/** Reads a column that holds JSON, or nothing: null. */
export function parsedFrom(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : null
}
