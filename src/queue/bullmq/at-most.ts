import { systemClock } from '../../clock.ts'

/** Waits for something, but no longer; its timer goes with it, as it would keep a process that has nothing else to do. */
export async function atMost(ms: number, awaited: Promise<unknown>): Promise<void> {
  const over = new AbortController()
  try {
    await Promise.race([awaited, systemClock.sleep(ms, over.signal)])
  } finally {
    over.abort()
  }
}
