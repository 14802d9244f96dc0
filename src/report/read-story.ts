import { intervalFrom } from '../ledger/rows.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { selectIntervals } from '../ledger/statements.ts'
import type { Interval } from '../ledger/timeline.ts'
import { systemClock, type Clock } from '../clock.ts'
import { reportFor, type RunReport } from './read-report.ts'
import { readRunFacts } from './run-facts.ts'
import { RunReader } from './run-reader.ts'
import { selectFailureGroups, selectIntervalTable } from './statements.ts'

/** Failed customers of whom the receiver, or we, said the same. */
export interface FailureGroup {
  readonly reason: string
  readonly http_status: number | null
  readonly error_code: string | null
  readonly message: string | null
  readonly customers: number
}

/** Everything that a page about a run shows, read at one moment. */
export interface RunStory {
  readonly report: RunReport
  readonly replayOf: string | null
  /** The most frequent first; what is missing from the report's `failures` is rarer. */
  readonly failureGroups: readonly FailureGroup[]
  /** Answers by bucket of `latencyBucket`. */
  readonly latency: Readonly<Record<string, number>>
  /** Empty for a run made before hookcast kept them. */
  readonly intervals: readonly Interval[]
  readonly readAt: number
}

interface StoryOptions {
  readonly isLocked: boolean
  readonly clock?: Clock
  /** In place of those of now, which take a look at every result: for whoever looks again and again. */
  readonly failureGroups?: readonly FailureGroup[]
}

/** The same message may be interned more than once, so more are read than are shown. */
const MOST_ROWS = 500
const MOST_GROUPS = 50

/**
 * Reads a run with what its pictures are drawn from.
 *
 * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when its ledger cannot be read.
 */
export function readStory(paths: RunPaths, { isLocked, clock = systemClock, failureGroups }: StoryOptions): RunStory {
  using reader = new RunReader(paths)
  const readAt = clock.now()
  return reader.atOnce(() => {
    const facts = readRunFacts(reader, () => isLocked)
    return {
      report: reportFor(facts, reader, readAt),
      replayOf: facts.run.replayOf,
      failureGroups: failureGroups ?? readFailureGroups(reader),
      latency: facts.run.numbers.latency,
      intervals: readIntervals(reader),
      readAt,
    }
  })
}

export function readIntervals(reader: RunReader): Interval[] {
  // A reader does not migrate: a ledger made before the table has none.
  return reader.get(selectIntervalTable) === undefined ? [] : reader.all(selectIntervals).map(intervalFrom)
}

function readFailureGroups(reader: RunReader): FailureGroup[] {
  const groups = new Map<string, FailureGroup>()
  for (const row of reader.all(selectFailureGroups, MOST_ROWS)) {
    const { reason, http_status, error_code, message } = row as unknown as FailureGroup
    const key = JSON.stringify([reason, http_status, error_code, message])
    const customers = (groups.get(key)?.customers ?? 0) + Number(row['count'])
    groups.set(key, { reason, http_status, error_code, message, customers })
  }
  return [...groups.values()].toSorted((a, b) => b.customers - a.customers).slice(0, MOST_GROUPS)
}
