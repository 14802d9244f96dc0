import type { Reason, ResultStatus } from '../campaign/result.ts'
import type { ResultRecord } from './result-record.ts'

/** Statuses from `from` to `to`, both included. */
interface HttpStatusRange {
  readonly from: number
  readonly to: number
}

/** Which results are wanted; null or left out is all of them. */
export interface ResultFilter {
  readonly statuses?: readonly ResultStatus[] | null
  readonly reasons?: readonly Reason[] | null
  /** By the last answer: a result without one is not among them. */
  readonly httpStatuses?: readonly HttpStatusRange[] | null
}

export function isWanted({ status, reason, http_status: httpStatus }: ResultRecord, filter: ResultFilter): boolean {
  const { statuses, reasons, httpStatuses } = filter
  if (statuses != null && !statuses.includes(status)) return false
  if (reasons != null && (reason === null || !reasons.includes(reason))) return false
  if (httpStatuses == null) return true
  return httpStatus !== null && httpStatuses.some(({ from, to }) => httpStatus >= from && httpStatus <= to)
}
