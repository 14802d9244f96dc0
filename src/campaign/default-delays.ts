/** From this batch limit on, more retries: a lost batch costs as many customers. */
export const LARGE_BATCH = 10

/**
 * Gives the waits after each attempt, when the campaign names none.
 *
 * Default: three retries; seven for batches whose limit is 10 or more (as in the contract that receivers are built for).
 *
 * @example defaultDelaysMs(null) // [7_000, 45_000, 300_000]
 * @example defaultDelaysMs(10).length // 7
 */
export function defaultDelaysMs(batchSize: number | null): readonly number[] {
  const delaysMs = [7_000, 45_000, 300_000]
  return batchSize === null || batchSize < LARGE_BATCH ? delaysMs : [...delaysMs, 300_000, 300_000, 300_000, 300_000]
}
