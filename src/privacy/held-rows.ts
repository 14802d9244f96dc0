import type { CampaignSnapshot } from '../campaign/campaign-folder.ts'
import { readYaml } from '../campaign/yaml-text.ts'
import { customerIdOf, eachSpoolLine, findIdColumn, parseSpoolLine, type SpoolRow } from '../audience/audience.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { readSnapshot } from '../runner/runner.ts'

/** A row of a run's spool, and whom it names. */
export interface HeldRow extends SpoolRow {
  readonly seq: number
  readonly customerId: string
  /** The column that names the customer; null when only the row's number does. */
  readonly column: string | null
  /** Of the event that brought the customer, as templates see them; null without. */
  readonly attributes: unknown
}

/**
 * The column that names a run's customers, as its campaign said; null where none was said.
 *
 * Read from the files kept with the run, so that a setting or a secret which is gone since keeps nobody from being found.
 */
export function namingColumn(paths: RunPaths): string | null {
  return columnNamedIn(readSnapshot(paths).campaign)
}

export function columnNamedIn({ texts, file }: CampaignSnapshot): string | null {
  const { text } = readYaml(new TextEncoder().encode(texts[file] ?? ''), file)
  const { customer_id: column } = (text?.value ?? {}) as { readonly customer_id?: unknown }
  return typeof column === 'string' ? column : null
}

/** Tells whom a line of the spool names, just as reports do. */
export function heldRowFrom(line: Uint8Array, seq: number, column: string | null): HeldRow {
  const spooled = parseSpoolLine(line)
  const { row, number, event } = spooled
  const customerId = customerIdOf(row, { column, rowNumber: number ?? seq + 1 })
  const attributes = event === null ? null : (JSON.parse(event.text) as unknown)
  return { ...spooled, seq, customerId, column: row === null ? null : findIdColumn(row, column), attributes }
}

/** Goes over all rows of a run that nobody works on, one at a time. */
export function eachHeldRow(paths: RunPaths, take: (row: HeldRow) => void): void {
  const column = namingColumn(paths)
  eachSpoolLine(paths.folder, (line, seq) => take(heldRowFrom(line, seq, column)))
}
