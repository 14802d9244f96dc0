import { LineCutter } from './cut-lines.ts'
import { readChunks, recoverSpool } from './recover-spool.ts'
import { unwrapSpoolLine, formatErased } from './spool-line.ts'
import { readSpoolState, removeOldSpools, spoolFiles, type SpoolState } from './spool-state.ts'
import { SpoolWriter, type WriterOptions } from './spool-writer.ts'

/** A row to erase: what its customer is called from now on, and the column that names it. */
export interface ErasedRow {
  readonly pseudonym: string
  /** Null when only its number names the customer. */
  readonly column: string | null
  /** Its request may have arrived, and nobody has been told. */
  readonly isInDoubt?: boolean
}

/** What is held of a spool, whether it was sealed or broken off. */
export interface SpoolExtent {
  readonly rows: number
  readonly isSealed: boolean
}

/** How many whole rows a spool has; null without one. Nobody may be writing it. */
export function spoolExtent(folder: string): SpoolExtent | null {
  const state = readSpoolState(folder)
  if (state === null) return null
  if (state.sealed !== null) return { rows: state.sealed.rows, isSealed: true }
  const { position } = recoverSpool(folder, { customerId: null, generation: state.generation })
  return { rows: position.rows, isSealed: false }
}

/** Goes over the lines of a spool in order, sealed or not; a line's bytes are gone after `take`. Nobody may be writing it. */
export function eachSpoolLine(folder: string, take: (line: Uint8Array, seq: number) => void): void {
  const state = readSpoolState(folder)
  const extent = spoolExtent(folder)
  if (state === null || extent === null || extent.rows === 0) return
  let seq = 0
  const cutter = new LineCutter(({ bytes, start, end }) => {
    if (seq < extent.rows) take(bytes.subarray(start, end), seq)
    seq++
  })
  readChunks(spoolFiles(folder, state.generation).rows, (chunk) => cutter.push(chunk))
}

/**
 * Erases rows from a spool: what is left of each is a pseudonym in its place, so that positions and numbers stay what they were.
 *
 * The spool is written anew beside the old one, and `spool.json` then says which of them counts: after a crash that is either
 * the old one whole or the new one whole. `pseudonyms` are remembered by a spool that is unsealed, for rows yet to come.
 * Nobody else may be writing the spool; who reads it meanwhile goes on with the old files.
 */
export async function eraseRows(
  folder: string,
  { rows, pseudonyms }: { readonly rows: ReadonlyMap<number, ErasedRow>; readonly pseudonyms: Iterable<string> },
): Promise<void> {
  const state = readSpoolState(folder)
  if (state === null) return
  removeOldSpools(folder, state)
  const erased = state.sealed === null ? [...new Set([...(state.erased ?? []), ...pseudonyms])] : state.erased
  if (rows.size === 0 && erased?.length === state.erased?.length) return
  const next = { source: state.source, generation: (state.generation ?? 0) + 1, erased }
  await writeErased(folder, { state, rows, next })
  removeOldSpools(folder, readSpoolState(folder)!)
}

async function writeErased(
  folder: string,
  {
    state,
    rows,
    next,
  }: {
    readonly state: SpoolState
    readonly rows: ReadonlyMap<number, ErasedRow>
    readonly next: Omit<WriterOptions, 'folder'>
  },
): Promise<void> {
  using writer = SpoolWriter.openBeside({ folder, ...next })
  const wanted = spoolExtent(folder)?.rows ?? 0
  const cutter = new LineCutter((line) => {
    if (writer.rows >= wanted) return
    const row = rows.get(writer.rows)
    if (row === undefined) return writer.verbatim(line)
    const { number, kept } = unwrapSpoolLine(line.bytes.subarray(line.start, line.end))
    writer.text(formatErased({ ...row, number: number ?? writer.rows + 1, kept }))
  })
  readChunks(spoolFiles(folder, state.generation).rows, (chunk) => {
    cutter.push(chunk)
    writer.endChunk()
  })
  if (state.sealed === null) await writer.putUnsealed()
  else await writer.seal(state.sealed.summary)
}
