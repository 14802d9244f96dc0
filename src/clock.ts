/** The engine's only source of time. Instants are epoch milliseconds (`…At`), spans are milliseconds (`…Ms`). */
export interface Clock {
  now(): number
  /** Resolves after `ms`, or at once when `signal` fires: it never rejects, the caller looks at the signal. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`; the returned function cancels it. */
  after(ms: number, callback: () => void): () => void
}

/** `setTimeout` fires at once above 2^31-1 ms (measured on Node 24): a wait is cut there. */
const LONGEST_TIMER_MS = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS))
    return () => clearTimeout(timer)
  },
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = (): void => {
        cancel()
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      const cancel = systemClock.after(ms, finish)
      signal?.addEventListener('abort', finish, { once: true })
    })
  },
}

/**
 * The same clock, going on evenly from now: somebody who sets the machine's clock moves no wait that has begun.
 *
 * A clock of somebody's own is taken as it is.
 */
export function evenClock(clock: Clock): Clock {
  if (clock !== systemClock) return clock
  const startedAt = Date.now() - performance.now()
  return { ...systemClock, now: () => Math.round(startedAt + performance.now()) }
}
