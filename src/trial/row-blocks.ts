import type { SpoolReader } from '../audience/audience.ts'
import type { BatchNote } from '../campaign/delivery.ts'
import type { RowBlock } from './lend-rows.ts'

const BLOCK_ROWS = 256
const BLOCK_BYTES = 1024 * 1024

/** Cuts a spool into blocks as a run lends them: in order, none over the end of a chunk, batches whole. */
export function* rowBlocks(
  spool: SpoolReader,
  {
    rows,
    chunkSize,
    batchSize,
  }: { readonly rows: number; readonly chunkSize: number | null; readonly batchSize: number | null },
): Generator<RowBlock> {
  for (let firstSeq = 0; firstSeq < rows;) {
    const chunk = chunkSize === null ? 0 : Math.floor(firstSeq / chunkSize)
    const end = Math.min(rows, chunkSize === null ? rows : (chunk + 1) * chunkSize)
    const { count, lines } =
      batchSize === null
        ? spool.cut(firstSeq, { maxRows: Math.min(BLOCK_ROWS, end - firstSeq), maxBytes: BLOCK_BYTES })
        : spool.cut(firstSeq, { maxRows: Math.min(batchSize, end - firstSeq) })
    yield { chunk, firstSeq, count, lines, batches: batchSize === null ? null : [batchOf(firstSeq, count)] }
    firstSeq += count
  }
}

/** A whole batch: nobody has left it yet. */
export function batchOf(seq: number, count: number): BatchNote {
  return { seq, count, path: '', root: seq, done: [] }
}
