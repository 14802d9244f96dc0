import type { DeliveryReport } from '../campaign/delivery.ts'
import type { Outcome } from '../campaign/outcome.ts'
import type { EndedAttempt } from '../telemetry.ts'

/** What may be told of an attempt: nothing of its customer, and nothing that the receiver wrote. Null when no call was made. */
export function endedAttemptFrom(
  { seq, attempt, verdict, httpStatus, code, latencyMs }: DeliveryReport,
  chunk: number,
): EndedAttempt | null {
  if (verdict.kind !== 'called') return null
  const { outcome } = verdict
  return {
    chunk,
    seq,
    attempt,
    outcome: outcome.kind,
    reason: reasonOf(outcome),
    httpStatus,
    code,
    latencyMs,
    isInDoubt: outcome.kind === 'retry' && outcome.isInDoubt,
  }
}

function reasonOf(outcome: Outcome): string | null {
  switch (outcome.kind) {
    case 'sent':
    case 'local':
      return null
    case 'refused':
    case 'stop':
      return outcome.reason
    case 'retry':
      return outcome.cause
  }
}
