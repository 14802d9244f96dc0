import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from './log.ts'
import type { Lease, Store, Work } from './store/store.ts'

/** Does a piece of work; whatever it throws makes the work come again later. */
export type Perform = (work: Work, attempt: number) => Promise<void>

export interface WorkerOptions {
  readonly store: Store
  readonly perform: Perform
  readonly log: Log
  /** Pieces of work in hand at once. */
  readonly concurrency: number
  /** Waits after a failed attempt; after the last one the work is buried. Default: 1 s, 5 s, 30 s, 2 min, 6 min. */
  readonly waitsMs?: readonly number[]
}

const WAITS_MS = [1_000, 5_000, 30_000, 120_000, 360_000] as const
const UNREACHABLE_WAIT_MS = 1_000

/**
 * Takes work from the queue and does it, in the background of the requests.
 *
 * Work is done at least once: a process that dies between doing and finishing leaves it to be done again, so
 * `perform` hands the work's id to its provider, as a key of its own.
 */
export class Worker {
  readonly #options: WorkerOptions
  #inHand = 0
  #onRoom: (() => void) | null = null
  #ended: Promise<void> | null = null

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  start(): void {
    this.#ended ??= this.#run()
  }

  /** Resolves when the queue has ended and what was in hand is done: call it after `store.endQueue()`. */
  async ended(): Promise<void> {
    await this.#ended
  }

  async #run(): Promise<void> {
    const { store, concurrency } = this.#options
    for (;;) {
      const leases = await store.take(concurrency - this.#inHand).catch((error: unknown) => this.#report(error))
      if (leases?.length === 0) break
      if (!leases) await sleep(UNREACHABLE_WAIT_MS)
      for (const lease of leases ?? []) void this.#handle(lease)
      while (this.#inHand >= concurrency) await this.#room()
    }
    while (this.#inHand > 0) await this.#room()
  }

  async #handle(lease: Lease): Promise<void> {
    this.#inHand += 1
    try {
      await this.#do(lease)
    } catch (error) {
      this.#report(error)
    }
    this.#inHand -= 1
    this.#onRoom?.()
  }

  #room(): Promise<void> {
    return new Promise((resolve) => (this.#onRoom = resolve))
  }

  #report(error: unknown): null {
    this.#options.log.write('error', 'queue.unreachable', { error: error instanceof Error ? error.name : typeof error })
    return null
  }

  async #do(lease: Lease): Promise<void> {
    const { store, perform, waitsMs = WAITS_MS } = this.#options
    const { work, attempt } = lease
    // More attempts than there are waits: the process died each time. Not again.
    if (attempt > waitsMs.length + 1) return this.#bury(lease, 'Died')
    try {
      await perform(work, attempt)
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error
      const waitMs = waitsMs[attempt - 1]
      if (waitMs === undefined) return this.#bury(lease, name)
      this.#options.log.write('warn', 'work.postponed', {
        kind: work.kind,
        id: work.id,
        attempt,
        error: name,
        wait_ms: waitMs,
      })
      return store.postpone(lease, waitMs)
    }
    await store.finish(lease)
  }

  async #bury(lease: Lease, error: string): Promise<void> {
    const { kind, id } = lease.work
    this.#options.log.write('error', 'work.buried', { kind, id, attempt: lease.attempt, error })
    await this.#options.store.bury(lease)
  }
}
