import type { HookcastError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunNumbers } from '../ledger/numbers.ts'
import type { StopRules } from '../policy/policy.ts'
import type { Lending } from './feeder.ts'
import type { Recorder } from './recorder.ts'
import type { Change } from './result-book.ts'

export interface GroupsOptions {
  readonly ledger: Ledger
  readonly recorder: Recorder
  readonly numbers: RunNumbers
  readonly rules: StopRules
}

/** What became of a group; with an error nothing of it may be taken for written. */
export type Written = { readonly isStorageFull: boolean } | { readonly error: HookcastError }

/** Everything between two commits is one group: what was recorded, and what is lent next. */
export class Groups {
  readonly #options: GroupsOptions

  constructor(options: GroupsOptions) {
    this.#options = options
  }

  /** Calls back once the group is on the disk, while others go on; at once where there is nothing to write down. */
  write(lendings: readonly Lending[], onWritten: (written: Written) => void): void {
    const change = this.#take(lendings)
    if (change === null) onWritten({ isStorageFull: false })
    else void this.#writeBeside(change, onWritten)
  }

  async #writeBeside(change: () => void, onWritten: (written: Written) => void): Promise<void> {
    let written: Written
    try {
      written = await this.#options.ledger.commitBeside(change)
    } catch (error) {
      written = { error: error as HookcastError }
    }
    onWritten(written)
  }

  /** Writes what was recorded; it is on the disk when this returns. */
  writeNow(): Written {
    const change = this.#take([])
    try {
      return change === null ? { isStorageFull: false } : this.#options.ledger.commit(change)
    } catch (error) {
      return { error: error as HookcastError }
    }
  }

  #take(lendings: readonly Lending[]): (() => void) | null {
    const { ledger, recorder, numbers, rules } = this.#options
    const changes: readonly Change[] = [...recorder.take(), ...lendings.map(({ write }) => write)]
    if (changes.length === 0) return null
    numbers.policy = rules.state
    return () => {
      for (const change of changes) change(ledger)
      ledger.saveNumbers(numbers)
    }
  }
}
