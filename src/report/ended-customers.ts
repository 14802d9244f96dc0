import { BatchCutter, SpoolReader, type KeptRequest } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import { isRunLocked, type RunPaths } from '../ledger/run-folder.ts'
import { waitingRowFrom, type RunRow, type WaitingRow } from '../ledger/rows.ts'
import { resultRowFromList, type ReportedRow } from './result-row.ts'
import { isWanted, type ResultFilter } from './result-filter.ts'
import { recordFromAborted, recordFromResult, type ResultRecord } from './result-record.ts'
import { abortOf, chunkOf, customersOf, readRunFacts, type RunFacts } from './run-facts.ts'
import { RunReader } from './run-reader.ts'
import { readSpooledCustomers, type SpooledCustomer } from './spooled-customers.ts'
import * as sql from './statements.ts'

/** What naming the customers of a run takes of its campaign. */
export type NamingCampaign = Pick<Campaign, 'customerId'>

export interface EndedCustomer {
  readonly record: ResultRecord
  /** The request of an earlier run that was repeated; null for one of this run's own. */
  readonly kept: KeptRequest | null
}

/** Customers that are read in one go, at one moment of the run: larger pages live long enough to grow the heap, and are no faster. */
export const PAGE = 200
const FINAL_ROWS = ['sent', 'failed', 'suppressed'] as const

/** A customer that has ended, before its name and its request are known. */
type Found =
  | { readonly kind: 'result'; readonly seq: number; readonly row: ReportedRow }
  | { readonly kind: 'aborted'; readonly seq: number; readonly waiting: WaitingRow | null; readonly isInDoubt: boolean }

/**
 * Goes over the customers that have ended, in audience order, a page at a time: memory stays flat, and no page keeps the
 * ledger's log from being cut while a slow reader takes its time.
 */
export function* endedCustomers(
  paths: RunPaths,
  campaign: NamingCampaign,
  filter: ResultFilter,
): Generator<EndedCustomer> {
  using pages = new EndedPages(paths, campaign, filter)
  for (let page = 0; page < pages.count; page++) yield* pages.read(page)
}

/** The customers of a run that have ended, a page of the audience at a time, as they stand when it is read. */
export class EndedPages implements Disposable {
  readonly #reader: RunReader
  readonly #spool: LazySpool
  readonly #paths: RunPaths
  readonly #campaign: NamingCampaign
  readonly #filter: ResultFilter
  #isHeld: boolean | null = null
  #customers = 0

  constructor(paths: RunPaths, campaign: NamingCampaign, filter: ResultFilter) {
    this.#paths = paths
    this.#campaign = campaign
    this.#filter = filter
    this.#reader = new RunReader(paths)
    this.#spool = new LazySpool(paths)
    this.look()
  }

  /** Pages of the audience, as of the last look at it or page read: it grows while it is read (`--stream`). */
  get count(): number {
    return Math.ceil(this.#customers / PAGE)
  }

  look(): void {
    this.#customers = this.#reader.atOnce(() => this.#facts()).run.customers
  }

  read(page: number): readonly EndedCustomer[] {
    const from = page * PAGE
    const { facts, found } = this.#reader.atOnce(() => {
      const facts = this.#facts()
      return { facts, found: findEnded(this.#reader, facts, { from, filter: this.#filter }) }
    })
    this.#customers = facts.run.customers
    const named = nameThem(found, facts, { spool: this.#spool, column: this.#campaign.customerId })
    return named.filter(({ record }) => isWanted(record, this.#filter))
  }

  /** The one at this place; undefined while it has not ended. */
  at(seq: number): EndedCustomer | undefined {
    return this.read(Math.floor(seq / PAGE)).find(({ record }) => record.seq === seq)
  }

  #facts(): RunFacts {
    return readRunFacts(this.#reader, () => (this.#isHeld ??= isRunLocked(this.#paths)))
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]()
    this.#spool[Symbol.dispose]()
  }
}

function findEnded(
  reader: RunReader,
  facts: RunFacts,
  { from, filter }: { readonly from: number; readonly filter: ResultFilter },
): readonly Found[] {
  const { run } = facts
  const to = Math.min(from + PAGE, run.customers)
  const range = [chunkOf(run, from), from, chunkOf(run, to), to] as const
  const statuses = FINAL_ROWS.map((status) => (filter.statuses?.includes(status) === false ? '' : status)) as [
    string,
    string,
    string,
  ]
  const isAnyRow = statuses.some((status) => status !== '')
  const rows = isAnyRow ? reader.lists(sql.selectResults, ...range, ...statuses).map(resultRowFromList) : []
  const results = rows.map((row): Found => ({ kind: 'result', seq: row.seq, row }))
  if (filter.statuses?.includes('aborted') === false) return results
  const aborted = findAborted(reader, facts, { from, to })
  return aborted.length === 0 ? results : [...results, ...aborted].toSorted((a, b) => a.seq - b.seq)
}

function findAborted(
  reader: RunReader,
  facts: RunFacts,
  { from, to }: { readonly from: number; readonly to: number },
): readonly Found[] {
  const { run, isGoingOn } = facts
  const stopped = Array.from({ length: to - from }, (_, at) => from + at).filter(stoppedIn(facts))
  if (stopped.length === 0) return []
  const range = [chunkOf(run, from), from, chunkOf(run, to), to] as const
  const ended = new Set(reader.lists(sql.selectEndedSeqs, ...range).map(([seq]) => Number(seq)))
  const waitingRows = reader.all(sql.selectWaiting, from, to).map(waitingRowFrom)
  const waitingBySeq = new Map(waitingRows.flatMap(seqsOf))
  const lent = facts.lent.filter(({ firstSeq, count }) => firstSeq < to && firstSeq + count > from)
  const found: Found[] = []
  for (const seq of stopped) {
    if (ended.has(seq)) continue
    const waiting = waitingBySeq.get(seq) ?? null
    const isHeld =
      waiting === null ? lent.some(({ firstSeq, count }) => seq >= firstSeq && seq < firstSeq + count) : waiting.isLent
    // In flight: its answer decides.
    if (isHeld && isGoingOn) continue
    found.push({ kind: 'aborted', seq, waiting, isInDoubt: isHeld || (waiting?.doubtAt ?? null) !== null })
  }
  return found
}

/** Every row of a batch that waits. */
function seqsOf(row: WaitingRow): [number, WaitingRow][] {
  return Array.from({ length: row.batch?.count ?? 1 }, (_, at) => [row.seq + at, row])
}

function stoppedIn(facts: RunFacts): (seq: number) => boolean {
  let known: { readonly chunk: number; readonly isStopped: boolean } | null = null
  return (seq) => {
    const chunk = chunkOf(facts.run, seq)
    if (known?.chunk !== chunk) known = { chunk, isStopped: abortOf(facts, chunk) !== null }
    return known.isStopped
  }
}

function nameThem(
  found: readonly Found[],
  facts: RunFacts,
  { spool, column }: { readonly spool: LazySpool; readonly column: string | null },
): readonly EndedCustomer[] {
  const { run } = facts
  const isReplay = run.replayOf !== null
  const unnamed = found.filter((one) => isReplay || (one.kind === 'aborted' && one.waiting?.customerId == null))
  const spooled: ReadonlyMap<number, SpooledCustomer> =
    unnamed.length === 0
      ? new Map()
      : readSpooledCustomers(
          spool.openFor(run.customers),
          unnamed.map(({ seq }) => seq),
          column,
        )
  return found.map((one) => {
    const kept = spooled.get(one.seq)?.kept ?? null
    if (one.kind === 'result') return { record: recordFromResult(one.row, run, kept), kept }
    const chunk = chunkOf(run, one.seq)
    const customerId = one.waiting?.customerId ?? spooled.get(one.seq)?.customerId ?? String(one.seq + 1)
    const abort = abortOf(facts, chunk)
    if (abort === null) throw new TypeError(`expected chunk ${chunk} to be stopped, got one that goes on`)
    const root = one.waiting === null ? spool.rootOf(one.seq, run) : (one.waiting.batch?.root ?? null)
    return { record: recordFromAborted({ ...one, chunk, customerId, abort, root }, run, kept), kept }
  })
}

/** The run's spool, opened when the first customer has to be looked up in it: most reports need none. */
class LazySpool implements Disposable {
  readonly #paths: RunPaths
  #reader: SpoolReader | null = null
  #batch = { seq: 0, count: 0 }

  constructor(paths: RunPaths) {
    this.#paths = paths
  }

  /** The first `rows` are written, also when the audience is still being read. */
  openFor(rows: number): SpoolReader {
    this.#reader ??= SpoolReader.open(this.#paths.folder)
    this.#reader.grow(rows)
    return this.#reader
  }

  /** The first row of the batch that a row was to be sent in; null without batches. */
  rootOf(seq: number, run: RunRow): number | null {
    const { batchSize: size, replayOf, customers } = run
    if (size === null) return null
    const chunk = chunkOf(run, seq)
    const chunkStart = chunk * (run.chunkSize ?? 0)
    if (replayOf === null) return seq - ((seq - chunkStart) % size)
    const cutter = new BatchCutter(this.openFor(customers), { size, isReplay: true })
    const isBehind = seq < this.#batch.seq || this.#batch.seq < chunkStart
    const from = isBehind ? chunkStart : this.#batch.seq
    for (const batch of cutter.within(from, chunkStart + customersOf(run, chunk))) {
      this.#batch = batch
      if (seq < batch.seq + batch.count) break
    }
    return this.#batch.seq
  }

  [Symbol.dispose](): void {
    this.#reader?.close()
  }
}
