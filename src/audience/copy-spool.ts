import { setImmediate } from 'node:timers/promises'
import type { SpoolSummary } from './row-pass.ts'
import type { KeptRequest, RowVerdict } from './spool-line.ts'
import { formatEnvelope, unwrapSpoolLine } from './spool-line.ts'
import { SpoolReader } from './spool-reader.ts'
import { readSpoolState } from './spool-state.ts'
import { SpoolWriter } from './spool-writer.ts'

/** A row to take over, by its place in the old run; `kept` when its request is to be the same as there. */
export interface CopiedRow {
  readonly seq: number
  readonly kept?: KeptRequest | null
}

/** Rows copied between two looks at the event loop. */
const ROWS_AT_ONCE = 500

/**
 * Makes a replay's spool from an old run's: the given rows, in the given order, each as the very text that it was.
 *
 * Every row goes into an envelope with its number in the old audience, so that a customer named by row number keeps that name.
 * @throws {LedgerError} when the old spool is not whole, or the new folder cannot be written.
 */
export async function copySpool(options: {
  readonly from: string
  readonly to: string
  readonly rows: Iterable<CopiedRow>
  /** How many rows the old run has, where its spool may still grow. */
  readonly accepted?: number
  readonly signal?: AbortSignal
}): Promise<SpoolSummary> {
  const { from, to, rows, accepted = 0, signal } = options
  using reader = SpoolReader.open(from)
  reader.grow(accepted)
  using writer = await SpoolWriter.open({ folder: to, source: null })
  const suppressed = { duplicate: 0, consent: 0, excluded: 0 }
  let badRows = 0
  const count = (verdict: RowVerdict | null): void => {
    if (verdict?.status === 'suppressed' && verdict.reason !== 'erased') suppressed[verdict.reason]++
    if (verdict?.status === 'failed') badRows++
  }
  for (const { seq, kept } of rows) {
    const { lines } = reader.pick([seq])
    const { row, number, verdict, event } = unwrapSpoolLine(lines.subarray(0, -1))
    writer.text(formatEnvelope({ row, number: number ?? seq + 1, verdict, kept: kept ?? null, event }))
    count(verdict)
    if (writer.rows % ROWS_AT_ONCE === 0) await setImmediate(undefined, signal ? { signal } : {})
  }
  const old = readSpoolState(from)?.sealed?.summary
  const summary = {
    rows: writer.rows,
    suppressed,
    badRows,
    duplicates: suppressed.duplicate,
    customerIdColumn: old?.customerIdColumn ?? null,
    columns: old?.columns ?? [],
    warnings: [],
  }
  await writer.seal(summary)
  return summary
}
