import type { AudienceSource, ColumnType } from '../campaign/campaign.ts'
import { cellValue, misfit } from './cell-value.ts'
import type { CsvRecord } from './csv-records.ts'
import { CsvRecords } from './csv-records.ts'
import { RowFault, sourceFault } from './fault.ts'
import { isForbiddenKey, shorten } from './parse-json.ts'
import { KEY_LIMIT, ROW_BYTES_LIMIT, TOO_LONG } from './row-limits.ts'
import type { RowPass, RowReader } from './row-pass.ts'

interface Column {
  readonly name: string
  readonly type: ColumnType
}

/**
 * Reads CSV and TSV: the first record is the header, every other one a row of typed cells.
 *
 * An empty cell is missing: its key is absent, so that templates see it as undefined. Blanks around header names are dropped, those in cells are data.
 */
export class CsvRows implements RowReader {
  readonly #pass: RowPass
  readonly #records: CsvRecords
  #columns: readonly Column[] | null = null

  constructor(pass: RowPass, source: AudienceSource, encoding: string) {
    this.#pass = pass
    const delimiter = source.format === 'tsv' && source.delimiter === 'auto' ? '\t' : source.delimiter
    this.#records = new CsvRecords({ delimiter, encoding, onRecord: (record) => this.#take(record) })
  }

  push(chunk: Buffer): void {
    this.#records.push(chunk)
  }

  end(): void {
    this.#records.end()
  }

  #take({ line, cells }: CsvRecord): void {
    if (this.#columns === null) {
      if (cells instanceof RowFault) throw sourceFault(this.#pass.file, cells.message, { line })
      this.#columns = this.#columnsOf(readHeader(cells, { file: this.#pass.file, line }))
      return
    }
    if (cells instanceof RowFault) return this.#pass.refuse(cells, line)
    if (cells.length !== this.#columns.length) {
      const expected = `expected ${this.#columns.length} cells as in the header, got ${cells.length}`
      return this.#pass.refuse(new RowFault(expected), line)
    }
    this.#takeRow(this.#columns, cells, line)
  }

  #takeRow(columns: readonly Column[], cells: readonly string[], line: number): void {
    const row: Record<string, unknown> = {}
    const misfits: string[] = []
    for (const [at, { name, type }] of columns.entries()) {
      const cell = cells[at]!
      if (cell === '') continue
      if (type === 'string') row[name] = cell
      else fill({ row, name, type, cell, misfits })
    }
    const text = JSON.stringify(row)
    if (isTooLong(text)) this.#pass.refuse(new RowFault(TOO_LONG), line)
    else if (misfits.length > 0) this.#pass.refuse(new RowFault(misfits.join('; ')), line, text)
    else this.#pass.take(row, line, text)
  }

  #columnsOf(names: readonly string[]): readonly Column[] {
    this.#pass.setHeader(names)
    return names.map((name) => ({ name, type: this.#pass.typeOf(name) }))
  }
}

function fill(cell: {
  row: Record<string, unknown>
  name: string
  type: ColumnType
  cell: string
  misfits: string[]
}): void {
  const value = cellValue(cell.cell, cell.type)
  if (value instanceof RowFault) cell.misfits.push(misfit(cell.name, cell.type, cell.cell))
  else if (value !== undefined) cell.row[cell.name] = value.value
}

function isTooLong(text: string): boolean {
  return text.length * 3 > ROW_BYTES_LIMIT && Buffer.byteLength(text) > ROW_BYTES_LIMIT
}

/** The names of a header record, or what keeps them from being names. */
function readHeader(cells: readonly string[], place: { file: string; line: number }): readonly string[] {
  const names = cells.map((cell) => cell.trim())
  const fault = findHeaderFault(names)
  if (fault !== null) throw sourceFault(place.file, fault, { line: place.line })
  return names
}

function findHeaderFault(names: readonly string[]): string | null {
  if (names.length > KEY_LIMIT) return `expected at most ${KEY_LIMIT} columns, got ${names.length}`
  const places = new Map<string, number>()
  for (const [at, name] of names.entries()) {
    if (name === '') return `expected every column of the header to have a name, got none in column ${at + 1}`
    if (isForbiddenKey(name))
      return `expected column names other than __proto__, constructor and prototype, got ${name}`
    const before = places.get(name)
    if (before !== undefined) {
      return `expected the header to name each column once, got \`${shorten(name)}\` in columns ${before} and ${at + 1}`
    }
    places.set(name, at + 1)
  }
  return null
}
