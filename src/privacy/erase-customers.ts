import { existsSync, readFileSync } from 'node:fs'
import { eraseRows, spoolExtent, type ErasedRow } from '../audience/audience.ts'
import type { ErrorCode } from '../errors.ts'
import { LedgerErasure } from '../ledger/erasure.ts'
import { openPseudonyms } from '../ledger/pseudonym.ts'
import { folderError } from '../ledger/folder-error.ts'
import { listRunFolders, lockRun, runPaths, type RunPaths } from '../ledger/run-folder.ts'
import { removeExpiredRuns } from '../runner/runner.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { eachHeldRow, type HeldRow } from './held-rows.ts'
import { eraseTriggers, forgetTriggers } from './held-triggers.ts'
import { Redactor, valuesIn } from './redactor.ts'

/** What was erased from one run: exactly an entry of `erase --json`. */
export interface ErasedRun {
  readonly run_id: string
  readonly rows: number
  /** Rows that no column named: the number of a row is whoever stands there. */
  readonly named_by_row_number: number
  /** The campaign's own text, which is kept for resumes, holds an id that was erased. */
  readonly is_named_in_campaign: boolean
}

/** What an erasure did, and what it could not do: exactly the JSON of `erase --json`. */
export interface ErasureReport {
  readonly schema: 1
  /** Ids that were asked for. */
  readonly customers: number
  /** Those of them that something was held of. */
  readonly found: number
  readonly runs: readonly ErasedRun[]
  /** Of them that waited in the service's inbox, and were dropped; null when a service has it, and has to be asked. */
  readonly triggers: number | null
  /** Runs that nothing was erased from, and why: most often somebody works on them. */
  readonly left: readonly {
    readonly run_id: string
    readonly error: { readonly code: ErrorCode; readonly message: string }
  }[]
}

/** The service of a data folder, from within. */
export interface ErasureInService {
  readonly store: ServiceStore
  /** Resolves when no trigger that was in the inbox is on its way into a run any more. */
  settle(): Promise<void>
  /** Does something to a run while nobody works on it, which goes on then: where the service works on it, and can let go of it. */
  aside<T>(runId: string, work: () => Promise<T>): Promise<T>
}

export interface ErasureOptions {
  readonly customerIds: ReadonlySet<string>
  readonly now: number
  readonly onRun?: (runId: string) => void
  /** Null where a service has the data folder that is not asked. */
  readonly service: ErasureInService | null
}

/**
 * Erases customers from all runs of a data folder, and from the inbox of its service.
 *
 * Row, properties, the receiver's words and samples go; a pseudonym stands where the id was, and all counts stay what they
 * were. Whoever had no result yet is `suppressed`, `erased` when the run goes on. A run that somebody works on is left, and
 * named in the report. After a crash at any point the same call finishes: a run's spool goes last, so that what is to be
 * found elsewhere can be found by it.
 */
export async function eraseCustomers(
  dataFolder: string,
  { customerIds, now, onRun, service }: ErasureOptions,
): Promise<ErasureReport> {
  // What died over its audience has no ledger to be erased from, and goes whole.
  removeExpiredRuns(dataFolder, now)
  const found = new Set<string>()
  const runs: ErasedRun[] = []
  const left: ErasureReport['left'][number][] = []
  const pseudonymOf = openPseudonyms(dataFolder)
  // Before the runs: a trigger that is not in the inbox any more is in one of them.
  const triggers = service === null ? null : await eraseTriggers(service.store, { customerIds, found })
  await service?.settle()
  const wanted: Wanted = { customerIds, pseudonymOf, found, service }
  for (const runId of listRunFolders(dataFolder)) {
    const paths = runPaths(dataFolder, runId)
    onRun?.(runId)
    try {
      const work = async (): Promise<Omit<ErasedRun, 'run_id'>> => await eraseLocked(paths, wanted)
      const erased = await (service === null ? work() : service.aside(runId, work))
      if (erased.rows > 0) runs.push({ run_id: runId, ...erased })
    } catch (cause) {
      const { code, message } = folderError(paths.folder, cause)
      left.push({ run_id: runId, error: { code, message } })
    }
  }
  service?.store.purge()
  return { schema: 1, customers: customerIds.size, found: found.size, runs, triggers, left }
}

interface Wanted {
  readonly customerIds: ReadonlySet<string>
  readonly pseudonymOf: (customerId: string) => string
  /** Takes the ids that were found. */
  readonly found: Set<string>
  readonly service: ErasureInService | null
}

async function eraseLocked(paths: RunPaths, wanted: Wanted): Promise<Omit<ErasedRun, 'run_id'>> {
  using cleanUp = new DisposableStack()
  const lock = lockRun(paths)
  cleanUp.defer(() => lock.release())
  return await eraseFromRun(paths, wanted)
}

async function eraseFromRun(
  paths: RunPaths,
  { customerIds, pseudonymOf, found, service }: Wanted,
): Promise<Omit<ErasedRun, 'run_id'>> {
  const extent = existsSync(paths.ledger) ? spoolExtent(paths.folder) : null
  if (extent === null) return { rows: 0, named_by_row_number: 0, is_named_in_campaign: false }
  const rows = new Map<number, ErasedRow>()
  const names = new Map<string, string>()
  const redactor = new Redactor()
  const triggerIds: string[] = []
  let numbered = 0
  eachHeldRow(paths, (row) => {
    if (!isWanted(row, customerIds)) return
    const pseudonym = pseudonymOf(row.customerId)
    rows.set(row.seq, { pseudonym, column: row.column })
    found.add(row.customerId)
    redactor.addRow(row.row)
    redactor.addRow(row.attributes)
    triggerIds.push(...triggerIdsIn(row))
    if (row.column === null) numbered++
    else names.set(row.customerId, pseudonym)
  })
  if (service !== null) await forgetTriggers(service.store, triggerIds, customerIds)
  const inDoubt = rows.size > 0 ? eraseFromLedger(paths, { rows, names, redactor, customerIds }) : NOBODY
  const pseudonyms = extent.isSealed ? [] : Array.from(customerIds, pseudonymOf)
  const marked = [...rows].map(([seq, row]) => [seq, { ...row, isInDoubt: inDoubt.has(seq) }] as const)
  await eraseRows(paths.folder, { rows: new Map(marked), pseudonyms })
  return { rows: rows.size, named_by_row_number: numbered, is_named_in_campaign: isNamedInCampaign(paths, names) }
}

function triggerIdsIn({ attributes }: HeldRow): readonly string[] {
  const { id } = (attributes ?? {}) as { readonly id?: unknown }
  return typeof id === 'string' ? [id] : []
}

const NOBODY: ReadonlySet<number> = new Set()

function isWanted({ customerId, verdict }: HeldRow, customerIds: ReadonlySet<string>): boolean {
  return customerIds.has(customerId) && verdict?.reason !== 'erased'
}

/** Gives those whose request may have arrived. */
function eraseFromLedger(
  paths: RunPaths,
  {
    rows,
    names,
    redactor,
    customerIds,
  }: {
    readonly rows: ReadonlyMap<number, ErasedRow>
    readonly names: ReadonlyMap<string, string>
    readonly redactor: Redactor
    readonly customerIds: ReadonlySet<string>
  },
): ReadonlySet<number> {
  using ledger = new LedgerErasure(paths)
  const inDoubt = ledger.inDoubt(rows.keys())
  forgetShared(paths, { redactor, names, customerIds, texts: ledger.texts() })
  ledger.apply({ rows, names, redact: (text) => redactor.redact(text) })
  ledger.purge()
  return inDoubt
}

/** A first name in an answer to somebody else may be that somebody's own: what a customer who stays has too is no trace. */
function forgetShared(
  paths: RunPaths,
  {
    redactor,
    names,
    customerIds,
    texts,
  }: {
    readonly redactor: Redactor
    readonly names: ReadonlyMap<string, string>
    readonly customerIds: ReadonlySet<string>
    readonly texts: Iterable<string>
  },
): void {
  const told = new Set<string>()
  for (const text of texts) for (const value of redactor.valuesIn(text)) if (!names.has(value)) told.add(value)
  if (told.size === 0) return
  eachHeldRow(paths, (row) => {
    if (isWanted(row, customerIds)) return
    for (const value of valuesIn([row.row, row.attributes])) if (told.delete(value)) redactor.forget(value)
  })
}

function isNamedInCampaign({ snapshot }: RunPaths, names: ReadonlyMap<string, string>): boolean {
  const redactor = new Redactor()
  for (const name of names.keys()) redactor.add(name)
  return redactor.valuesIn(readFileSync(snapshot, 'utf8')).length > 0
}
