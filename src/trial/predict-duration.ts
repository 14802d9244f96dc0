import type { Webhook } from '../campaign/campaign.ts'

export interface Prediction {
  readonly duration_ms: number
  /** Assumed, not measured: from dispatch to the last byte. */
  readonly assumed_latency_ms: number
  readonly concurrency: number
  readonly per_second: number | null
  readonly limited_by: 'concurrency' | 'rate'
}

/** What a well-kept API on the same continent takes; the receiver's contract asks for less than 1 s. */
const ASSUMED_LATENCY_MS = 100

/** Predicts how long so many deliveries take when each is answered at once with success: no retry, no slowing down. */
export function predictDuration(
  deliveries: number,
  {
    concurrency: own,
    perSecond,
    throughput,
    egress,
  }: Pick<Webhook, 'concurrency' | 'perSecond' | 'throughput' | 'egress'>,
): Prediction {
  const concurrency = Math.min(own, throughput?.concurrency ?? own, egress?.concurrency ?? own)
  const rate = Math.min(perSecond ?? Number.POSITIVE_INFINITY, throughput?.perSecond ?? Number.POSITIVE_INFINITY)
  // Whole rounds: the last few calls take as long as a full round does.
  const byConcurrencyMs = Math.ceil(deliveries / concurrency) * ASSUMED_LATENCY_MS
  const byRateMs = deliveries === 0 ? 0 : Math.ceil((deliveries * 1000) / rate) + ASSUMED_LATENCY_MS
  const isByRate = Number.isFinite(rate) && byRateMs > byConcurrencyMs
  return {
    duration_ms: isByRate ? byRateMs : byConcurrencyMs,
    assumed_latency_ms: ASSUMED_LATENCY_MS,
    concurrency,
    per_second: Number.isFinite(rate) ? rate : null,
    limited_by: isByRate ? 'rate' : 'concurrency',
  }
}
