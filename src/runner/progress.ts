import type { RunState } from '../campaign/result.ts'
import type { HookcastError } from '../errors.ts'
import type { RunNumbers } from '../ledger/numbers.ts'

export interface Progress {
  readonly numbers: RunNumbers
  readonly customers: number
  readonly inFlight: number
  readonly nextDueAt: number | null
}

/** How the run ended this time. */
export interface Ending {
  readonly state: RunState
  readonly error: HookcastError | null
}
