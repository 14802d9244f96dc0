import type { AudienceSource, Trigger } from './campaign.ts'
import type { CampaignContext } from './campaign-context.ts'
import type { AudienceOverride } from './campaign-folder.ts'
import { CAMPAIGN_DEFAULTS as D, type CampaignInput } from './campaign-schema.ts'
import { type KeyPath, shorten } from './key-path.ts'
import type { Repaired } from './shape-problem.ts'

type Input = NonNullable<Repaired<CampaignInput>['audience']>
type Written = Exclude<Input, string>
type Format = AudienceSource['format']

/** Reads where the customers come from: the campaign's own file, or the one that stands in for it in this run. */
export function readAudience(
  context: CampaignContext,
  input: Input | null,
  { override, trigger }: { readonly override: AudienceOverride | null; readonly trigger: Trigger },
): AudienceSource {
  const written = writtenFrom(input)
  const encoding = readEncoding(context, written)
  const other = override?.path ?? null
  const path = other ?? written.file ?? null
  if (path === null) return trigger.kind === 'event' ? NOBODY : reportMissing(context)
  const place = other === null && typeof input === 'object' ? ['audience', 'file'] : ['audience']
  const given = override?.format ?? formatWritten(written, other)
  const format = readFormat(context, { path, place, given })
  if (override === null && format === 'ndjson') refuseCsvKeys(context, written, encoding)
  return {
    path: other !== null || path === '-' ? path : context.pathAt(place, path),
    format,
    isGzip: path.toLowerCase().endsWith('.gz'),
    delimiter: delimiterFor(format, written),
    encoding,
  }
}

function writtenFrom(input: Input | null): Written {
  return typeof input === 'string' ? { file: input } : (input ?? {})
}

/** A format written for the campaign's own file says nothing about another one. */
function formatWritten({ format }: Written, other: string | null): Format | null {
  return other === null ? (format ?? null) : null
}

/** One that is written wrongly has been reported already. */
function reportMissing({ reader }: CampaignContext): AudienceSource {
  if (!reader.isWritten(['audience'])) {
    reader.report(['audience'], 'expected audience to be a file such as "customers.csv", got nothing')
  }
  return NOBODY
}

const NOBODY: AudienceSource = {
  path: '',
  format: 'ndjson',
  isGzip: false,
  delimiter: D.delimiter,
  encoding: D.encoding,
}

function readFormat(
  { reader }: CampaignContext,
  { path, place, given }: { path: string; place: KeyPath; given: Format | null },
): Format {
  if (given !== null) return given
  if (path === '-') return 'ndjson'
  const ending = /\.(csv|tsv|ndjson|jsonl)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase()
  if (ending === undefined) {
    const got = JSON.stringify(shorten(path))
    reader.report(place, `expected audience to end in .csv, .tsv, .ndjson or .jsonl, also with .gz, got ${got}`)
  }
  return ending === 'csv' || ending === 'tsv' ? ending : 'ndjson'
}

function refuseCsvKeys({ reader }: CampaignContext, { delimiter }: Written, encoding: string): void {
  if ((delimiter ?? D.delimiter) !== D.delimiter) {
    reader.report(['audience', 'delimiter'], 'contradicting keys: audience.delimiter and NDJSON, which has none')
  }
  if (encoding !== D.encoding) {
    reader.report(['audience', 'encoding'], 'contradicting keys: audience.encoding and NDJSON, which is always UTF-8')
  }
}

function delimiterFor(format: Format, { delimiter }: Written): string {
  const written = delimiter ?? D.delimiter
  if (format === 'ndjson') return D.delimiter
  if (written === 'tab') return '\t'
  return written === D.delimiter && format === 'tsv' ? '\t' : written
}

function readEncoding({ reader }: CampaignContext, { encoding }: Written): string {
  const label = encoding ?? D.encoding
  try {
    return new TextDecoder(label).encoding
  } catch {
    const got = JSON.stringify(shorten(label))
    reader.report(
      ['audience', 'encoding'],
      `expected audience.encoding to be an encoding such as "windows-1252", got ${got}`,
    )
    return D.encoding
  }
}
