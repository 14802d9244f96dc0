import type { SpoolReader } from '../audience/audience.ts'
import type { RowBlock } from './lend-rows.ts'

const BLOCK_ROWS = 256
const BLOCK_BYTES = 1024 * 1024

/** Cuts a spool into blocks as a run lends them: in order, and none over the end of a chunk. */
export function* rowBlocks(
  spool: SpoolReader,
  { rows, chunkSize }: { readonly rows: number; readonly chunkSize: number | null },
): Generator<RowBlock> {
  for (let firstSeq = 0; firstSeq < rows;) {
    const chunk = chunkSize === null ? 0 : Math.floor(firstSeq / chunkSize)
    const end = Math.min(rows, chunkSize === null ? rows : (chunk + 1) * chunkSize)
    const { count, lines } = spool.cut(firstSeq, {
      maxRows: Math.min(BLOCK_ROWS, end - firstSeq),
      maxBytes: BLOCK_BYTES,
    })
    yield { chunk, firstSeq, count, lines }
    firstSeq += count
  }
}
