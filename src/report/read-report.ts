import type { Warning } from '../campaign/campaign.ts'
import type { RunState } from '../campaign/result.ts'
import { systemClock, type Clock } from '../clock.ts'
import { latencyPercentile, type RunNumbers } from '../ledger/numbers.ts'
import type { StopRow } from '../ledger/rows.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { explainStop, type StopRule } from '../policy/policy.ts'
import { countCustomers, type Counts, type CustomerCounts } from './count-customers.ts'
import { instantOf } from './instant.ts'
import { readRunFacts, type RunFacts } from './run-facts.ts'
import { RunReader } from './run-reader.ts'
import { countChunkFailures } from './statements.ts'

/** A stop that holds: what tripped, and in `message` one sentence with its numbers and what to do. */
export interface AbortEntry {
  readonly rule: string
  readonly scope: 'chunk' | 'webhook'
  readonly chunk: number | null
  readonly http_status: number | null
  readonly at: string
  readonly message: string
  readonly samples: readonly string[]
}

/**
 * A run in numbers: exactly the JSON of `report --format json`, keys in the order in which they are printed.
 *
 * Shape:   `customers = sent + failed + aborted + suppressed + waiting + pending`; `attempts` is the sum of `codes`.
 *          Instants are ISO 8601. `duration_ms` is null before the first start, and when the process died.
 */
export interface RunReport extends CustomerCounts {
  readonly schema: 1
  readonly run_id: string
  readonly campaign: string
  readonly state: RunState
  readonly started_at: string | null
  readonly finished_at: string | null
  readonly next_retry_at: string | null
  readonly duration_ms: number | null
  readonly deliveries: number
  readonly attempts: number
  readonly codes: Readonly<Record<string, number>>
  readonly failures: Readonly<Record<string, number>>
  readonly latency_ms: {
    readonly p50: number | null
    readonly p95: number | null
    readonly p99: number | null
    readonly max: number | null
  }
  readonly slow_responses: number
  readonly instant_retries: number
  readonly in_doubt: number
  readonly already_accepted: number
  readonly lowest_concurrency: number
  readonly resumed: number
  readonly answers_overridden: Readonly<Record<string, number>>
  readonly aborts: readonly AbortEntry[]
  readonly warnings: readonly Warning[]
}

/**
 * Reads what became of a run so far, also while another process works on it (`isLocked`).
 *
 * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when its ledger cannot be read.
 */
export function readReport(
  paths: RunPaths,
  { isLocked, clock = systemClock }: { readonly isLocked: boolean; readonly clock?: Clock },
): RunReport {
  using reader = new RunReader(paths)
  return reader.atOnce(() =>
    reportFor(
      readRunFacts(reader, () => isLocked),
      reader,
      clock.now(),
    ),
  )
}

/** The same, of the moment in which `facts` were read. */
export function reportFor(facts: RunFacts, reader: RunReader, now: number): RunReport {
  const counts = countCustomers(reader, facts)
  const chunkFailures = (chunk: number): number => reader.count(countChunkFailures, chunk)
  const aborts = facts.stops.map((stop) => abortEntryFrom(stop, { facts, counts, chunkFailures }))
  return reportFrom(facts, counts, { aborts, now })
}

function reportFrom(
  { run, state, isGoingOn }: RunFacts,
  counts: Counts,
  { aborts, now }: { readonly aborts: readonly AbortEntry[]; readonly now: number },
): RunReport {
  const { numbers, startedAt, finishedAt } = run
  const endedAt = isGoingOn ? now : finishedAt
  return {
    schema: 1,
    run_id: run.runId,
    campaign: run.campaign,
    state,
    started_at: instantOf(startedAt),
    finished_at: instantOf(finishedAt),
    next_retry_at: instantOf(counts.nextDueAt),
    duration_ms: startedAt === null || endedAt === null ? null : Math.max(0, endedAt - startedAt),
    customers: counts.customers,
    sent: counts.sent,
    failed: counts.failed,
    aborted: counts.aborted,
    suppressed: counts.suppressed,
    waiting: counts.waiting,
    pending: counts.pending,
    deliveries: numbers.deliveries,
    attempts: Object.values(numbers.codes).reduce((sum, count) => sum + count, 0),
    codes: numbers.codes,
    failures: numbers.failures,
    latency_ms: latencyFrom(numbers),
    slow_responses: numbers.slowResponses,
    instant_retries: numbers.instantRetries,
    in_doubt: counts.inDoubt,
    already_accepted: numbers.alreadyAccepted,
    lowest_concurrency: numbers.lowestConcurrency,
    resumed: run.resumed,
    answers_overridden: numbers.answersOverridden,
    aborts,
    warnings: numbers.warnings.map(({ code, message, count }) => ({ code, message, count })),
  }
}

function latencyFrom(numbers: RunNumbers): RunReport['latency_ms'] {
  const p50 = latencyPercentile(numbers, 0.5)
  return {
    p50,
    p95: latencyPercentile(numbers, 0.95),
    p99: latencyPercentile(numbers, 0.99),
    max: p50 === null ? null : numbers.latencyMaxMs,
  }
}

function abortEntryFrom(
  stop: StopRow,
  {
    facts,
    counts,
    chunkFailures,
  }: { readonly facts: RunFacts; readonly counts: Counts; readonly chunkFailures: (chunk: number) => number },
): AbortEntry {
  const { rule, scope, chunk, httpStatus, stoppedAt, message, samples } = stop
  const { run } = facts
  const isWholeRun = scope === 'webhook' || chunk === null || run.chunkSize === null
  const failed = isWholeRun ? counts.failed : chunkFailures(chunk)
  const aborted = isWholeRun ? counts.aborted : (counts.abortedByChunk.get(chunk) ?? 0)
  const heldCampaign = run.event === null ? null : run.campaign
  const story = {
    rule: rule as StopRule,
    httpStatus,
    description: message,
    runId: run.runId,
    failed,
    aborted,
    heldCampaign,
  }
  return {
    rule,
    scope,
    chunk,
    http_status: httpStatus,
    at: new Date(stoppedAt).toISOString(),
    // A cancelled run does not go on, so the way back that a stop names is closed.
    message: run.state === 'cancelled' ? `${message}; the run was cancelled since` : explainStop(story),
    samples,
  }
}
