import { existsSync } from 'node:fs'
import { eachSpoolLine, SpoolReader } from '../audience/audience.ts'
import { HookcastError, type ErrorCode } from '../errors.ts'
import { folderError } from '../ledger/folder-error.ts'
import { isRunLocked, listRunFolders, runPaths, type RunPaths } from '../ledger/run-folder.ts'
import { readCustomers, readReport, type HeldCustomer } from '../report/report.ts'
import { heldRowFrom, namingColumn, type HeldRow } from './held-rows.ts'
import { triggersHeldIn } from './held-triggers.ts'

/** What an export has come upon, for whoever waits for it. */
interface ExportCounts {
  /** Runs that hold something of the customer. */
  runs: number
  rows: number
  /** Triggers that wait in the service's inbox. */
  triggers: number
  /** Runs that could not be read: something may be held there. */
  readonly unreadable: {
    readonly run_id: string
    readonly error: { readonly code: ErrorCode; readonly message: string }
  }[]
}

/**
 * Writes everything that the runs of a data folder, and the inbox of its service, hold of a customer, as pieces of one JSON object; `counts` are
 * complete when the last piece is out.
 *
 * Nothing is locked: it works while runs go on. One row is in memory at a time.
 *
 * Shape: `docs/personal-data.md`
 */
export function exportCustomer(
  dataFolder: string,
  { customerId, now }: { readonly customerId: string; readonly now: number },
): { readonly pieces: Iterable<string>; readonly counts: ExportCounts } {
  const counts: ExportCounts = { runs: 0, rows: 0, triggers: 0, unreadable: [] }
  const pieces = function* (): Generator<string> {
    const head = { schema: 1, customer_id: customerId, exported_at: new Date(now).toISOString() }
    yield `${JSON.stringify(head).slice(0, -1)},"runs":[`
    for (const runId of listRunFolders(dataFolder)) {
      try {
        yield* piecesOfRun(runPaths(dataFolder, runId), { runId, customerId, counts })
      } catch (cause) {
        const { code, message } = folderError(runPaths(dataFolder, runId).folder, cause)
        counts.unreadable.push({ run_id: runId, error: { code, message } })
      }
    }
    yield `${counts.runs === 0 ? '' : '\n'}],"triggers":[`
    yield* piecesOfInbox(dataFolder, customerId, counts)
    const { unreadable, ...found } = counts
    yield `],${JSON.stringify({ found, unreadable }).slice(1)}\n`
  }
  return { pieces: pieces(), counts }
}

function* piecesOfInbox(dataFolder: string, customerId: string, counts: ExportCounts): Generator<string> {
  for (const page of triggersHeldIn(dataFolder)) {
    for (const { customerIds, acceptedAt, body } of page) {
      if (!customerIds.includes(customerId)) continue
      const head = JSON.stringify({ accepted_at: new Date(acceptedAt).toISOString() }).slice(0, -1)
      yield `${counts.triggers++ === 0 ? '' : ','}\n${head},"trigger":${body}}`
    }
  }
}

function* piecesOfRun(
  paths: RunPaths,
  { runId, customerId, counts }: { readonly runId: string; readonly customerId: string; readonly counts: ExportCounts },
): Generator<string> {
  const isLocked = isRunLocked(paths)
  if (!existsSync(paths.ledger)) {
    const message = isLocked
      ? `The run is reading its audience: export again when it has begun to call: ${paths.folder}`
      : `The run died over its audience: remove it with \`hookcast runs --prune\`: ${paths.folder}`
    throw new HookcastError(isLocked ? 'HOOKCAST_RUN_IN_USE' : 'HOOKCAST_RUN_STATE', message)
  }
  const report = readReport(paths, { isLocked })
  const column = namingColumn(paths)
  using spool = SpoolReader.open(paths.folder)
  spool.grow(isLocked ? report.customers : rowsOf(paths, report.customers))
  let found = 0
  for (const held of readCustomers(paths, { customerId: column }, { spool, seqs: seqsOf(spool, customerId, column) })) {
    if (found++ === 0) {
      const { campaign, state, started_at, finished_at } = report
      const head = JSON.stringify({ run_id: runId, campaign, state, started_at, finished_at }).slice(0, -1)
      yield `${counts.runs++ === 0 ? '' : ','}\n${head},"rows":[`
    }
    counts.rows++
    const named = heldRowFrom(spool.pick([held.seq]).lines.subarray(0, -1), held.seq, column)
    yield `${found === 1 ? '' : ','}\n  ${rowText(held, named)}`
  }
  if (found > 0) yield ']}'
}

function* seqsOf(spool: SpoolReader, customerId: string, column: string | null): Generator<number> {
  for (const { seq, line } of spool.scan()) if (heldRowFrom(line, seq, column).customerId === customerId) yield seq
}

/** A stream that died may have written rows that it never told of. */
function rowsOf(paths: RunPaths, known: number): number {
  let rows = 0
  eachSpoolLine(paths.folder, () => rows++)
  return Math.max(rows, known)
}

/** The row goes out as the very text that was spooled: a number that JavaScript would round stays what it is. */
function rowText(
  { seq, number, row, verdict, status, result, waiting, samples }: HeldCustomer,
  named: HeldRow,
): string {
  const head = { seq, row_number: number, named_by: named.column === null ? 'row_number' : 'column' }
  const rest = { verdict, status, result, waiting, samples }
  const event = named.event === null ? '' : `"event":${named.event.text},`
  return `${JSON.stringify(head).slice(0, -1)},"row":${row ?? 'null'},${event}${JSON.stringify(rest).slice(1)}`
}
