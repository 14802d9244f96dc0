import { parseSpoolLine } from './spool-line.ts'
import type { SpoolReader } from './spool-reader.ts'

export interface BatchCut {
  readonly count: number
  /** No row behind it can still join it. */
  readonly isWhole: boolean
}

/**
 * Says which rows of a spool go together into one request: batch k of a chunk is its rows from k · size on, `size` of them.
 *
 * A replay's spool names requests of the run before that are to be repeated: the rows of each are a batch of their own,
 * and what lies between two of them is batched anew.
 */
export class BatchCutter {
  readonly #spool: SpoolReader
  /** Null: only what is repeated is a batch. */
  readonly #size: number | null
  readonly #isReplay: boolean

  constructor(spool: SpoolReader, { size, isReplay }: { readonly size: number | null; readonly isReplay: boolean }) {
    this.#spool = spool
    this.#size = size
    this.#isReplay = isReplay
  }

  /** The batch that begins at `seq`, where the one before it ended; its chunk, or what is known of it, ends at `end`. */
  cut(seq: number, end: number): BatchCut {
    const size = this.#size ?? 1
    if (this.#isReplay) return { count: this.#countAlike(seq, end, size), isWhole: true }
    const count = Math.min(size, end - seq)
    return { count, isWhole: count === size }
  }

  /** All batches of a range that begins and ends with one. */
  *within(firstSeq: number, end: number): Generator<{ readonly seq: number; readonly count: number }> {
    for (let seq = firstSeq; seq < end;) {
      const { count } = this.cut(seq, end)
      yield { seq, count }
      seq += count
    }
  }

  #countAlike(firstSeq: number, end: number, size: number): number {
    let first: string | null = null
    let most = size
    for (const { seq, line } of this.#spool.scan(firstSeq)) {
      const { kept } = parseSpoolLine(line)
      const id = kept?.request_id ?? ''
      if (first === null) {
        first = id
        if (kept !== null) most = kept.batch === undefined ? 1 : end - firstSeq
      }
      if (seq >= end || seq - firstSeq >= most || id !== first) return seq - firstSeq
    }
    return Math.min(end, this.#spool.rows) - firstSeq
  }
}
