import { extname } from 'node:path'
import { ConfigError, PROBLEM_LIMIT } from '../errors.ts'
import type { Problem } from '../errors.ts'
import { CUSTOMER_ID_COLUMNS, findIdColumn } from './customer-id.ts'
import type { CsvRecord } from './csv-records.ts'
import { CsvRecords } from './csv-records.ts'
import { LineCutter } from './cut-lines.ts'
import { RowFault } from './fault.ts'
import { IdSet } from './id-set.ts'
import { findTextFault, lineText } from './line-text.ts'
import { openSource } from './open-source.ts'
import { parseJson } from './parse-json.ts'
import type { CustomerRow } from './spool-line.ts'

interface ExcludeReader {
  push(chunk: Buffer): void
  end(): void
}

interface ReaderOptions {
  readonly column: string | null
  readonly add: (id: string) => void
  readonly refuse: (line: number, fault: RowFault) => void
}

/**
 * Reads the ids that are left out: `.csv` and `.tsv` by the customer's column (else the first), `.ndjson` by each row's id, anything else one id a line.
 *
 * Whoever is on such a list must not be called, so doubt goes their way: what stands in the first line of a CSV file is excluded
 * too (a list without a header), blanks around ids do not matter, and a line that cannot be read is an error, also with `--skip-bad-rows`.
 *
 * @throws {ConfigError} HOOKCAST_AUDIENCE_INVALID, with every line that cannot be read (up to 50).
 */
export async function readExcludedIds(
  files: readonly string[],
  { column, signal }: { readonly column: string | null; readonly signal?: AbortSignal },
): Promise<IdSet> {
  const ids = new IdSet()
  await readIds(files, { key: 'exclude', column, add: (id) => void ids.add(id), ...(signal ? { signal } : {}) })
  return ids
}

/** Reads lists of ids, blanks around each taken away; see {@link readExcludedIds}. */
export async function readIds(
  files: readonly string[],
  {
    key,
    column,
    add,
    signal,
  }: {
    /** What the files are named by, for messages. */
    readonly key: string
    readonly column: string | null
    readonly add: (id: string) => void
    readonly signal?: AbortSignal
  },
): Promise<void> {
  const problems: Problem[] = []
  for (const file of files) {
    const refuse = (line: number, { column, message }: RowFault): void => {
      problems.push({ file, line, column, message })
    }
    const reader = createReader(file, { column, add: (id) => add(id.trim()), refuse })
    const source = {
      path: file,
      format: 'csv',
      isGzip: file.endsWith('.gz'),
      delimiter: 'auto',
      encoding: 'utf-8',
    } as const
    await using opened = await openSource(source, { key })
    for await (const chunk of opened.chunks) {
      signal?.throwIfAborted()
      reader.push(chunk)
      if (problems.length > PROBLEM_LIMIT) break
    }
    reader.end()
  }
  if (problems.length > 0) throw new ConfigError('HOOKCAST_AUDIENCE_INVALID', problems)
}

function createReader(file: string, options: ReaderOptions): ExcludeReader {
  const name = file.endsWith('.gz') ? file.slice(0, -3) : file
  switch (extname(name).toLowerCase()) {
    case '.csv':
      return csvReader('auto', options)
    case '.tsv':
      return csvReader('\t', options)
    case '.ndjson':
    case '.jsonl':
      return lineReader(options, (text) => idOfJson(text, options.column))
    default:
      return lineReader(options, (text) => text)
  }
}

function csvReader(delimiter: string, { column, add, refuse }: ReaderOptions): ExcludeReader {
  let place: number | null = null
  const onRecord = ({ line, cells }: CsvRecord): void => {
    if (cells instanceof RowFault) return refuse(line, cells)
    place ??= placeOfId(cells, column)
    const id = cells[place]
    if (id === undefined) refuse(line, new RowFault(`expected an id in column ${place + 1}, got ${cells.length} cells`))
    else if (id.trim() !== '') add(id)
  }
  return new CsvRecords({ delimiter, encoding: 'utf-8', onRecord })
}

function placeOfId(header: readonly string[], column: string | null): number {
  const names = header.map((cell) => cell.trim())
  const wanted = column === null ? CUSTOMER_ID_COLUMNS : [column]
  const places = wanted.map((name) => names.indexOf(name))
  return places.find((place) => place !== -1) ?? 0
}

function lineReader(options: ReaderOptions, idOf: (text: string) => string | RowFault): ExcludeReader {
  return new LineCutter((line) => {
    const text = lineText(line)
    const id = findTextFault(line, text, 'utf-8') ?? (text.trim() === '' ? '' : idOf(text))
    if (id instanceof RowFault) options.refuse(line.number, id)
    else if (id.trim() !== '') options.add(id)
  })
}

function idOfJson(text: string, column: string | null): string | RowFault {
  const parsed = parseJson(text)
  if (parsed instanceof RowFault) return parsed
  const { value } = parsed
  if (typeof value === 'string' || typeof value === 'number') return String(value)
  const row = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as CustomerRow) : {}
  const name = findIdColumn(row, column)
  return name === null ? new RowFault('expected a row with a customer id, got none') : String(row[name])
}
