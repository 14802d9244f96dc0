import { hash } from 'node:crypto'

const FIRST_SLOTS = 4096

/**
 * A set of ids in 8 bytes each, where a JS Set of a million strings takes about 100 MB.
 *
 * Kept are 64 bits of SHA-256: that two of a million ids meet by chance has odds of 1 to 37 million, and nobody can pick an
 * id that meets a given other one. Open addressing, at most 60 % full: a million ids take 16 MiB.
 */
export class IdSet {
  #slots = new Uint32Array(FIRST_SLOTS * 2)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(id: string): boolean {
    const [low, high] = halves(id)
    return this.#slots[find(this.#slots, low, high)] !== 0
  }

  /** True when it was not in there yet. */
  add(id: string): boolean {
    const [low, high] = halves(id)
    const at = find(this.#slots, low, high)
    if (this.#slots[at] !== 0) return false
    this.#slots[at] = low
    this.#slots[at + 1] = high
    this.#size++
    if (this.#size * 2 > this.#slots.length * 0.6) this.#grow()
    return true
  }

  #grow(): void {
    const old = this.#slots
    const slots = new Uint32Array(old.length * 2)
    for (let at = 0; at < old.length; at += 2) {
      const low = old[at]!
      if (low === 0) continue
      const high = old[at + 1]!
      const target = find(slots, low, high)
      slots[target] = low
      slots[target + 1] = high
    }
    this.#slots = slots
  }
}

/** Where the pair is, or the empty slot where it belongs. */
function find(slots: Uint32Array, low: number, high: number): number {
  const mask = slots.length / 2 - 1
  let slot = high & mask
  while (slots[slot * 2] !== 0 && (slots[slot * 2] !== low || slots[slot * 2 + 1] !== high)) slot = (slot + 1) & mask
  return slot * 2
}

/** A low half of 0 marks an empty slot, so it is never one of an id. */
function halves(id: string): [number, number] {
  // One character a byte is the cheapest way out of crypto.hash: 0.5 µs in place of 1.2 µs for a Buffer (measured).
  const digest = hash('sha256', id, 'binary')
  return [word(digest, 0) || 1, word(digest, 4)]
}

function word(digest: string, at: number): number {
  return (
    (digest.charCodeAt(at) |
      (digest.charCodeAt(at + 1) << 8) |
      (digest.charCodeAt(at + 2) << 16) |
      (digest.charCodeAt(at + 3) << 24)) >>>
    0
  )
}
