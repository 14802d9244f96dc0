import { LedgerError } from '../errors.ts'
import { findIdColumn } from './customer-id.ts'
import { readExcludedIds } from './excluded-ids.ts'
import type { IdSet } from './id-set.ts'
import { findRowFault, reasonToLeaveOut } from './judge-row.ts'
import { recoverSpool } from './recover-spool.ts'
import { LINE_BYTES_LIMIT, MESSAGE_LIMIT } from './row-limits.ts'
import type { AudienceRules } from './row-pass.ts'
import { formatEnvelope, type CustomerRow, type RowVerdict } from './spool-line.ts'
import { readSpoolState } from './spool-state.ts'
import { SpoolWriter } from './spool-writer.ts'

/** An event that happened to a customer. */
export interface EventRow {
  readonly id: string
  readonly type: string
  /** Epoch ms: what its age is counted from. */
  readonly occurredAt: number
  readonly customer: CustomerRow
  /** The event's own attributes. */
  readonly event: Readonly<Record<string, unknown>>
}

type Rules = Pick<AudienceRules, 'customerId' | 'consentColumn' | 'excludeFiles'>

/** A spool that grows as events happen: a row is on disk before anybody is told of it. */
export class EventSpool implements Disposable {
  readonly #writer: SpoolWriter
  readonly #rules: Rules
  readonly #excluded: IdSet

  private constructor(writer: SpoolWriter, rules: Rules, excluded: IdSet) {
    this.#writer = writer
    this.#rules = rules
    this.#excluded = excluded
  }

  /**
   * Opens the folder's spool behind its first `rows` rows: what a crash left beyond them was not accepted, and is cut off.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when it has fewer.
   */
  static async open(folder: string, { rows, rules }: { rows: number; rules: Rules }): Promise<EventSpool> {
    const excluded = await readExcludedIds(rules.excludeFiles, { column: rules.customerId })
    const state = readSpoolState(folder)
    const { generation, erased } = state ?? {}
    const { position } = recoverSpool(folder, { customerId: null, generation, rows })
    if (position.rows < rows) {
      const message = `The spool is damaged, ${rows} rows were accepted, ${position.rows} are there: ${folder}`
      throw new LedgerError('HOOKCAST_LEDGER_UNUSABLE', message)
    }
    const writer = await SpoolWriter.open(
      { folder, source: null, generation, erased, onRows: () => undefined },
      position,
    )
    try {
      if (rows > 0) await writer.settle()
      return new EventSpool(writer, rules, excluded)
    } catch (error) {
      writer[Symbol.dispose]()
      throw error
    }
  }

  get rows(): number {
    return this.#writer.rows
  }

  /** Resolves once the rows are on the disk, where they come after all others. */
  async append(rows: readonly EventRow[], now: number): Promise<void> {
    const lines = rows.map((row, i) => this.#lineOf(row, { number: this.rows + i + 1, now }))
    for (const line of lines) this.#writer.text(line)
    await this.#writer.settle()
  }

  /** No more rows come. */
  async seal(): Promise<void> {
    await this.#writer.seal({
      rows: this.rows,
      suppressed: { duplicate: 0, consent: 0, excluded: 0 },
      badRows: 0,
      duplicates: 0,
      customerIdColumn: this.#rules.customerId,
      columns: [],
      warnings: [],
    })
  }

  #lineOf(row: EventRow, { number, now }: { readonly number: number; readonly now: number }): string {
    const { id, type, occurredAt, customer } = row
    // An attribute of the event by such a name is what its sender means by it.
    const seen = { id, type, occurred_at: new Date(occurredAt).toISOString(), ...row.event }
    const event = { occurred_at: occurredAt, accepted_at: now, text: JSON.stringify(seen) }
    const line = formatEnvelope({ row: JSON.stringify(customer), number, verdict: this.#judge(customer), event })
    if (Buffer.byteLength(line) < LINE_BYTES_LIMIT) return line
    throw new RangeError(`expected an event and its customer to be below 1 MiB, got ${Buffer.byteLength(line)} bytes`)
  }

  #judge(customer: CustomerRow): RowVerdict | null {
    const name = findIdColumn(customer, this.#rules.customerId)
    const fault = findRowFault(customer, name, this.#rules)
    if (fault !== null) return { status: 'failed', reason: 'row', message: fault.message.slice(0, MESSAGE_LIMIT) }
    const id = name === null ? null : String(customer[name])
    const { consentColumn } = this.#rules
    const reason = reasonToLeaveOut(customer, id, { excluded: this.#excluded, consentColumn })
    return reason === null ? null : { status: 'suppressed', reason, message: null }
  }

  [Symbol.dispose](): void {
    this.#writer[Symbol.dispose]()
  }
}
