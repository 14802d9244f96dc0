import { isConsent } from './cell-value.ts'
import { findIdFault } from './customer-id.ts'
import { RowFault } from './fault.ts'
import type { IdSet } from './id-set.ts'
import type { CustomerRow } from './spool-line.ts'

/** Says why a row cannot be used, by what names its customer: the column's name, null when only the row's number does. */
export function findRowFault(
  row: CustomerRow,
  name: string | null,
  { customerId }: { readonly customerId: string | null },
): RowFault | null {
  if (name !== null) return findIdFault(String(row[name]), name)
  return customerId === null
    ? null
    : new RowFault(`expected \`${customerId}\` to name the customer, got no text or number in it`)
}

/** Why nobody is to be called for a row that can be used; null when somebody is. */
export function reasonToLeaveOut(
  row: CustomerRow,
  id: string | null,
  { excluded, consentColumn }: { readonly excluded: IdSet; readonly consentColumn: string | null },
): 'excluded' | 'consent' | null {
  if (id !== null && excluded.size > 0 && excluded.has(id.trim())) return 'excluded'
  if (consentColumn === null) return null
  return Object.hasOwn(row, consentColumn) && isConsent(row[consentColumn]) ? null : 'consent'
}
