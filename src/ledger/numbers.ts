import type { Warning } from '../campaign/campaign.ts'

/**
 * The counters of a run, written with every commit so that they always agree with the rows beside them.
 *
 * `latency` holds counts by bucket (see `latencyBucket`); `policy` is the stop rules' own state, opaque here.
 */
export interface RunNumbers {
  sent: number
  failed: number
  suppressed: number
  deliveries: number
  attempts: number
  codes: Record<string, number>
  failures: Record<string, number>
  latency: Record<string, number>
  latencyMaxMs: number
  slowResponses: number
  instantRetries: number
  alreadyAccepted: number
  inDoubt: number
  lowestConcurrency: number
  answersOverridden: Record<string, number>
  warnings: Warning[]
  policy: unknown
}

export function emptyNumbers(concurrency: number): RunNumbers {
  return {
    sent: 0,
    failed: 0,
    suppressed: 0,
    deliveries: 0,
    attempts: 0,
    codes: {},
    failures: {},
    latency: {},
    latencyMaxMs: 0,
    slowResponses: 0,
    instantRetries: 0,
    alreadyAccepted: 0,
    inDoubt: 0,
    lowestConcurrency: concurrency,
    answersOverridden: {},
    warnings: [],
    policy: null,
  }
}

export function countUp(counts: Record<string, number>, name: string, by = 1): void {
  counts[name] = (counts[name] ?? 0) + by
}

/** Answers slower than this are counted: the contract asks receivers for less. */
const SLOW_MS = 1000

export function recordLatency(numbers: RunNumbers, latencyMs: number): void {
  countUp(numbers.latency, String(latencyBucket(latencyMs)))
  if (latencyMs > numbers.latencyMaxMs) numbers.latencyMaxMs = Math.round(latencyMs)
  if (latencyMs > SLOW_MS) numbers.slowResponses++
}

/** Steps of 1 ms up to 64 ms, then 32 to each doubling: never more than 3.2 % off. */
const LINEAR_MS = 64
const STEPS_PER_DOUBLING = 32

/** The bucket of a latency: its lower bound in ms is `latencyOfBucket`. */
export function latencyBucket(latencyMs: number): number {
  const ms = Math.max(0, latencyMs)
  if (ms < LINEAR_MS) return Math.floor(ms)
  return LINEAR_MS + Math.floor(Math.log2(ms / LINEAR_MS) * STEPS_PER_DOUBLING)
}

export function latencyOfBucket(bucket: number): number {
  if (bucket < LINEAR_MS) return bucket
  return LINEAR_MS * 2 ** ((bucket - LINEAR_MS) / STEPS_PER_DOUBLING)
}

/** The latency (ms, rounded up to the bucket's end) that a share of answers did not exceed; null without answers. */
export function latencyPercentile(numbers: RunNumbers, share: number): number | null {
  const buckets = Object.entries(numbers.latency).map(([bucket, count]) => [Number(bucket), count] as const)
  const total = buckets.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return null
  let seen = 0
  for (const [bucket, count] of buckets.toSorted(([a], [b]) => a - b)) {
    seen += count
    if (seen >= share * total) return Math.min(Math.round(latencyOfBucket(bucket + 1)), numbers.latencyMaxMs)
  }
  return numbers.latencyMaxMs
}
