import type { ColumnType, Warning } from '../campaign/campaign.ts'
import type { Problem } from '../errors.ts'
import { ConfigError, PROBLEM_LIMIT } from '../errors.ts'
import { CUSTOMER_ID_COLUMNS, findIdColumn } from './customer-id.ts'
import type { Line } from './cut-lines.ts'
import { sourceFault, type RowFault } from './fault.ts'
import { IdSet } from './id-set.ts'
import { findRowFault, reasonToLeaveOut } from './judge-row.ts'
import { shorten } from './parse-json.ts'
import { MESSAGE_LIMIT } from './row-limits.ts'
import type { CustomerRow, RowVerdict } from './spool-line.ts'
import { formatEnvelope, formatErased } from './spool-line.ts'

/** What the campaign says about its rows. */
export interface AudienceRules {
  readonly columns: Readonly<Record<string, ColumnType>>
  readonly customerId: string | null
  readonly isUnique: boolean
  readonly consentColumn: string | null
  readonly excludeFiles: readonly string[]
  readonly maxCustomers: number | null
}

/** Takes chunks of one format apart and hands the rows to the pass. */
export interface RowReader {
  push(chunk: Buffer): void
  end(): void
}

/** Told of every row, in order, with its 1-based line in the source; null for one that nobody is called for. */
export type RowWatcher = (row: CustomerRow | null, line: number) => void

/** Where rows go, in order: the spool, or nowhere when they are only checked. */
export interface RowSink {
  /** A line as its bytes lie in the source; they are gone after the chunk. */
  verbatim(line: Line): void
  /** A line without its line break. */
  text(line: string): void
  /** The rows of a chunk are complete. */
  settle(): Promise<void>
}

export interface SpoolSummary {
  /** Lines of the spool: every customer row, also the bad and the suppressed ones. */
  readonly rows: number
  readonly suppressed: Readonly<Record<'duplicate' | 'consent' | 'excluded', number>>
  readonly badRows: number
  /** Rows whose customer was named by an earlier row; suppressed only with `unique`. */
  readonly duplicates: number
  /** The column that names customers; null when row numbers do. */
  readonly customerIdColumn: string | null
  /** CSV: the header. NDJSON: the keys of the first 1,000 rows. */
  readonly columns: readonly string[]
  readonly warnings: readonly Warning[]
}

const SAMPLED_ROWS = 1000

/** Judges one row after the other: its id, then whether it is to be left out; collects problems, counts, and passes it on. */
export class RowPass {
  readonly file: string
  readonly #rules: AudienceRules
  readonly #sink: RowSink
  readonly #skipBadRows: boolean
  readonly #excluded: IdSet
  readonly #erasedAs: (id: string) => string | null
  readonly #onRow: RowWatcher | undefined
  readonly #seen = new IdSet()
  readonly #suppressed = { duplicate: 0, consent: 0, excluded: 0 }
  readonly #problems: Problem[] = []
  readonly #columns = new Set<string>()
  #isHeaderKnown = false
  #idColumn: string | null
  #rows = 0
  #badRows = 0
  #duplicates = 0
  #numbered = 0

  constructor(options: {
    file: string
    rules: AudienceRules
    sink: RowSink
    skipBadRows: boolean
    excluded: IdSet
    erasedAs: (id: string) => string | null
    onRow?: RowWatcher | undefined
  }) {
    this.#onRow = options.onRow
    this.file = options.file
    this.#rules = options.rules
    this.#sink = options.sink
    this.#skipBadRows = options.skipBadRows
    this.#excluded = options.excluded
    this.#erasedAs = options.erasedAs
    this.#idColumn = options.rules.customerId
  }

  get rows(): number {
    return this.#rows
  }

  typeOf(column: string): ColumnType {
    return Object.hasOwn(this.#rules.columns, column) ? this.#rules.columns[column]! : 'string'
  }

  /** @throws {ConfigError} when the campaign speaks of a column that is not there. */
  setHeader(names: readonly string[]): void {
    this.#isHeaderKnown = true
    for (const name of names) this.#columns.add(name)
    this.#idColumn ??= CUSTOMER_ID_COLUMNS.find((name) => this.#columns.has(name)) ?? null
    const wanted = [
      ...Object.keys(this.#rules.columns).map((name) => ['columns', name] as const),
      ['customer_id', this.#rules.customerId] as const,
      ['consent.column', this.#rules.consentColumn] as const,
    ]
    for (const [key, name] of wanted) {
      if (name === null || this.#columns.has(name)) continue
      const known = names.slice(0, 20).map(shorten).join(', ')
      throw sourceFault(this.file, `expected \`${key}\` to name a column of the header (${known}), got \`${name}\``, {
        line: 1,
      })
    }
  }

  /** A row that could be read, with its spool line: a text, or where the text lies. */
  take(row: CustomerRow, line: number, text: string | Line): void {
    const name = findIdColumn(row, this.#rules.customerId)
    const id = name === null ? null : String(row[name])
    const fault = findRowFault(row, name, this.#rules)
    if (fault !== null) return this.refuse(fault, line)
    this.#count()
    if (!this.#isHeaderKnown && this.#rows <= SAMPLED_ROWS) this.#sample(row, name)
    const pseudonym = this.#erasedAs(id ?? String(this.#rows))
    if (pseudonym !== null) {
      this.#sink.text(formatErased({ column: name, pseudonym, number: this.#rows }))
      return
    }
    const verdict = this.#judge(row, id)
    this.#onRow?.(verdict === null ? row : null, line)
    if (this.#problems.length > 0) return
    if (verdict === null) this.#pass(text)
    else this.#sink.text(formatEnvelope({ row: textOf(text), number: this.#rows, verdict }))
  }

  /** A row that cannot be used; `row` is what could be read of it, as JSON. */
  refuse(fault: RowFault, line: number, row: string | null = null): void {
    this.#count()
    this.#badRows++
    this.#onRow?.(null, line)
    const { column } = fault
    const message = fault.message.slice(0, MESSAGE_LIMIT)
    if (this.#skipBadRows) {
      const verdict = { status: 'failed', reason: 'row', message: `line ${line}: ${message}` } as const
      this.#sink.text(formatEnvelope({ row, number: this.#rows, verdict }))
    } else if (this.#problems.length < PROBLEM_LIMIT) this.#problems.push({ file: this.file, line, column, message })
  }

  /** @throws {ConfigError} HOOKCAST_AUDIENCE_INVALID, with the first 50 bad rows, unless they are skipped. */
  end(): SpoolSummary {
    if (this.#problems.length > 0) {
      const more = this.#badRows - this.#problems.length
      throw new ConfigError('HOOKCAST_AUDIENCE_INVALID', this.#problems, { more })
    }
    return {
      rows: this.#rows,
      suppressed: { ...this.#suppressed },
      badRows: this.#badRows,
      duplicates: this.#duplicates,
      customerIdColumn: this.#idColumn,
      columns: [...this.#columns],
      warnings: this.#warnings(),
    }
  }

  #count(): void {
    this.#rows++
    const { maxCustomers } = this.#rules
    if (maxCustomers !== null && this.#rows > maxCustomers) {
      throw sourceFault(this.file, `expected at most ${maxCustomers} customers (\`max_customers\`), got more`)
    }
  }

  #judge(row: CustomerRow, id: string | null): RowVerdict | null {
    const isRepeated = id !== null && !this.#seen.add(id)
    if (isRepeated) this.#duplicates++
    if (id === null) this.#numbered++
    const reason = this.#reason(row, id, isRepeated)
    if (reason === null) return null
    this.#suppressed[reason]++
    return { status: 'suppressed', reason, message: null }
  }

  #reason(row: CustomerRow, id: string | null, isRepeated: boolean): 'excluded' | 'consent' | 'duplicate' | null {
    const { consentColumn, isUnique } = this.#rules
    const reason = reasonToLeaveOut(row, id, { excluded: this.#excluded, consentColumn })
    return reason ?? (isRepeated && isUnique ? 'duplicate' : null)
  }

  #sample(row: CustomerRow, idColumn: string | null): void {
    for (const name of Object.keys(row)) if (this.#columns.size < SAMPLED_ROWS) this.#columns.add(name)
    this.#idColumn ??= idColumn
  }

  #pass(text: string | Line): void {
    if (typeof text === 'string') this.#sink.text(text)
    else this.#sink.verbatim(text)
  }

  #warnings(): Warning[] {
    const { consentColumn, isUnique } = this.#rules
    const isNobodyWilling = consentColumn !== null && this.#rows > 0 && this.#suppressed.consent === this.#rows
    const warnings = [
      { code: 'audience_empty', message: 'The audience has no customer', count: this.#rows === 0 ? 1 : 0 },
      {
        code: 'audience_duplicates',
        message:
          'Rows name a customer that an earlier row names; each is sent (`unique: true` suppresses the later ones)',
        count: isUnique ? 0 : this.#duplicates,
      },
      {
        code: 'audience_row_numbers',
        message: 'Customers without an id are named by their row number',
        count: this.#numbered,
      },
      {
        code: 'audience_no_consent',
        message: `Nobody has \`${consentColumn}\` true: every customer is suppressed`,
        count: isNobodyWilling ? this.#rows : 0,
      },
    ]
    return warnings.filter(({ count }) => count > 0)
  }
}

function textOf(text: string | Line): string {
  return typeof text === 'string' ? text : text.bytes.toString('utf8', text.start, text.end)
}
