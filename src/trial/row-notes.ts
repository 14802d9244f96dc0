/** What a rehearsal remembers of a row. */
export const ROW_ENDS = ['none', 'rendered', 'failed', 'other'] as const
export type RowEnd = (typeof ROW_ENDS)[number]

/** A few bytes for each row, however many there are: its line in the source, and how it ended. */
export class RowNotes {
  #lines = new Uint32Array(1024)
  #ends = new Uint8Array(1024)
  #rows = 0

  get rows(): number {
    return this.#rows
  }

  addLine(line: number): void {
    if (this.#rows === this.#lines.length) {
      const lines = new Uint32Array(this.#rows * 2)
      lines.set(this.#lines)
      this.#lines = lines
      const ends = new Uint8Array(this.#rows * 2)
      ends.set(this.#ends)
      this.#ends = ends
    }
    this.#lines[this.#rows++] = line
  }

  /** 1-based. */
  lineOf(seq: number): number | null {
    return seq < this.#rows ? this.#lines[seq]! : null
  }

  setEnd(seq: number, end: RowEnd): void {
    this.#ends[seq] = ROW_ENDS.indexOf(end)
  }

  endOf(seq: number): RowEnd {
    return ROW_ENDS[this.#ends[seq]!]!
  }
}
