import type { Row } from './group-store.ts'

/** A field as the column has it. */
export function asKept<V>(value: unknown): V {
  return value as V
}

/** A field that the column has as JSON, or null. */
export function fromJson<V>(value: unknown): V {
  return (typeof value === 'string' ? JSON.parse(value) : null) as V
}

/**
 * Makes a function that reads rows: each field from the column of its name, in snake case, as the function given for it says.
 *
 * @example rowReader<{ runId: string }>({ runId: String })({ run_id: 'x' }) // { runId: 'x' }
 */
export function rowReader<T extends object>(fields: {
  readonly [K in keyof T]-?: (value: unknown) => T[K]
}): (row: Row) => T {
  const columns = Object.entries<(value: unknown) => unknown>(fields).map(
    ([name, read]) => [name, name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), read] as const,
  )
  return (row) => Object.fromEntries(columns.map(([name, column, read]) => [name, read(row[column])])) as T
}
