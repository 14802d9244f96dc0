import type { ColumnType } from '../campaign/campaign.ts'
import { isOfType, misfit } from './cell-value.ts'
import type { Line } from './cut-lines.ts'
import { RowFault } from './fault.ts'
import { JsonLines } from './json-lines.ts'
import type { RowPass, RowReader } from './row-pass.ts'
import type { CustomerRow } from './spool-line.ts'

/** Reads NDJSON: one JSON object a line; blank lines are skipped, and the row goes to the spool as the very bytes that it was. */
export class NdjsonRows implements RowReader {
  readonly #pass: RowPass
  readonly #lines: JsonLines
  readonly #types: readonly (readonly [string, ColumnType])[]

  constructor(pass: RowPass, types: Readonly<Record<string, ColumnType>>, encoding: string) {
    this.#pass = pass
    this.#lines = new JsonLines((object, line) => this.#take(object, line), encoding)
    this.#types = Object.entries(types)
  }

  push(chunk: Buffer): void {
    this.#lines.push(chunk)
  }

  end(): void {
    this.#lines.end()
  }

  #take(object: CustomerRow | RowFault, line: Line): void {
    const row = object instanceof RowFault ? object : (this.#findMisfit(object) ?? object)
    if (row instanceof RowFault) this.#pass.refuse(row, line.number)
    else this.#pass.take(row, line.number, line)
  }

  #findMisfit(row: CustomerRow): RowFault | null {
    for (const [name, type] of this.#types) {
      if (!Object.hasOwn(row, name) || isOfType(row[name], type)) continue
      return new RowFault(misfit(name, type, row[name]))
    }
    return null
  }
}
