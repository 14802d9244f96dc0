import type { ItemOutcome } from '../campaign/delivery.ts'
import type { Answer, Outcome } from '../campaign/outcome.ts'
import { isSplittable, mapItems } from '../policy/policy.ts'
import type { SenderSetup } from './sender-setup.ts'
import type { PreparedDelivery } from './task.ts'

/** What an answer means for a batch, and what its items mean for the customers in it. */
export interface JudgedBatch {
  readonly outcome: Outcome
  readonly isToBeSplit: boolean
  /** By the place in the request; null: what the whole answer means. */
  readonly items: readonly (ItemOutcome | null)[] | null
  /** The items as `event_properties` see them, by the same places. */
  readonly found: readonly unknown[] | null
  readonly warnings: readonly { readonly code: string; readonly message: string }[]
}

const NOT_NAMED: ItemOutcome = {
  status: 'failed',
  words: { errorCode: null, resultCode: null, resultStatus: null, message: 'the answer does not name this customer' },
}

/** Takes what an answer means for the request as a whole, and looks whether that is all. */
export function judgeBatch(
  ready: PreparedDelivery,
  { answer, masked, outcome }: { readonly answer: Answer; readonly masked: Answer; readonly outcome: Outcome },
  setup: Pick<SenderSetup, 'answers'>,
): JudgedBatch {
  const whole = { outcome, isToBeSplit: false, items: null, found: null, warnings: [] }
  const rules = ready.definition.batch
  if (rules === null || answer.kind !== 'answered' || masked.kind !== 'answered') return whole
  if (outcome.kind === 'stop') {
    const isToBeSplit = rules.onClientError === 'split' && isSplittable(answer.httpStatus, setup.answers)
    if (!isToBeSplit) return whole
    return { ...whole, isToBeSplit, outcome: { ...outcome, scope: 'chunk', reason: 'client_error' } }
  }
  const isMapped = rules.outcomes !== null && isOwnSuccess(answer.httpStatus, setup) && isTold(outcome)
  if (!isMapped) return whole
  const { members } = ready.batch!
  const mapped = mapItems(
    { answer, masked },
    members.map(({ customerId }) => customerId),
    rules.outcomes,
  )
  // A whole answer that says no is for everybody whom no item names.
  const missing = outcome.kind === 'refused' || rules.outcomes.missing === 'sent' ? null : NOT_NAMED
  return {
    ...whole,
    items: mapped.outcomes.map((item) => item ?? missing),
    found: mapped.items,
    warnings: warningsOf(mapped),
  }
}

function isOwnSuccess(httpStatus: number, { answers }: Pick<SenderSetup, 'answers'>): boolean {
  return httpStatus >= 200 && httpStatus < 300 && answers[httpStatus] === undefined
}

function isTold({ kind }: Outcome): boolean {
  return kind === 'sent' || kind === 'refused'
}

function warningsOf({ hasItems, unknown, repeated }: ReturnType<typeof mapItems>): JudgedBatch['warnings'] {
  const warnings: { code: string; message: string }[] = []
  const warn = (code: string, message: string): void => void warnings.push({ code, message })
  if (!hasItems) warn('batch_items_missing', 'An answer to a batch has no list where webhook.batch.outcomes.items says')
  if (unknown > 0) warn('batch_items_unknown', 'Items of answers name customers who were not in the batch')
  if (repeated > 0) warn('batch_items_repeated', 'Items of answers name a customer of the batch more than once')
  return warnings
}
