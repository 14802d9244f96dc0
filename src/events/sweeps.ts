import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Deliveries } from './deliveries.ts'
import type { Endpoint } from './endpoints.ts'

export interface SweepsOptions {
  readonly deliveries: Deliveries
  readonly endpointOf: (key: number) => Endpoint | null
  /** Told when everything of an endpoint is as its state wants it. */
  readonly onSwept: (endpoint: Endpoint) => void
  readonly onError: (error: unknown) => void
}

const AT_ONCE = 500

/**
 * Brings all that is open of an endpoint in line with its state, a few rows at a time: others are written in between.
 *
 * Of one that was disabled or removed it is cancelled; of one that was suspended it is held.
 */
export class Sweeps implements AsyncDisposable {
  readonly #options: SweepsOptions
  readonly #sweeping = new Set<number>()
  readonly #going = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: SweepsOptions) {
    this.#options = options
  }

  isSweeping(key: number): boolean {
    return this.#sweeping.has(key)
  }

  start(key: number): void {
    if (this.#sweeping.has(key)) return
    this.#sweeping.add(key)
    const going = this.#sweep(key)
      .catch((error: unknown) => {
        this.#sweeping.delete(key)
        this.#options.onError(error)
      })
      .finally(() => this.#going.delete(going))
    this.#going.add(going)
  }

  async #sweep(key: number): Promise<void> {
    const { deliveries, endpointOf, onSwept } = this.#options
    for (;;) {
      const change = changeFor(endpointOf(key))
      if (change === null || this.#isClosed) break
      if (!(await deliveries.sweep(key, change, AT_ONCE))) break
      await afterOthers()
    }
    this.#sweeping.delete(key)
    const endpoint = endpointOf(key)
    if (endpoint !== null && !this.#isClosed) onSwept(endpoint)
  }

  /** What is left is swept with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#going)
  }
}

function changeFor(endpoint: Endpoint | null): 'cancel' | 'hold' | null {
  if (endpoint === null || endpoint.state === 'disabled') return 'cancel'
  return endpoint.state === 'suspended' ? 'hold' : null
}
