/** Where a page begins: behind this id in the order asked for, or, backwards, before it. */
export interface Cursor {
  readonly id: string
  readonly isBackwards: boolean
}

export interface PageQuery {
  readonly limit: number
  readonly cursor: Cursor | null
  readonly order: 'ascending' | 'descending'
}

export interface Page<T> {
  /** In the order asked for, whichever way was gone. */
  readonly rows: readonly T[]
  /** Nothing lies beyond in the direction gone. */
  readonly isDone: boolean
  /** How far was looked, when that was far enough for one page: there may be more behind. */
  readonly passed: Cursor | null
}

/** Something that was met and is not asked for, as far as a page knows of it. */
export class Passed {
  readonly id: string

  constructor(id: string) {
    this.id = id
  }
}

/** Reads of one page that find too little: the loop is not held up for a filter that hardly anything meets. */
const MOST_PASSED = 25

/** Whether rows are met by rising id on the way that the query goes. */
export function isRising({ order, cursor }: PageQuery): boolean {
  return (order === 'ascending') !== (cursor?.isBackwards === true)
}

/** Cuts a page out of rows met on the way that the query goes, behind its cursor. */
export function pageFrom<T>(met: Iterable<T | Passed>, { limit, cursor }: PageQuery): Page<T> {
  const rows: T[] = []
  let passed = 0
  for (const row of met) {
    if (row instanceof Passed) {
      if (++passed >= MOST_PASSED)
        return {
          rows: inOrder(rows, cursor),
          isDone: false,
          passed: { id: row.id, isBackwards: cursor?.isBackwards === true },
        }
      continue
    }
    if (rows.length === limit) return { rows: inOrder(rows, cursor), isDone: false, passed: null }
    rows.push(row)
  }
  return { rows: inOrder(rows, cursor), isDone: true, passed: null }
}

function inOrder<T>(rows: T[], cursor: Cursor | null): readonly T[] {
  return cursor?.isBackwards === true ? rows.toReversed() : rows
}

/** Cuts a page out of rows that are all in memory, by rising id. */
export function pageOf<T>(rising: readonly T[], query: PageQuery, idOf: (row: T) => string): Page<T> {
  const { cursor } = query
  const met = isRising(query) ? rising : rising.toReversed()
  const isBehind = (row: T): boolean => {
    if (cursor === null) return true
    return isRising(query) ? idOf(row) > cursor.id : idOf(row) < cursor.id
  }
  return pageFrom(met.filter(isBehind), query)
}
