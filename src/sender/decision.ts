import type { DecidedTask, PreparedDelivery } from './task.ts'
import type { SpoolRow } from '../audience/audience.ts'
import type { Decision } from '../campaign/delivery.ts'
import type { RenderResult } from '../template/template.ts'

/** What the same request would have been is not sent under its key as another. */
export const CHANGED: Decision = Object.freeze({
  kind: 'failed',
  reason: 'changed',
  message: 'the request came out different from the last attempt and was not sent',
})

export function decisionFrom(verdict: NonNullable<SpoolRow['verdict']>): Decision {
  if (verdict.status === 'suppressed') return { kind: 'suppressed', reason: verdict.reason, message: verdict.message }
  return { kind: 'failed', reason: 'row', message: verdict.message ?? 'the row could not be read' }
}

export function decisionFromResult(result: Exclude<RenderResult, { kind: 'rendered' }>): Decision {
  if (result.kind === 'suppressed') return { kind: 'suppressed', reason: 'template', message: result.reason }
  return { kind: 'failed', reason: 'render', message: result.message }
}

/** A request that was rendered and cannot be made into a call. */
export function unsendable({ task, customerId, batch, requestId }: PreparedDelivery, message: string): DecidedTask {
  const verdict = { kind: 'failed', reason: 'render', message } as const
  return { kind: 'decided', task, customerId, verdict, batch: batch === null ? null : { ...batch, requestId } }
}
