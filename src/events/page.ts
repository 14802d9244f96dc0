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
}

/** Whether rows are met by rising id on the way that the query goes. */
export function isRising({ order, cursor }: PageQuery): boolean {
  return (order === 'ascending') !== (cursor?.isBackwards === true)
}

/** Cuts a page out of rows met on the way that the query goes, behind its cursor. */
export function pageFrom<T>(met: Iterable<T>, { limit, cursor }: PageQuery): Page<T> {
  const rows: T[] = []
  for (const row of met) {
    if (rows.length === limit) return { rows: inOrder(rows, cursor), isDone: false }
    rows.push(row)
  }
  return { rows: inOrder(rows, cursor), isDone: true }
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
