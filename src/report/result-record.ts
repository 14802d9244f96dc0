import type { KeptRequest } from '../audience/audience.ts'
import type { Reason, ResultStatus } from '../campaign/result.ts'
import { partIdOf, requestIdOf } from '../campaign/run-id.ts'
import type { RunRow, WaitingRow } from '../ledger/rows.ts'
import type { ReportedRow } from './result-row.ts'
import type { Abort } from './run-facts.ts'

/**
 * What became of one customer, for good: exactly a line of `report --format ndjson`, keys in that order.
 *
 * `request_id` is that of the earlier run in a replay that repeats its request.
 */
export interface ResultRecord {
  readonly customer_id: string
  readonly status: ResultStatus
  readonly reason: Reason | null
  readonly run_id: string
  readonly campaign: string
  readonly chunk: number
  readonly seq: number
  readonly request_id: string
  /** Calls that were made. */
  readonly attempts: number
  readonly http_status: number | null
  readonly error_code: string | null
  readonly message: string | null
  readonly result_code: string | null
  readonly result_status: string | null
  readonly in_doubt: boolean
  /** The rule that stopped an aborted customer; null when a person did. */
  readonly abort_rule: string | null
  readonly latency_ms: number | null
  /** Customers in its request; 1 for one that was in none. */
  readonly batch_size: number
  readonly occurred_at: string
  readonly properties: Readonly<Record<string, unknown>>
}

export function recordFromResult(row: ReportedRow, run: RunRow, kept: KeptRequest | null): ResultRecord {
  return {
    customer_id: row.customerId,
    status: row.status,
    reason: row.reason,
    run_id: run.runId,
    campaign: run.campaign,
    chunk: reportedChunk(run, row),
    seq: row.seq,
    request_id: row.requestId ?? kept?.request_id ?? requestIdOf(run.runId, row.seq),
    attempts: row.attempts,
    http_status: row.httpStatus,
    error_code: row.errorCode,
    message: row.message,
    result_code: row.resultCode,
    result_status: row.resultStatus,
    in_doubt: row.isInDoubt,
    abort_rule: null,
    latency_ms: row.latencyMs,
    batch_size: row.batchSize ?? 1,
    occurred_at: new Date(row.occurredAt).toISOString(),
    properties: row.properties === null ? {} : (JSON.parse(row.properties) as Record<string, unknown>),
  }
}

/** A customer that no final row is written for. */
export interface AbortedCustomer {
  readonly seq: number
  readonly chunk: number
  readonly customerId: string
  readonly abort: Abort
  /** The last answer, if there was one. */
  readonly waiting: WaitingRow | null
  readonly isInDoubt: boolean
  /** First row of the batch that it was to be sent in; null without batches. */
  readonly root: number | null
}

export function recordFromAborted(customer: AbortedCustomer, run: RunRow, kept: KeptRequest | null): ResultRecord {
  const { seq, customerId, abort, waiting, isInDoubt, root } = customer
  const request = requestOf(waiting, kept?.request_id ?? requestIdOf(run.runId, root ?? seq))
  return {
    customer_id: customerId,
    status: 'aborted',
    reason: abort.reason,
    run_id: run.runId,
    campaign: run.campaign,
    chunk: reportedChunk(run, customer),
    seq,
    request_id: request.id,
    attempts: waiting?.calls ?? 0,
    http_status: waiting?.httpStatus ?? null,
    error_code: null,
    message: waiting?.message ?? null,
    result_code: null,
    result_status: null,
    in_doubt: isInDoubt,
    abort_rule: abort.rule,
    latency_ms: null,
    batch_size: request.customers,
    occurred_at: new Date(abort.at).toISOString(),
    properties: {},
  }
}

/** The request that a customer without a result was in, or was to be in. */
function requestOf(waiting: WaitingRow | null, requestId: string): { readonly id: string; readonly customers: number } {
  const batch = waiting?.batch ?? null
  return batch === null
    ? { id: requestId, customers: 1 }
    : { id: partIdOf(requestId, batch.path), customers: batch.customers }
}

/** By an event each customer enters alone: a chunk of one. */
function reportedChunk({ event }: RunRow, { chunk, seq }: { readonly chunk: number; readonly seq: number }): number {
  return event === null ? chunk : seq
}
