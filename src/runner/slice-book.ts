import type { Clock } from '../clock.ts'
import type { Announced } from '../queue/queue.ts'
import type { OpenSlice } from './feeder.ts'
import type { Recorder } from './recorder.ts'
import { recoverSlice, returnUnstarted } from './recovery.ts'
import type { RowBook } from './row-book.ts'

export interface SliceBookOptions {
  readonly recorder: Recorder
  readonly clock: Clock
  readonly isGivenUp: (chunk: number) => boolean
  readonly rows: RowBook
}

const SENDER_LOST = 'a sender process died; what it had in flight was sent again with the same keys'

/** The slices in senders' hands: each comes back ended or lost, and every row of it is accounted for then. */
export class SliceBook {
  readonly #options: SliceBookOptions
  readonly #open = new Map<number, OpenSlice>()

  constructor(options: SliceBookOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#open.size
  }

  add(slice: OpenSlice): void {
    this.#open.set(slice.id, slice)
  }

  get(sliceId: number): OpenSlice | undefined {
    return this.#open.get(sliceId)
  }

  markStarted(sliceId: number): void {
    const slice = this.#open.get(sliceId)
    if (slice !== undefined) slice.isStarted = true
  }

  /** Whether first attempts of an earlier chunk have not all been started. */
  hasUnstartedBefore(chunk: number): boolean {
    for (const slice of this.#open.values()) {
      if (slice.waiting === null && slice.chunk < chunk && !slice.isStarted) return true
    }
    return false
  }

  end(sliceId: number, notStarted: readonly number[]): void {
    const slice = this.#open.get(sliceId)
    if (slice === undefined) return
    const { recorder, clock } = this.#options
    this.#open.delete(sliceId)
    returnUnstarted(slice, notStarted, { recorder, now: clock.now() })
    if (slice.waiting === null) recorder.add((ledger) => ledger.endLent(sliceId))
  }

  lose(sliceId: number, last: Announced | null): void {
    const slice = this.#open.get(sliceId)
    if (slice === undefined) return
    this.#open.delete(sliceId)
    const { clock, ...options } = this.#options
    options.recorder.warn('sender_lost', SENDER_LOST)
    const seqs =
      slice.waiting?.keys() ??
      slice.batches?.keys() ??
      Array.from({ length: slice.count }, (_, i) => slice.firstSeq + i)
    const unreported = [...seqs].filter((seq) => !slice.reported.has(seq))
    recoverSlice(slice, unreported, { ...options, now: clock.now(), last })
  }
}
