import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { LedgerError } from '../errors.ts'
import { INDEX_STRIDE, readSpoolState, spoolFiles, storageError } from './spool-state.ts'

const WINDOW_BYTES = 262_144
const LINE_FEED = 10
const LOOKS = 3

/** Whole lines of the spool, line breaks included, as they lie in it. */
export interface RowCut {
  readonly count: number
  readonly lines: Uint8Array
}

export interface CutLimits {
  readonly maxRows: number
  /** One row is always cut, however long it is. */
  readonly maxBytes?: number
}

/**
 * Reads rows of a spool back by their position, as bytes and without parsing.
 *
 * A sealed spool is known whole. One that still grows is known as far as {@link grow} was told: a line is never read before it was written.
 * Reads are synchronous: the pages were written a moment ago, and one slice takes a few microseconds.
 */
export class SpoolReader implements Disposable {
  readonly #folder: string
  readonly #fd: number
  readonly #indexFd: number
  readonly #index: number[] = []
  readonly #window = Buffer.allocUnsafeSlow(WINDOW_BYTES)
  #windowStart = 0
  #windowEnd = 0
  #rows = 0
  #bytes = 0
  // Rows are asked for in order: the end of the last cut saves finding the start of the next.
  #lastSeq = 0
  #lastOffset = 0
  #isClosed = false

  private constructor(folder: string, generation: number | undefined) {
    const files = spoolFiles(folder, generation)
    this.#folder = folder
    this.#fd = openSync(files.rows, 'r')
    this.#indexFd = openSync(files.index, 'r')
  }

  /**
   * Opens a run folder's spool; an unsealed one has no rows until it is told of some.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when there is none, or it is shorter than its seal says.
   */
  static open(folder: string): SpoolReader {
    for (let looks = 1; ; looks++) {
      const state = readSpoolState(folder)
      try {
        const reader = new SpoolReader(folder, state?.generation)
        if (state?.sealed != null) reader.#expect(state.sealed)
        return reader
      } catch (error) {
        // An erasure may have put other files in their place since the state was read.
        if ((error as NodeJS.ErrnoException).code === 'ENOENT' && looks < LOOKS) continue
        throw error instanceof LedgerError ? error : storageError('Could not read the spool', folder, error)
      }
    }
  }

  /** How many rows can be read. */
  get rows(): number {
    return this.#rows
  }

  /** Takes note that the first `rows` rows are written. */
  grow(rows: number): void {
    if (rows <= this.#rows) return
    this.#rows = rows
    this.#bytes = fstatSync(this.#fd).size
    const known = this.#index.length
    const entries = Buffer.alloc((Math.ceil(rows / INDEX_STRIDE) - known) * 8)
    const read = readSync(this.#indexFd, entries, 0, entries.length, known * 8)
    if (read < entries.length) throw this.#damaged('its index is cut short')
    for (let at = 0; at < entries.length; at += 8) this.#index.push(Number(entries.readBigUInt64LE(at)))
  }

  /** The rows from `firstSeq` that fit: the first at least, so that a cut of 0 rows means that there are none. */
  cut(firstSeq: number, { maxRows, maxBytes = Infinity }: CutLimits): RowCut {
    const wanted = Math.min(maxRows, this.#rows - firstSeq)
    if (wanted <= 0) return { count: 0, lines: new Uint8Array(0) }
    const start = this.#offsetOf(firstSeq)
    const { count, end } = this.#fit({ seq: firstSeq, offset: start, rows: wanted, maxBytes })
    this.#remember(firstSeq + count, end)
    return { count, lines: this.#read(start, end) }
  }

  /** The rows at these positions, which ascend: as many as fit, the first at least. */
  pick(seqs: readonly number[], { maxBytes = Infinity }: { readonly maxBytes?: number } = {}): RowCut {
    const pieces: { start: number; end: number }[] = []
    let bytes = 0
    let count = 0
    for (const seq of seqs) {
      if (seq < 0 || seq >= this.#rows) throw new RangeError(`expected \`seq\` to be below ${this.#rows}, got ${seq}`)
      const start = this.#offsetOf(seq)
      const end = this.#skip(start, 1)
      if (count > 0 && bytes + end - start > maxBytes) break
      this.#remember(seq + 1, end)
      bytes += end - start
      count++
      const last = pieces.at(-1)
      if (last?.end === start) last.end = end
      else pieces.push({ start, end })
    }
    const lines = Buffer.allocUnsafeSlow(bytes)
    let filled = 0
    for (const { start, end } of pieces) {
      this.#readInto(lines.subarray(filled, filled + end - start), start)
      filled += end - start
    }
    return { count, lines }
  }

  /** Every row from `firstSeq` on, without its line break. */
  *scan(firstSeq = 0): Generator<{ readonly seq: number; readonly line: Uint8Array }> {
    let seq = firstSeq
    while (seq < this.#rows) {
      const { lines, count } = this.cut(seq, { maxRows: INDEX_STRIDE, maxBytes: WINDOW_BYTES })
      let start = 0
      for (let at = 0; at < count; at++) {
        const end = lines.indexOf(LINE_FEED, start)
        yield { seq: seq + at, line: lines.subarray(start, end) }
        start = end + 1
      }
      seq += count
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    closeSync(this.#fd)
    closeSync(this.#indexFd)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #expect({ rows, bytes }: { readonly rows: number; readonly bytes: number }): void {
    const { size } = fstatSync(this.#fd)
    if (size !== bytes) throw this.#damaged(`${bytes} bytes were sealed, ${size} are there`)
    this.grow(rows)
  }

  #damaged(how: string): LedgerError {
    return new LedgerError('HOOKCAST_LEDGER_UNUSABLE', `The spool is damaged, ${how}: ${this.#folder}`)
  }

  #remember(seq: number, offset: number): void {
    this.#lastSeq = seq
    this.#lastOffset = offset
  }

  #offsetOf(seq: number): number {
    const block = Math.floor(seq / INDEX_STRIDE)
    const blockSeq = block * INDEX_STRIDE
    const isNear = this.#lastSeq <= seq && this.#lastSeq >= blockSeq
    const offset = isNear ? this.#lastOffset : this.#index[block]!
    return this.#skip(offset, seq - (isNear ? this.#lastSeq : blockSeq))
  }

  /** Finds the end of the rows that fit; whole blocks by the index, the rest by their line breaks. */
  #fit(from: { seq: number; offset: number; rows: number; maxBytes: number }): { count: number; end: number } {
    const limit = from.offset + from.maxBytes
    const lastSeq = from.seq + from.rows
    let seq = from.seq
    let end = from.offset
    for (;;) {
      const block = Math.floor(seq / INDEX_STRIDE) + 1
      const next = this.#index[block]
      const blockSeq = block * INDEX_STRIDE
      if (next === undefined || blockSeq > lastSeq || next > limit) break
      seq = blockSeq
      end = next
    }
    while (seq < lastSeq) {
      const next = this.#skip(end, 1)
      if (next > limit && seq > from.seq) break
      seq++
      end = next
    }
    return { count: seq - from.seq, end }
  }

  /** The offset behind the next `lines` line breaks. */
  #skip(offset: number, lines: number): number {
    let at = offset
    let left = lines
    while (left > 0) {
      if (at < this.#windowStart || at >= this.#windowEnd) this.#load(at)
      const found = this.#window
        .subarray(0, this.#windowEnd - this.#windowStart)
        .indexOf(LINE_FEED, at - this.#windowStart)
      if (found === -1) at = this.#windowEnd
      else {
        at = this.#windowStart + found + 1
        left--
      }
    }
    return at
  }

  #load(offset: number): void {
    const length = Math.min(WINDOW_BYTES, this.#bytes - offset)
    if (length <= 0) throw this.#damaged('it has fewer lines than rows')
    this.#readInto(this.#window.subarray(0, length), offset)
    this.#windowStart = offset
    this.#windowEnd = offset + length
  }

  #read(start: number, end: number): Uint8Array {
    const lines = Buffer.allocUnsafeSlow(end - start)
    this.#readInto(lines, start)
    return lines
  }

  #readInto(target: Buffer, offset: number): void {
    let done = 0
    while (done < target.length) {
      const read = readSync(this.#fd, target, done, target.length - done, offset + done)
      if (read === 0) throw this.#damaged('it ends before its last row')
      done += read
    }
  }
}
