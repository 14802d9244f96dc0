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
}

/** Waits after a failed attempt: about 9 minutes in all, then the work is buried. */
const WAITS_MS = [1_000, 5_000, 30_000, 120_000, 360_000] as const
const TAKE_WAIT_MS = 1_000

/**
 * Takes work from the queue and does it, in the background of the requests.
 *
 * Work is done at least once: a process that dies between doing and finishing leaves it to be done again, so
 * `perform` hands the work's id to its provider, as a key of its own.
 */
export class Worker {
  readonly #options: WorkerOptions
  #isStopping = false
  #loops: Promise<void>[] = []

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  start(): void {
    for (let each = 0; each < this.#options.concurrency; each += 1) this.#loops.push(this.#loop())
  }

  /** Takes nothing new, and resolves when what is in hand is done. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#loops)
  }

  async #loop(): Promise<void> {
    const { store, log } = this.#options
    while (!this.#isStopping) {
      try {
        const lease = await store.take(TAKE_WAIT_MS)
        if (lease) await this.#do(lease)
      } catch (error) {
        log.write('error', 'queue.unreachable', { error: error instanceof Error ? error.name : typeof error })
        await sleep(TAKE_WAIT_MS)
      }
    }
  }

  async #do(lease: Lease): Promise<void> {
    const { store, perform, log } = this.#options
    const { work, attempt } = lease
    try {
      await perform(work, attempt)
    } catch (error) {
      const fields = {
        kind: work.kind,
        id: work.id,
        attempt,
        error: error instanceof Error ? error.name : typeof error,
      }
      const waitMs = WAITS_MS[attempt - 1]
      if (waitMs === undefined) {
        log.write('error', 'work.buried', fields)
        return store.bury(lease)
      }
      log.write('warn', 'work.postponed', { ...fields, wait_ms: waitMs })
      return store.postpone(lease, waitMs)
    }
    await store.finish(lease)
  }
}
