export interface TokenBucketOptions {
  readonly perSecond: number
  readonly now: number
  /** Starts that may happen at once. Default: 1. */
  readonly tokens?: number
}

export interface TokenBucket {
  /** How many of the `wanted` starts may happen now; they count as done. */
  take(now: number, wanted: number): number
  /** When at least one start may happen: `now`, or a later instant. */
  nextAt(now: number): number
  /** Another rate from now on; what the old one has brought stays, as far as it fits. */
  setRate(perSecond: number, now: number): void
}

/** The bucket holds what 100 ms bring, so that a pause is not made up for in one burst. */
const BUCKET_MS = 100

/** A whole start that rounding has left a hair short of whole. */
const ROUNDING = 1e-9

/**
 * Makes the token bucket of a `rate`: starts, first attempts and retries alike, draw from it.
 *
 * It begins with one start and not with a full bucket, so a run that is never idle keeps to its rate from the first
 * second on. Over any span the starts are at most `perSecond × span + max(1, 100 ms of it)`.
 */
export function createTokenBucket({ tokens: first = 1, ...options }: TokenBucketOptions): TokenBucket {
  let perMs = options.perSecond / 1000
  let tokens = first
  let filledAt = options.now

  const fill = (now: number): void => {
    // A clock that steps back brings nothing and takes nothing away.
    const brought = Math.max(0, now - filledAt) * perMs
    tokens = Math.min(Math.max(1, perMs * BUCKET_MS), tokens + brought)
    filledAt = now
  }

  return {
    take(now, wanted) {
      fill(now)
      const granted = Math.min(wanted, Math.floor(tokens + ROUNDING))
      tokens -= granted
      return granted
    },
    nextAt(now) {
      fill(now)
      const missing = 1 - tokens - ROUNDING
      return missing <= 0 ? now : now + Math.ceil(missing / perMs)
    },
    setRate(perSecond, now) {
      fill(now)
      perMs = perSecond / 1000
    },
  }
}
