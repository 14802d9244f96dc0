import { closeSync, openSync, readSync } from 'node:fs'
import { findIdColumn } from './customer-id.ts'
import type { Line } from './cut-lines.ts'
import { LineCutter } from './cut-lines.ts'
import { CHUNK_BYTES } from './row-limits.ts'
import type { SpoolSummary } from './row-pass.ts'
import { parseSpoolLine } from './spool-line.ts'
import { INDEX_STRIDE, spoolFiles, storageError } from './spool-state.ts'
import type { SpoolPosition } from './spool-writer.ts'

/** What a crash left of a spool: where it can be written on, and what its whole rows say. */
export interface RecoveredSpool {
  readonly position: SpoolPosition
  readonly summary: SpoolSummary
}

/**
 * Reads an unsealed spool up to its last whole row.
 *
 * The index is made anew: the two files need not have reached the disk in step. A line that cannot be a row ends the spool: after a power cut, zeros may stand
 * where blocks had not reached the disk (rows that were announced had). Where it is known how many `rows` had reached it,
 * they are counted and not looked at.
 */
export function recoverSpool(
  folder: string,
  {
    customerId,
    generation,
    rows,
  }: { readonly customerId: string | null; readonly generation?: number | undefined; readonly rows?: number },
): RecoveredSpool {
  const recovery = new Recovery(customerId, rows ?? null)
  const cutter = new LineCutter((line) => recovery.take(line))
  try {
    readChunks(spoolFiles(folder, generation).rows, (chunk) => cutter.push(chunk))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw storageError('Could not read the spool', folder, error)
  }
  return recovery.result()
}

/** Reads a file chunk by chunk; a chunk's bytes are gone after `take`. */
export function readChunks(path: string, take: (chunk: Buffer) => void): void {
  const fd = openSync(path, 'r')
  try {
    const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
    for (let read = readSync(fd, chunk); read > 0; read = readSync(fd, chunk)) take(chunk.subarray(0, read))
  } finally {
    closeSync(fd)
  }
}

const BRACE = 123
const EXCLAMATION_MARK = 33

class Recovery {
  readonly #customerId: string | null
  readonly #index: number[] = []
  readonly #suppressed = { duplicate: 0, consent: 0, excluded: 0 }
  #columns: readonly string[] = []
  #idColumn: string | null
  #rows = 0
  #bytes = 0
  #badRows = 0
  #isOver = false

  readonly #wanted: number | null

  constructor(customerId: string | null, wanted: number | null) {
    this.#customerId = customerId
    this.#wanted = wanted
    this.#idColumn = customerId
  }

  take(line: Line): void {
    this.#isOver ||= this.#wanted === null ? !this.#isRow(line) : this.#rows >= this.#wanted
    if (this.#isOver) return
    if (this.#rows % INDEX_STRIDE === 0) this.#index.push(this.#bytes)
    this.#rows++
    this.#bytes += line.end - line.start + 1
  }

  result(): RecoveredSpool {
    const rows = this.#rows
    return {
      position: { rows, bytes: this.#bytes, index: this.#index },
      summary: {
        rows,
        suppressed: this.#suppressed,
        badRows: this.#badRows,
        duplicates: this.#suppressed.duplicate,
        customerIdColumn: this.#idColumn,
        columns: this.#columns,
        warnings: [{ code: 'audience_cut', message: CUT, count: rows }],
      },
    }
  }

  #isRow({ bytes, start, end, isTooLong }: Line): boolean {
    const first = bytes[start]
    const line = bytes.subarray(start, end)
    if (isTooLong || line.includes(0)) return false
    if (first === BRACE && this.#rows > 0) return true
    return (first === BRACE || first === EXCLAMATION_MARK) && this.#look(line)
  }

  #look(line: Uint8Array): boolean {
    try {
      const { row, verdict } = parseSpoolLine(line)
      if (verdict?.status === 'suppressed' && verdict.reason !== 'erased') this.#suppressed[verdict.reason]++
      if (verdict?.status === 'failed') this.#badRows++
      if (row !== null && this.#rows === 0) {
        this.#columns = Object.keys(row)
        this.#idColumn = findIdColumn(row, this.#customerId)
      }
      return true
    } catch (error) {
      if (error instanceof SyntaxError) return false
      throw error
    }
  }
}

const CUT = 'The audience could not be read again after a crash: the run ends with the rows that it had got by then'
