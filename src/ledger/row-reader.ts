import type { Row } from './group-store.ts'

/** Gives a field as the column has it; `never` fits whatever type the field has. */
export function asKept(value: unknown): never {
  return value as never
}

/** The same of a column with JSON; null of one without. */
export function fromJson(value: unknown): never {
  return (typeof value === 'string' ? JSON.parse(value) : null) as never
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
