import type { Line } from './cut-lines.ts'
import { LineCutter } from './cut-lines.ts'
import { RowFault } from './fault.ts'
import { findTextFault, lineText } from './line-text.ts'
import { parseJson } from './parse-json.ts'
import { ROW_BYTES_LIMIT, TOO_LONG } from './row-limits.ts'
import type { CustomerRow } from './spool-line.ts'

type OnObject = (object: CustomerRow | RowFault, line: Line) => void

/** Cuts chunks into JSON objects, one a line; blank lines are skipped, and the line is without the white space around it. */
export class JsonLines {
  readonly #onObject: OnObject
  readonly #encoding: string
  readonly #cutter = new LineCutter((line) => this.#take(line))

  constructor(onObject: OnObject, encoding = 'utf-8') {
    this.#onObject = onObject
    this.#encoding = encoding
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
    this.#onObject(this.#read(line), line)
  }

  #read(line: Line): CustomerRow | RowFault {
    const text = lineText(line)
    const fault = findTextFault(line, text, this.#encoding)
    if (fault !== null) return fault
    if (line.end - line.start > ROW_BYTES_LIMIT) return new RowFault(TOO_LONG)
    return parseObject(text)
  }
}

/** Parses one JSON object that may become a customer's data, or says why it may not. */
export function parseObject(text: string): CustomerRow | RowFault {
  const parsed = parseJson(text)
  if (parsed instanceof RowFault) return parsed
  const { value } = parsed
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as CustomerRow
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
