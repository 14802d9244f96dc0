/** FNV-1a, 32 bits: spreads a seed's characters. */
function hashOf(text: string, basis: number): number {
  let hash = basis
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}

/**
 * Numbers in [0, 1) that depend on the seed alone (mulberry32 over FNV-1a): a retry of a request draws the same ones.
 *
 * Not for secrets.
 */
export function createRandom(seed: string): () => number {
  let state = hashOf(seed, 0x811c9dc5)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
