import type { FailedReason, ResultStatus, RunState, SuppressedReason } from '../campaign/result.ts'
import type { RunNumbers } from './numbers.ts'
import type { Interval } from './timeline.ts'

export interface RunRow {
  readonly runId: string
  readonly campaign: string
  readonly state: RunState
  readonly createdAt: number
  /** When the first slice was lent; null before. */
  readonly startedAt: number | null
  readonly finishedAt: number | null
  readonly resumed: number
  readonly replayOf: string | null
  readonly customers: number
  readonly isAudienceComplete: boolean
  readonly chunkSize: number | null
  /** Null when each customer has a request of its own. */
  readonly batchSize: number | null
  readonly numbers: RunNumbers
  /** Null for a run whose audience was there when it began. */
  readonly event: EventRunRow | null
}

/** Events of one day for one version of a campaign; each customer is a chunk of one, whatever `chunk` says in the tables. */
export interface EventRunRow {
  readonly version: number
  /** UTC, such as 2026-11-22. */
  readonly day: string
  /** How far whoever appends had come with what is in the run; null before the first. */
  readonly position: number | null
}

export interface ResultRow {
  readonly chunk: number
  readonly seq: number
  readonly customerId: string
  readonly status: Exclude<ResultStatus, 'aborted'>
  readonly reason: FailedReason | SuppressedReason | null
  readonly attempts: number
  readonly httpStatus: number | null
  readonly errorCode: string | null
  readonly resultCode: string | null
  readonly resultStatus: string | null
  readonly message: string | null
  readonly isInDoubt: boolean
  readonly latencyMs: number | null
  readonly occurredAt: number
  readonly properties: string | null
}

/** A delivery that comes (again). `attempt` is the one that comes; `calls` how many were made. */
export interface WaitingRow {
  readonly seq: number
  readonly chunk: number
  readonly attempt: number
  readonly dueAt: number
  readonly isLent: boolean
  /** When the first send of unknown end began; null when every send was answered. */
  readonly doubtAt: number | null
  /** How often it was sent again because a process died over it. */
  readonly restarts: number
  readonly digest: string | null
  readonly calls: number
  readonly httpStatus: number | null
  readonly code: string | null
  readonly message: string | null
  readonly customerId: string | null
  /** Null when it is one customer's. */
  readonly batch: WaitingBatch | null
}

/** A batch that comes (again), or a half of one that was refused. */
export interface WaitingBatch {
  readonly count: number
  /** Rows of it without a result. */
  readonly customers: number
  /** `seq` of the first row of the whole batch. */
  readonly root: number
  readonly path: string
  /** It was refused; what comes of it hangs on its other half. */
  readonly isHeld: boolean
  readonly errorCode: string | null
}

export interface LentRow {
  readonly slice: number
  readonly chunk: number
  readonly firstSeq: number
  readonly count: number
  readonly lentAt: number
}

export interface ChunkRow {
  readonly chunk: number
  readonly startedAt: number
  readonly nextSeq: number
  /** Customers with a final row. */
  readonly ended: number
  readonly isStopped: boolean
}

export interface StopRow {
  readonly rule: string
  readonly scope: 'chunk' | 'webhook'
  readonly chunk: number | null
  readonly httpStatus: number | null
  readonly stoppedAt: number
  readonly liftedAt: number | null
  readonly message: string
  readonly samples: readonly string[]
}

type Columns = Readonly<Record<string, unknown>>

export function runRowFrom(row: Columns | undefined): RunRow {
  if (row === undefined) throw new TypeError('expected the ledger to hold its run, got an empty table')
  return {
    runId: String(row['run_id']),
    campaign: String(row['campaign']),
    state: row['state'] as RunState,
    createdAt: Number(row['created_at']),
    startedAt: numberOrNull(row['started_at']),
    finishedAt: numberOrNull(row['finished_at']),
    resumed: Number(row['resumed']),
    replayOf: textOrNull(row['replay_of']),
    customers: Number(row['customers']),
    isAudienceComplete: row['is_audience_complete'] === 1,
    chunkSize: numberOrNull(row['chunk_size']),
    batchSize: numberOrNull(row['batch_size']),
    numbers: JSON.parse(String(row['numbers'])) as RunNumbers,
    event: row['event_day'] == null ? null : eventRunFrom(row),
  }
}

function eventRunFrom(row: Columns): EventRunRow {
  return {
    version: Number(row['event_version']),
    day: String(row['event_day']),
    position: numberOrNull(row['event_position']),
  }
}

export function chunkRowFrom(row: Columns): ChunkRow {
  return {
    chunk: Number(row['chunk']),
    startedAt: Number(row['started_at']),
    nextSeq: Number(row['next_seq']),
    ended: Number(row['ended']),
    isStopped: row['is_stopped'] === 1,
  }
}

export function lentRowFrom(row: Columns): LentRow {
  return {
    slice: Number(row['slice']),
    chunk: Number(row['chunk']),
    firstSeq: Number(row['first_seq']),
    count: Number(row['count']),
    lentAt: Number(row['lent_at']),
  }
}

export function waitingRowFrom(row: Columns): WaitingRow {
  return {
    seq: Number(row['seq']),
    chunk: Number(row['chunk']),
    attempt: Number(row['attempt']),
    dueAt: Number(row['due_at']),
    isLent: row['is_lent'] === 1,
    doubtAt: numberOrNull(row['doubt_at']),
    restarts: Number(row['restarts']),
    digest: textOrNull(row['digest']),
    calls: Number(row['calls']),
    httpStatus: numberOrNull(row['http_status']),
    code: textOrNull(row['code']),
    message: textOrNull(row['message']),
    customerId: textOrNull(row['customer_id']),
    batch: row['root'] == null ? null : waitingBatchFrom(row),
  }
}

function waitingBatchFrom(row: Columns): WaitingBatch {
  return {
    count: Number(row['count']),
    customers: Number(row['customers']),
    root: Number(row['root']),
    path: String(row['path']),
    isHeld: row['is_held'] === 1,
    errorCode: textOrNull(row['error_code']),
  }
}

export function intervalFrom(row: Columns): Interval {
  return {
    startedAt: Number(row['started_at']),
    widthMs: Number(row['width_ms']),
    calls: JSON.parse(String(row['calls'])) as number[],
    latency: JSON.parse(String(row['latency'])) as number[],
    inFlight: Number(row['in_flight']),
    concurrency: Number(row['concurrency']),
  }
}

export function stopRowFrom(row: Columns): StopRow {
  return {
    rule: String(row['rule']),
    scope: row['scope'] as StopRow['scope'],
    chunk: numberOrNull(row['chunk']),
    httpStatus: numberOrNull(row['http_status']),
    stoppedAt: Number(row['stopped_at']),
    liftedAt: numberOrNull(row['lifted_at']),
    message: String(row['message']),
    samples: JSON.parse(String(row['samples'])) as string[],
  }
}

function numberOrNull(value: unknown): number | null {
  return value == null ? null : Number(value)
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
