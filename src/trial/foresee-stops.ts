import type { Campaign } from '../campaign/campaign.ts'
import type { Verdict } from '../campaign/delivery.ts'
import { describeStop, StopRules, type StopRule } from '../policy/policy.ts'
import type { RowNotes } from './row-notes.ts'

/** Where a run would stop by itself, whatever the receiver answers. */
export interface ForeseenStop {
  readonly rule: StopRule
  /** Null when all chunks would be stopped. */
  readonly chunk: number | null
  /** 1-based place in the audience of the customer at whom it would stop. */
  readonly row: number
  readonly message: string
}

const NO_WORDS = { errorCode: null, resultCode: null, resultStatus: null, message: null }
const SENT: Verdict = { kind: 'called', outcome: { kind: 'sent', alreadyAccepted: false, words: NO_WORDS } }
const FAILED: Verdict = { kind: 'failed', reason: 'render', message: '' }
const MOST_STOPS = 10

/** Puts what became of the rows, in their order, before the campaign's own rules. */
export function foreseeStops(notes: RowNotes, { webhook, chunkSize }: Campaign): readonly ForeseenStop[] {
  const rules = new StopRules(webhook.abort)
  const stops: ForeseenStop[] = []
  const stopped = new Set<number>()
  for (let seq = 0; seq < notes.rows && stops.length < MOST_STOPS; seq++) {
    const chunk = chunkSize === null ? 0 : Math.floor(seq / chunkSize)
    const end = notes.endOf(seq)
    if (stopped.has(chunk) || end === 'none' || end === 'other') continue
    const verdict = end === 'failed' ? FAILED : SENT
    const decisions = rules.record({ chunk, attempt: 1, verdict, httpStatus: null, isOutOfRetries: false })
    for (const decision of decisions) {
      const message = describeStop({ ...decision, message: null }, webhook.origin)
      stops.push({ rule: decision.rule, chunk: decision.chunk, row: seq + 1, message })
      if (decision.chunk === null) return stops
      stopped.add(decision.chunk)
    }
  }
  return stops
}
