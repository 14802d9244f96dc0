import { createTokenBucket, type TokenBucket } from '../policy/policy.ts'

/** Messages a second to an endpoint, as somebody has said. */
export class Throttles {
  readonly #buckets = new Map<number, { readonly rate: number; readonly bucket: TokenBucket }>()

  /** When the endpoint may be called: `now`, or later. */
  nextAt(endpoint: number, rate: number | null, now: number): number {
    return rate === null ? now : this.#bucketOf(endpoint, rate, now).nextAt(now)
  }

  take(endpoint: number, rate: number | null, now: number): void {
    if (rate !== null) this.#bucketOf(endpoint, rate, now).take(now, 1)
  }

  #bucketOf(endpoint: number, rate: number, now: number): TokenBucket {
    const known = this.#buckets.get(endpoint)
    if (known?.rate === rate) return known.bucket
    const bucket = createTokenBucket({ perSecond: rate, now })
    this.#buckets.set(endpoint, { rate, bucket })
    return bucket
  }
}
