import type { PlainDifference } from '../campaign/delivery.ts'

/** Gathers where bodies print otherwise than plain Jinja2 does: each place once, with the values of its first row. */
export class DifferenceList {
  readonly #found = new Map<string, { readonly seq: number; readonly difference: PlainDifference }>()

  add(seq: number, differences: readonly PlainDifference[]): void {
    for (const difference of differences) {
      const { file, line, column } = difference
      const key = `${file}:${line}:${column}`
      const known = this.#found.get(key)
      if (known === undefined || seq < known.seq) this.#found.set(key, { seq, difference })
    }
  }

  /** In the order of the template. */
  get all(): readonly PlainDifference[] {
    return [...this.#found.values()]
      .map(({ difference }) => difference)
      .toSorted((a, b) => a.file.localeCompare(b.file, 'en') || a.line - b.line || a.column - b.column)
  }
}
