import type { ColumnType } from '../campaign/campaign.ts'
import { isOfType, misfit } from './cell-value.ts'
import type { Line } from './cut-lines.ts'
import { LineCutter } from './cut-lines.ts'
import { RowFault } from './fault.ts'
import { findTextFault, lineText } from './line-text.ts'
import { parseJson } from './parse-json.ts'
import { ROW_BYTES_LIMIT, TOO_LONG } from './row-limits.ts'
import type { RowPass, RowReader } from './row-pass.ts'
import type { CustomerRow } from './spool-line.ts'

/** Reads NDJSON: one JSON object a line; blank lines are skipped, and the row goes to the spool as the very bytes that it was. */
export class NdjsonRows implements RowReader {
  readonly #pass: RowPass
  readonly #encoding: string
  readonly #cutter = new LineCutter((line) => this.#take(line))
  readonly #types: readonly (readonly [string, ColumnType])[]

  constructor(pass: RowPass, types: Readonly<Record<string, ColumnType>>, encoding: string) {
    this.#pass = pass
    this.#encoding = encoding
    this.#types = Object.entries(types)
  }

  push(chunk: Buffer): void {
    this.#cutter.push(chunk)
  }

  end(): void {
    this.#cutter.end()
  }

  #take(line: Line): void {
    trim(line)
    if (line.start === line.end && !line.isTooLong) return
    const row = this.#read(line)
    if (row instanceof RowFault) this.#pass.refuse(row, line.number)
    else this.#pass.take(row, line.number, line)
  }

  #read(line: Line): CustomerRow | RowFault {
    const text = lineText(line)
    const fault = findTextFault(line, text, this.#encoding)
    if (fault !== null) return fault
    if (line.end - line.start > ROW_BYTES_LIMIT) return new RowFault(TOO_LONG)
    const parsed = parseJson(text)
    if (parsed instanceof RowFault) return parsed
    const { value } = parsed
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return notAnObject(value)
    return this.#findMisfit(value as CustomerRow) ?? (value as CustomerRow)
  }

  #findMisfit(row: CustomerRow): RowFault | null {
    for (const [name, type] of this.#types) {
      if (!Object.hasOwn(row, name) || isOfType(row[name], type)) continue
      return new RowFault(misfit(name, type, row[name]))
    }
    return null
  }
}

function notAnObject(value: unknown): RowFault {
  const found = Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`
  return new RowFault(`expected one JSON object on each line, got ${found}`)
}

/** JSON's own white space only (RFC 8259 §2): anything else is part of the text, and wrong. */
function trim(line: Line): void {
  const { bytes } = line
  while (line.start < line.end && isBlank(bytes[line.start])) line.start++
  while (line.end > line.start && isBlank(bytes[line.end - 1])) line.end--
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 13 || byte === 10
}
