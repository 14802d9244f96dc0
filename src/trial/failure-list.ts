/** Where a customer of a failure stands in the audience. */
export interface FailedRow {
  readonly customer_id: string
  /** 1-based place in the audience. */
  readonly row: number
  readonly file: string
  /** 1-based line of the file, on which the row ends. */
  readonly line: number | null
}

/** Failures of one kind: the same reason, made by the same place of a template. */
export interface FailureGroup {
  readonly reason: string
  /** Of the first of them; holds no customer's data. */
  readonly message: string
  readonly count: number
  /** The first of them. */
  readonly rows: readonly FailedRow[]
}

const MOST_GROUPS = 20
const ROWS_SHOWN = 5
/** `sms.json.j2:3:14 expected …`: what a template's failures have in common when they have the same cause. */
const PLACE = /^\S+:\d+:\d+ /

/** Groups failures by what made them: a thousand customers of one mistake are one line. */
export class FailureList {
  readonly #groups = new Map<string, { reason: string; message: string; count: number; rows: FailedRow[] }>()
  /** Failures of kinds that did not fit. */
  others = 0
  readonly counts: Record<string, number> = {}

  add(reason: string, message: string, row: () => FailedRow): void {
    this.counts[reason] = (this.counts[reason] ?? 0) + 1
    // The line of a row that cannot be read begins its message.
    const kind = reason === 'row' ? message.replace(/^line \d+: /, '') : (PLACE.exec(message)?.[0] ?? message)
    const key = `${reason} ${kind}`
    const group = this.#groups.get(key)
    if (group !== undefined) {
      group.count++
      if (group.rows.length < ROWS_SHOWN) group.rows.push(row())
      return
    }
    if (this.#groups.size >= MOST_GROUPS) this.others++
    else this.#groups.set(key, { reason, message, count: 1, rows: [row()] })
  }

  /** The most frequent first; rows in the order of the audience. */
  get groups(): readonly FailureGroup[] {
    return [...this.#groups.values()]
      .map((group) => ({ ...group, rows: group.rows.toSorted((a, b) => a.row - b.row) }))
      .toSorted((a, b) => b.count - a.count)
  }
}
