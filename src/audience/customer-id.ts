import { RowFault } from './fault.ts'
import { CUSTOMER_ID_LIMIT } from './row-limits.ts'
import type { CustomerRow } from './spool-line.ts'

/** Where a customer's id is looked for, in this order, when the campaign names no column. */
export const CUSTOMER_ID_COLUMNS = ['customer_id', 'id', 'registered'] as const

// Controls, line and paragraph separators, and the marks that turn the direction of text: in a report or a log they show another id than the one meant.
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/**
 * Names a row's customer: the column, else customer_id, id, registered, else the row number.
 *
 * Shape: always a string; numbers are printed. An empty or blank value counts as missing.
 * Units: `rowNumber` is 1-based in the audience.
 * @example customerIdOf({ id: 17 }, { column: null, rowNumber: 3 }) // '17'
 */
export function customerIdOf(
  row: CustomerRow | null,
  { column, rowNumber }: { readonly column: string | null; readonly rowNumber: number },
): string {
  const name = row === null ? null : findIdColumn(row, column)
  return row === null || name === null ? String(rowNumber) : String(row[name])
}

/** The column that names this row's customer; null when only its row number does. */
export function findIdColumn(row: CustomerRow, column: string | null): string | null {
  if (column !== null) return isId(row, column) ? column : null
  for (const name of CUSTOMER_ID_COLUMNS) if (isId(row, name)) return name
  return null
}

function isId(row: CustomerRow, name: string): boolean {
  if (!Object.hasOwn(row, name)) return false
  const value = row[name]
  return typeof value === 'string' ? value.trim() !== '' : typeof value === 'number'
}

/** Says why `id` cannot name a customer; null when it can. */
export function findIdFault(id: string, name: string): RowFault | null {
  if (id.length > CUSTOMER_ID_LIMIT) {
    return new RowFault(`expected \`${name}\` to be at most ${CUSTOMER_ID_LIMIT} characters, got ${id.length}`)
  }
  if (UNPRINTABLE.test(id) || !id.isWellFormed()) {
    return new RowFault(`expected \`${name}\` to be printable text, got a control character in it`)
  }
  return null
}
