import { unwrapSpoolLine, type SpoolReader, type SpoolRow } from '../audience/audience.ts'
import type { ResultStatus } from '../campaign/result.ts'
import { waitingRowFrom, type WaitingRow } from '../ledger/rows.ts'
import { selectWaitingRow } from '../ledger/statements.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { EndedPages, type NamingCampaign } from './ended-customers.ts'
import { instantOf } from './instant.ts'
import type { ResultRecord } from './result-record.ts'
import { RunReader } from './run-reader.ts'
import { selectSamples } from './statements.ts'

/** Everything that a run holds of one row of its audience. */
export interface HeldCustomer {
  readonly seq: number
  /** 1-based number in the audience. */
  readonly number: number
  /** The row's JSON as it was spooled; null for one that could not be read. */
  readonly row: string | null
  readonly verdict: SpoolRow['verdict']
  /** `pending`: not begun; `waiting`: for another call. */
  readonly status: ResultStatus | 'waiting' | 'pending'
  readonly result: ResultRecord | null
  readonly waiting: HeldRetry | null
  readonly samples: readonly Readonly<Record<string, unknown>>[]
}

interface HeldRetry {
  readonly attempt: number
  readonly due_at: string | null
  readonly calls: number
  readonly in_doubt: boolean
  readonly http_status: number | null
  readonly code: string | null
  readonly message: string | null
}

/** Reads all that is held of the rows at these places, one at a time, also while a process works on the run. */
export function* readCustomers(
  paths: RunPaths,
  campaign: NamingCampaign,
  { seqs, spool }: { readonly seqs: Iterable<number>; readonly spool: SpoolReader },
): Generator<HeldCustomer> {
  using reader = new RunReader(paths)
  using pages = new EndedPages(paths, campaign, {})
  for (const seq of seqs) {
    const { row, number, verdict } = unwrapSpoolLine(spool.pick([seq]).lines.subarray(0, -1))
    const ended = pages.at(seq)
    const found = reader.get(selectWaitingRow, seq)
    const retry = found === undefined ? null : waitingRowFrom(found)
    yield {
      seq,
      number: number ?? seq + 1,
      row,
      verdict,
      status: ended?.record.status ?? (retry !== null && hasBegun(retry) ? 'waiting' : 'pending'),
      result: ended?.record ?? null,
      waiting: retry === null ? null : heldRetryFrom(retry),
      samples: reader.all(selectSamples, seq),
    }
  }
}

function hasBegun({ attempt, calls, doubtAt }: WaitingRow): boolean {
  return attempt > 1 || calls > 0 || doubtAt !== null
}

function heldRetryFrom({ attempt, dueAt, calls, doubtAt, httpStatus, code, message }: WaitingRow): HeldRetry {
  return {
    attempt,
    due_at: instantOf(dueAt),
    calls,
    in_doubt: doubtAt !== null,
    http_status: httpStatus,
    code,
    message,
  }
}
