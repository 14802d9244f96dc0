import type { BatchCutter, SpoolReader } from '../audience/audience.ts'
import type { BatchNote } from '../campaign/delivery.ts'
import type { WaitingRow } from '../ledger/rows.ts'

const SLICE_ROWS = 256
export const SLICE_BYTES = 1024 * 1024

/** What goes into a slice: `count` rows of it, or deliveries of it when they come again. */
export interface SliceCut {
  readonly count: number
  readonly lines: Uint8Array
  readonly batches: readonly BatchNote[] | null
  /** The next batch has more rows than may still be lent. */
  readonly isOverLimit?: boolean
}

class Cut {
  readonly batches: BatchNote[] = []
  readonly #lines: Uint8Array[] = []
  #bytes = 0
  rows = 0

  hasRoomFor(rows: number, bytes: number): boolean {
    return this.rows === 0 || (this.rows + rows <= SLICE_ROWS && this.#bytes + bytes <= SLICE_BYTES)
  }

  add(note: BatchNote, lines: Uint8Array): void {
    this.batches.push(note)
    this.#lines.push(lines)
    this.#bytes += lines.length
    this.rows += note.count
  }

  get lines(): Uint8Array {
    return Buffer.concat(this.#lines)
  }
}

/** Cuts whole batches, one at least: none when the rows of the next one are not all there. */
export function cutBatches(
  spool: SpoolReader,
  cutter: BatchCutter,
  range: {
    readonly firstSeq: number
    readonly end: number
    readonly isEndKnown: boolean
    readonly wantedRows: number
    readonly mostRows: number
    /** Nothing was cut yet: one batch goes out, however large. */
    readonly isFirst: boolean
  },
): SliceCut {
  const cut = new Cut()
  let isOverLimit = false
  for (let seq = range.firstSeq; seq < range.end && (cut.rows === 0 || cut.rows < range.wantedRows);) {
    const { count, isWhole } = cutter.cut(seq, range.end)
    if (!isWhole && !range.isEndKnown) break
    isOverLimit = cut.rows + count > range.mostRows && !(range.isFirst && cut.rows === 0)
    if (isOverLimit) break
    const { lines } = spool.cut(seq, { maxRows: count })
    if (!cut.hasRoomFor(count, lines.length)) break
    cut.add({ seq, count, path: '', root: seq, done: [] }, lines)
    seq += count
  }
  return { count: cut.rows, lines: cut.lines, batches: cut.batches, isOverLimit }
}

/** Reads the rows of batches that come again, as many batches as fit. */
export function pickBatches(
  spool: SpoolReader,
  due: readonly WaitingRow[],
  endedSeqs: (chunk: number, rows: { readonly seq: number; readonly count: number }) => readonly number[],
): SliceCut {
  const cut = new Cut()
  for (const { chunk, seq, batch } of due) {
    if (batch === null) throw new TypeError('expected what waits to be a batch, got one customer')
    const { count, root, path } = batch
    const { lines } = spool.cut(seq, { maxRows: count })
    if (!cut.hasRoomFor(count, lines.length)) break
    cut.add({ seq, count, path, root, done: endedSeqs(chunk, { seq, count }) }, lines)
  }
  return { count: cut.batches.length, lines: cut.lines, batches: cut.batches }
}
