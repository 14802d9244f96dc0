/** A multiplicative congruential generator, uniform in [0, 1): what failed can be repeated with its seed. */
export function createRandom(seed: number): () => number {
  // Spread first: neighbouring seeds would begin alike.
  let state = (Math.imul(seed, 0x9e_37_79_b1) >>> 1) % 2_147_483_646 || 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
