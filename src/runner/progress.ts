import type { RunState } from '../campaign/result.ts'
import type { HookcastError } from '../errors.ts'
import type { RunNumbers } from '../ledger/numbers.ts'

/** Where a run is at one moment, as its coordinator sees it. */
export interface Standing {
  readonly numbers: RunNumbers
  readonly customers: number
  /** Stopped without a result; who is in flight may still get one. */
  readonly aborted: number
  readonly inFlight: number
  readonly nextDueAt: number | null
}

export interface Progress extends Standing {
  /** No more customers come: `customers` is all of them. */
  readonly isAudienceComplete: boolean
  /** Customers that ended a second, over the last seconds; null while that is not known. */
  readonly perSecond: number | null
}

const MARK_MS = 500
const MARKS = 10

/** Measures how fast customers end, over the last five seconds: what an average over hours of waiting would hide. */
export class Pace {
  readonly #marks: { readonly at: number; readonly ended: number }[] = []

  perSecond({ sent, failed, suppressed }: RunNumbers, now: number): number | null {
    const ended = sent + failed + suppressed
    const last = this.#marks.at(-1)
    if (last === undefined || now - last.at >= MARK_MS) {
      this.#marks.push({ at: now, ended })
      if (this.#marks.length > MARKS) this.#marks.shift()
    }
    const [oldest] = this.#marks
    if (oldest === undefined || now - oldest.at < MARK_MS) return null
    return ((ended - oldest.ended) * 1000) / (now - oldest.at)
  }
}

/** How the run ended this time. */
export interface Ending {
  readonly state: RunState
  readonly error: HookcastError | null
}
