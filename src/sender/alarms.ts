import type { Outcome } from '../campaign/outcome.ts'
import { CONNECTION_ISSUES_IN_A_ROW } from '../policy/policy.ts'
import type { Alarm } from '../queue/queue.ts'
import type { SenderSetup } from './sender-setup.ts'
import type { PreparedDelivery } from './task.ts'

/** What a delivery was, as far as an alarm is concerned. */
export interface Judged {
  readonly chunk: number
  readonly outcome: Outcome
  /** A whole batch that goes on in halves: nothing is to be stopped for it. A half that was refused may stop its chunk. */
  readonly split: 'none' | 'whole' | 'part'
}

/** Looks out for what may stop more than one delivery: the coordinator decides, and meanwhile nothing of it is started. */
export class Alarms {
  readonly #limit: SenderSetup['clientErrorLimit']
  readonly #clientErrors = new Map<number, number>()
  readonly #isInARow: boolean
  #connectionIssues = 0

  constructor({ clientErrorLimit, events }: Pick<SenderSetup, 'clientErrorLimit' | 'events'>) {
    this.#limit = clientErrorLimit
    this.#isInARow = events !== null
  }

  /** So many client errors of a chunk were recorded, wherever they were seen. */
  learn(chunk: number, clientErrors: number): void {
    const known = this.#clientErrors.get(chunk) ?? 0
    this.#clientErrors.set(chunk, Math.max(known, clientErrors))
  }

  forgetConnectionIssues(): void {
    this.#connectionIssues = 0
  }

  for({ chunk, outcome, split }: Judged, isHalted: boolean): Alarm | null {
    if (outcome.kind === 'retry' && outcome.isConnectionIssue) {
      if (++this.#connectionIssues < CONNECTION_ISSUES_IN_A_ROW || isHalted) return null
      return { kind: 'connection' }
    }
    this.#connectionIssues = 0
    if (outcome.kind === 'local') return { kind: 'local' }
    if (outcome.kind !== 'stop') {
      if (this.#isInARow && outcome.kind !== 'retry') this.#clientErrors.delete(chunk)
      return null
    }
    if (split === 'whole') return null
    return this.#forStop(outcome, { chunk, split })
  }

  #forStop(
    outcome: Extract<Outcome, { kind: 'stop' }>,
    { chunk, split }: Pick<Judged, 'chunk' | 'split'>,
  ): Alarm | null {
    if (outcome.scope === 'webhook') return { kind: 'webhook' }
    if (split === 'part') return this.#limit === 'never' ? null : { kind: 'chunk', chunk }
    const errors = (this.#clientErrors.get(chunk) ?? 0) + 1
    this.#clientErrors.set(chunk, errors)
    return this.#limit !== 'never' && errors >= this.#limit ? { kind: 'chunk', chunk } : null
  }
}

/** One customer alone can't be halved: being refused counts as it does without batches. */
export function splitOf({ task, batch }: PreparedDelivery): Judged['split'] {
  if (task.batch!.note.path !== '') return 'part'
  return batch!.members.length > 1 ? 'whole' : 'none'
}
