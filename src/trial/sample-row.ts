import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { customerIdOf, parseSpoolLine, spoolAudience, SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'

/** Which customer is wanted: by the place in the audience, counted from 1, or by name. */
export type Wanted = { readonly row: number } | { readonly customerId: string }

export interface SampleRow {
  readonly seq: number
  /** As a sender gets it. */
  readonly line: string
  /** The rows of its batch; null when it is sent by itself. */
  readonly batch: { readonly seq: number; readonly lines: readonly string[] } | null
}

/**
 * Finds one customer in an audience and reads no further; null when there is none.
 *
 * Rows are read as a run reads them, into a spool that is thrown away: what is found is what would be sent.
 *
 * @throws {ConfigError} HOOKCAST_AUDIENCE_INVALID, when the source as a whole cannot be read.
 */
export async function findSampleRow(
  campaign: Campaign,
  wanted: Wanted,
  { stdin, signal }: { readonly stdin: Readable; readonly signal: AbortSignal },
): Promise<SampleRow | null> {
  const folder = mkdtempSync(join(tmpdir(), 'hookcast-trial-'))
  const found = new AbortController()
  const { audience: source, ...rules } = campaign
  let sample: SampleRow | null = null
  let seen = 0
  try {
    const look = (rows: number, isLast = false): void => {
      if (sample !== null) return
      using reader = SpoolReader.open(folder)
      reader.grow(rows)
      const picked = pick(reader, seen, { wanted, campaign, isLast })
      if (picked === 'unfinished') return
      sample = picked
      seen = rows
      if (sample !== null) found.abort()
    }
    const { rows } = await spoolAudience({
      source,
      rules,
      stdin,
      folder,
      skipBadRows: true,
      onRows: look,
      signal: AbortSignal.any([signal, found.signal]),
    })
    look(rows, true)
  } catch (error) {
    if (!found.signal.aborted || signal.aborted) throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return sample
}

function pick(
  reader: SpoolReader,
  firstSeq: number,
  { wanted, campaign, isLast }: { readonly wanted: Wanted; readonly campaign: Campaign; readonly isLast: boolean },
): SampleRow | 'unfinished' | null {
  if ('row' in wanted) {
    const seq = wanted.row - 1
    if (seq >= reader.rows) return null
    return withBatch({ seq, line: textOf(reader.pick([seq]).lines.subarray(0, -1)) }, reader, { campaign, isLast })
  }
  for (const { seq, line } of reader.scan(firstSeq)) {
    const { row, number } = parseSpoolLine(line)
    const customerId = customerIdOf(row ?? {}, { column: campaign.customerId, rowNumber: number ?? seq + 1 })
    if (customerId === wanted.customerId) return withBatch({ seq, line: textOf(line) }, reader, { campaign, isLast })
  }
  return null
}

/** Along with the other rows of its batch; `unfinished` when they are not all read yet. */
function withBatch(
  row: Pick<SampleRow, 'seq' | 'line'>,
  reader: SpoolReader,
  { campaign, isLast }: { readonly campaign: Campaign; readonly isLast: boolean },
): SampleRow | 'unfinished' {
  const { chunkSize, webhook } = campaign
  if (webhook.batch === null) return { ...row, batch: null }
  const { size } = webhook.batch
  const chunkStart = chunkSize === null ? 0 : row.seq - (row.seq % chunkSize)
  const first = row.seq - ((row.seq - chunkStart) % size)
  const end = Math.min(first + size, chunkSize === null ? Number.POSITIVE_INFINITY : chunkStart + chunkSize)
  if (end > reader.rows && !isLast) return 'unfinished'
  const lines = textOf(reader.cut(first, { maxRows: end - first }).lines).split('\n')
  return { ...row, batch: { seq: first, lines: lines.slice(0, -1) } }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
