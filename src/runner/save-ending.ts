import type { Ledger } from '../ledger/ledger.ts'
import type { Ending } from './progress.ts'

/** Writes down how a run ended (`running`: it goes on later, by itself); what ended it (a full disk) may keep that from being written. */
export function saveEnding(ledger: Ledger, { state, error }: Ending, now: number): void {
  try {
    ledger.commit(() => {
      ledger.saveState(state, state === 'running' ? null : now)
      ledger.forgetSenders()
    })
  } catch (cause) {
    if (error === null) throw cause
  }
}
