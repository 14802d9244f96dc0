import type { Clock } from '../../src/clock.ts'

/** A clock that runs like any other and can be put forward: what was due in between fires at once, in order. */
export class SkippingClock implements Clock {
  readonly #timers = new Set<{ readonly dueAt: number; readonly fire: () => void }>()
  #skippedMs = 0

  now(): number {
    return Date.now() + this.#skippedMs
  }

  after(ms: number, callback: () => void): () => void {
    const entry = {
      dueAt: this.now() + ms,
      fire: () => {
        cancel()
        callback()
      },
    }
    // As the real clock: above this, a timer fires at once.
    const timer = setTimeout(entry.fire, Math.min(ms, 2_147_483_647))
    const cancel = (): void => {
      clearTimeout(timer)
      this.#timers.delete(entry)
    }
    this.#timers.add(entry)
    return cancel
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.after(ms, resolve)
      signal?.addEventListener('abort', () => (cancel(), resolve()), { once: true })
    })
  }

  skip(ms: number): void {
    this.#skippedMs += ms
    const due = [...this.#timers].filter(({ dueAt }) => dueAt <= this.now())
    for (const { fire } of due.toSorted((a, b) => a.dueAt - b.dueAt)) fire()
  }
}
