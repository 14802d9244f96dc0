import { parseSpoolLine, SpoolReader, type CopiedRow, type KeptRequest } from '../audience/audience.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { endedCustomers, type EndedCustomer, type NamingCampaign } from './ended-customers.ts'
import type { ResultFilter } from './result-filter.ts'
import { RunReader } from './run-reader.ts'
import { numbersAt } from './sent-since.ts'
import { runRowFrom, type RunRow } from '../ledger/rows.ts'
import { selectRun } from '../ledger/statements.ts'
import { withBatchesTogether, type Replayed } from './replayed-batches.ts'
import { selectChunkStart } from './statements.ts'

export interface ReplayFilter extends ResultFilter {
  /** A new key for everybody, also where the receiver may have the request: it may then be served twice. */
  readonly newKeys: boolean
  /** Numbers in the audience of those whom a replay has sent to before; see `numbersSentSince`. */
  readonly sentSince?: ReadonlySet<number>
}

/** How many customers a replay takes over. */
export interface ReplayCounts {
  readonly customers: number
  readonly byStatus: Readonly<Record<string, number>>
  readonly byReason: Readonly<Record<string, number>>
  /** Those whose request stays the same, key and bytes: the receiver may have it. */
  readonly kept: number
  /** Those who are left out because their request can't be made again as it was, and under a new key they might be served twice. */
  readonly torn: number
  /** Those who would be among them and are left out: a replay has sent to them before. */
  readonly sentSince: number
}

const NOBODY: ReadonlySet<number> = new Set()
const REPLAYED = ['failed', 'aborted'] as const

/**
 * Selects customers of a run to be called again, in audience order.
 *
 * A request that may have arrived is taken over whole, with what its bytes were made from: run, chunk and time. So is
 * one that was itself taken over and has not been `sent` since: no later answer tells what the first send did.
 *
 * Those of a run of events that is not over are on hold, and not for a replay: the release calls them.
 *
 * Default: failed and aborted.
 * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when ledger or spool cannot be read.
 */
export function selectForReplay(
  paths: RunPaths,
  campaign: NamingCampaign,
  { newKeys, sentSince = NOBODY, ...filter }: ReplayFilter,
): { readonly rows: Iterable<CopiedRow>; readonly counts: ReplayCounts } {
  const run = readRunRow(paths)
  const statuses = (filter.statuses ?? REPLAYED).filter((status) => status !== 'aborted' || !mayGoOn(run))
  const selection = { ...filter, statuses }
  const isBatched = run.batchSize !== null
  const keeps = (customer: EndedCustomer): boolean => !newKeys && isKept(customer)
  const select = (): Iterable<Replayed> =>
    withBatchesTogether(leftOver(paths, endedCustomers(paths, campaign, selection), sentSince), {
      isKept: keeps,
      isBatched,
    })
  const counts = countThem(select())
  const all = sentSince.size === 0 ? null : countAll(endedCustomers(paths, campaign, selection))
  return {
    counts: { ...counts, sentSince: all === null ? 0 : all - counts.customers - counts.torn },
    // Read anew: a million rows are not held in memory while somebody thinks about the counts.
    rows: { [Symbol.iterator]: () => copiedRows(paths, run, select()) },
  }
}

function readRunRow(paths: RunPaths): RunRow {
  using reader = new RunReader(paths)
  return runRowFrom(reader.get(selectRun))
}

function mayGoOn({ event, state }: RunRow): boolean {
  return event !== null && state !== 'finished' && state !== 'cancelled'
}

function* leftOver(
  paths: RunPaths,
  customers: Iterable<EndedCustomer>,
  sentSince: ReadonlySet<number>,
): Generator<EndedCustomer> {
  if (sentSince.size === 0) return yield* customers
  using spool = SpoolReader.open(paths.folder)
  spool.grow(readRunRow(paths).customers)
  for (const customer of customers) {
    const [number = 0] = numbersAt(spool, [customer.record.seq])
    if (!sentSince.has(number)) yield customer
  }
}

function countAll(customers: Iterable<unknown>): number {
  let count = 0
  for (const _ of customers) count++
  return count
}

function isKept({ record, kept }: EndedCustomer): boolean {
  return record.status !== 'sent' && (record.in_doubt || kept !== null)
}

function countThem(replayed: Iterable<Replayed>): Omit<ReplayCounts, 'sentSince'> {
  const counts = { customers: 0, kept: 0, torn: 0 }
  const byStatus: Record<string, number> = {}
  const byReason: Record<string, number> = {}
  for (const { customer, kept, isTorn } of replayed) {
    if (isTorn) {
      counts.torn++
      continue
    }
    const { status, reason } = customer.record
    counts.customers++
    if (kept !== null) counts.kept++
    byStatus[status] = (byStatus[status] ?? 0) + 1
    if (reason !== null) byReason[reason] = (byReason[reason] ?? 0) + 1
  }
  return { ...counts, byStatus, byReason }
}

function* copiedRows(paths: RunPaths, run: RunRow, replayed: Iterable<Replayed>): Generator<CopiedRow> {
  using reader = new RunReader(paths)
  using spool = SpoolReader.open(paths.folder)
  spool.grow(run.customers)
  const startOf = (chunk: number, seq: number): number => {
    const event = run.event === null ? null : parseSpoolLine(spool.pick([seq]).lines).event
    return event?.accepted_at ?? Number(reader.get(selectChunkStart, chunk)?.['started_at'])
  }
  for (const { customer, kept, isTorn } of replayed) {
    if (isTorn) continue
    const { seq } = customer.record
    yield { seq, kept: kept === null ? null : (customer.kept ?? requestOf(customer, kept.batch, startOf)) }
  }
}

function requestOf(
  { record }: EndedCustomer,
  batch: KeptRequest['batch'] | null,
  startOf: (chunk: number, seq: number) => number,
): KeptRequest {
  const { request_id, run_id, chunk, seq } = record
  return { request_id, run_id, chunk, time: startOf(chunk, seq), ...(batch == null ? {} : { batch }) }
}
