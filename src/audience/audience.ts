import type { Readable } from 'node:stream'
import type { AudienceSource } from '../campaign/campaign.ts'
import { ConfigError } from '../errors.ts'
import { CsvRows } from './csv-rows.ts'
import { readExcludedIds } from './excluded-ids.ts'
import { NdjsonRows } from './ndjson-rows.ts'
import type { OpenSource, SourceIdentity, SourceOptions } from './open-source.ts'
import { openSource } from './open-source.ts'
import type { AudienceRules, RowReader, RowSink, RowWatcher, SpoolSummary } from './row-pass.ts'
import { RowPass } from './row-pass.ts'
import { recoverSpool } from './recover-spool.ts'
import { skipRows } from './skip-rows.ts'
import { readSpoolState } from './spool-state.ts'
import { SpoolWriter } from './spool-writer.ts'

export { BatchCutter } from './batch-cutter.ts'
export type { CopiedRow } from './copy-spool.ts'
export { copySpool } from './copy-spool.ts'
export { customerIdOf, findIdColumn } from './customer-id.ts'
export { eachSpoolLine, eraseRows, spoolExtent, type ErasedRow } from './erase-rows.ts'
export { EventSpool, type EventRow } from './event-spool.ts'
export { readIds } from './excluded-ids.ts'
export { RowFault } from './fault.ts'
export { JsonLines, parseObject } from './json-lines.ts'
export type { AudienceRules, RowWatcher, SpoolSummary } from './row-pass.ts'
export type { CustomerRow, KeptRequest, RowVerdict, SpoolRow } from './spool-line.ts'
export { parseSpoolLine, unwrapSpoolLine } from './spool-line.ts'
export type { CutLimits, RowCut } from './spool-reader.ts'
export { SpoolReader } from './spool-reader.ts'

export interface AudienceRequest {
  readonly source: AudienceSource
  /** Read when the source's path is `-`. */
  readonly stdin?: Readable
  readonly rules: AudienceRules
  /** Bad rows become `failed`, `row` in the spool and the pass goes on; else all of them are listed in one error. */
  readonly skipBadRows: boolean
  /** Sees the rows as they pass: their data is not kept. */
  readonly onRow?: RowWatcher
  readonly signal?: AbortSignal
  /** Names a customer who was erased from the run while rows could still come. */
  readonly pseudonymOf?: (customerId: string) => string
}

export interface SpoolRequest extends AudienceRequest {
  /** The run's folder, which exists. */
  readonly folder: string
  /** Told after each chunk how many rows are on disk and can be read (for `--stream`), and waited for; costs a sync a chunk. */
  readonly onRows?: (rows: number) => void | Promise<void>
}

/**
 * Checks every row of an audience and copies it into the run's spool, from the start: what the folder held before is replaced.
 *
 * One pass, at no time more than a chunk in memory besides 8 to 16 bytes a customer id. The spool counts only once it is sealed: a crash before that leaves one that
 * {@link sealedSummary} does not know, and the pass is made again.
 *
 * @throws {ConfigError} HOOKCAST_AUDIENCE_INVALID, with up to 50 bad rows (file and line), or with what is wrong with the source as a whole.
 * @throws {LedgerError} HOOKCAST_STORAGE_FULL or HOOKCAST_LEDGER_UNUSABLE, when the folder cannot be written.
 */
export async function spoolAudience(request: SpoolRequest): Promise<SpoolSummary> {
  await using source = await openSource(request.source, sourceOptions(request))
  using writer = await SpoolWriter.open({ ...request, source: source.identity })
  const summary = await passRows(request, source, writer)
  await writer.seal(summary)
  return summary
}

/** The same pass, writing nothing: what `validate` looks at. */
export async function checkAudience(request: AudienceRequest): Promise<SpoolSummary> {
  await using source = await openSource(request.source, sourceOptions(request))
  return await passRows(request, source, { verbatim() {}, text() {}, settle: async () => {} })
}

/**
 * Goes on with the spool of a streamed run that died: rows that are in it stay, byte for byte, since calls were made from them.
 *
 * A file that is unchanged (size and time) is passed over again from its start, which rebuilds the ids seen, and written from where the spool breaks off. Standard input and
 * a changed file cannot be: the spool is sealed with the rows that it has, and a warning `audience_cut` says so.
 */
export async function continueSpool(request: SpoolRequest): Promise<SpoolSummary> {
  const state = readSpoolState(request.folder)
  if (state === null) return spoolAudience(request)
  if (state.sealed !== null) return state.sealed.summary
  const { generation, erased = [] } = state
  const { position, summary } = recoverSpool(request.folder, { customerId: request.rules.customerId, generation })
  await using source = await reopen(request, state.source)
  using writer = await SpoolWriter.open({ ...request, source: state.source, generation, erased }, position)
  if (position.rows > 0) await writer.settle()
  const whole =
    source === null ? summary : await passRows({ ...request, erased }, source, skipRows(writer, position.rows))
  await writer.seal(whole)
  return whole
}

/** What the pass over a run's audience found; null while its spool is not sealed. */
export function sealedSummary(folder: string): SpoolSummary | null {
  return readSpoolState(folder)?.sealed?.summary ?? null
}

async function passRows(
  request: AudienceRequest & { readonly erased?: readonly string[] },
  source: OpenSource,
  sink: RowSink,
): Promise<SpoolSummary> {
  const { rules, skipBadRows, onRow, signal } = request
  const options = { column: rules.customerId, ...(signal ? { signal } : {}) }
  const excluded = await readExcludedIds(rules.excludeFiles, options)
  const pass = new RowPass({
    file: source.name,
    rules,
    sink,
    skipBadRows,
    excluded,
    onRow,
    erasedAs: erasedAs(request),
  })
  const reader = createReader(request, pass, source.encoding)
  try {
    for await (const chunk of source.chunks) {
      signal?.throwIfAborted()
      reader.push(chunk)
      await sink.settle()
    }
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
  reader.end()
  await sink.settle()
  return pass.end()
}

/** Gives the pseudonym of a customer who was erased from the run, and null for any other. */
function erasedAs({
  pseudonymOf,
  erased = [],
}: Pick<AudienceRequest, 'pseudonymOf'> & { readonly erased?: readonly string[] }): (id: string) => string | null {
  const known = new Set(erased)
  if (pseudonymOf === undefined || known.size === 0) return () => null
  return (id) => {
    const pseudonym = pseudonymOf(id)
    return known.has(pseudonym) ? pseudonym : null
  }
}

function createReader({ source, rules }: AudienceRequest, pass: RowPass, encoding: string): RowReader {
  return source.format === 'ndjson'
    ? new NdjsonRows(pass, rules.columns, encoding)
    : new CsvRows(pass, source, encoding)
}

function sourceOptions({ stdin, signal }: AudienceRequest): SourceOptions {
  return { key: 'audience', ...(stdin ? { stdin } : {}), ...(signal ? { signal } : {}) }
}

/** The source that the spool came from, if it can be read again and is the same. */
async function reopen(request: SpoolRequest, old: SourceIdentity | null): Promise<OpenSource | null> {
  if (old === null) return null
  let source: OpenSource
  try {
    source = await openSource(request.source, sourceOptions(request))
  } catch (error) {
    if (error instanceof ConfigError) return null
    throw error
  }
  const { identity } = source
  const isSame = identity?.path === old.path && identity.size === old.size && identity.modifiedAtMs === old.modifiedAtMs
  if (isSame) return source
  await source[Symbol.asyncDispose]()
  return null
}
