import type { ResultRow } from '../ledger/rows.ts'

/** A final row, and of a batch the request that its customer was in last. */
export interface ReportedRow extends ResultRow {
  readonly requestId: string | null
  readonly batchSize: number | null
}

/** Takes a row of `selectResults` apart, by the order of its columns. */
export function resultRowFromList(values: readonly unknown[]): ReportedRow {
  const [
    chunk,
    seq,
    customerId,
    status,
    reason,
    attempts,
    httpStatus,
    isInDoubt,
    latencyMs,
    occurredAt,
    properties,
    requestId,
    batchSize,
    ...texts
  ] = values
  const [errorCode, resultCode, resultStatus, message] = texts
  return {
    chunk: chunk as number,
    seq: seq as number,
    customerId: customerId as string,
    status: status as ResultRow['status'],
    reason: reason as ResultRow['reason'],
    attempts: attempts as number,
    httpStatus: httpStatus as number | null,
    errorCode: errorCode as string | null,
    resultCode: resultCode as string | null,
    resultStatus: resultStatus as string | null,
    message: message as string | null,
    isInDoubt: isInDoubt === 1,
    latencyMs: latencyMs as number | null,
    occurredAt: occurredAt as number,
    properties: properties as string | null,
    requestId: requestId as string | null,
    batchSize: batchSize as number | null,
  }
}
