export interface SizePercentiles {
  readonly p50: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** Sizes up to this are counted exactly, larger ones to the next KiB: a million bodies take the room of a few thousand. */
const EXACT_BYTES = 65_536

/** Counts the sizes of bodies, in bytes. */
export class BodySizes {
  readonly #counts = new Map<number, number>()
  #total = 0
  #max: number | null = null

  add(bytes: number): void {
    const size = bytes <= EXACT_BYTES ? bytes : Math.ceil(bytes / 1024) * 1024
    this.#counts.set(size, (this.#counts.get(size) ?? 0) + 1)
    this.#total++
    this.#max = Math.max(this.#max ?? 0, bytes)
  }

  get percentiles(): SizePercentiles {
    return { p50: this.#at(0.5), p99: this.#at(0.99), max: this.#max }
  }

  /** The smallest size that so large a share of the bodies does not exceed. */
  #at(share: number): number | null {
    let left = Math.ceil(this.#total * share)
    for (const [size, count] of [...this.#counts].toSorted(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return Math.min(size, this.#max ?? size)
    }
    return null
  }
}
