import type { Lane, Reply, CallParts } from './caller.ts'

/** Many calls at once, and what they came to. */
export interface Load {
  readonly inFlight: number
  readonly replies: readonly Reply[]
  /** Its time was over before all calls had begun. */
  readonly isCut: boolean
}

export interface LoadPlan {
  readonly inFlight: number
  readonly calls: number
  readonly parts: () => CallParts
  readonly now: () => number
}

/** After this no further call of a load begins: a slow API is not kept busy for minutes. */
const LONGEST_MS = 10_000

/** Makes `calls` calls with `inFlight` of them at a time, each on one of the lane's connections. */
export async function runLoad(lane: Lane, { inFlight, calls, parts, now }: LoadPlan): Promise<Load> {
  const replies: Reply[] = []
  const endAt = now() + LONGEST_MS
  let begun = 0
  const work = async (): Promise<void> => {
    while (begun < calls && now() < endAt) {
      begun++
      replies.push(await lane.call(parts()))
    }
  }
  await Promise.all(Array.from({ length: Math.min(inFlight, calls) }, work))
  return { inFlight, replies, isCut: begun < calls }
}

/** The smallest value that at least this share of all values does not exceed (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
