import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { folderError } from '../ledger/folder-error.ts'
import { type RunPaths } from '../ledger/run-folder.ts'
import { openForReading } from '../ledger/store.ts'

type Columns = Record<string, unknown>

/** A run's ledger, opened for reading only: its coordinator may be writing at the same time. */
export class RunReader implements Disposable {
  readonly #database: DatabaseSync
  readonly #paths: RunPaths
  readonly #prepared = new Map<string, StatementSync>()

  /** @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when it is damaged, not there or of a newer schema. */
  constructor(paths: RunPaths) {
    this.#paths = paths
    this.#database = openForReading(paths)
  }

  /** Reads one moment of the run: what happens meanwhile is not seen. Kept short, since the log of changes grows as long. */
  atOnce<T>(read: () => T): T {
    try {
      this.#database.exec('BEGIN')
      try {
        return read()
      } finally {
        this.#database.exec('ROLLBACK')
      }
    } catch (cause) {
      throw folderError(this.#paths.ledger, cause)
    }
  }

  all(text: string, ...values: readonly SQLInputValue[]): Columns[] {
    return this.#statement(text).all(...values)
  }

  /** Rows as lists of values: objects with named columns take five times the memory, which counts for a million rows. */
  lists(text: string, ...values: readonly SQLInputValue[]): unknown[][] {
    const statement = this.#statement(text)
    statement.setReturnArrays(true)
    // The types know of objects only.
    return statement.all(...values) as unknown as unknown[][]
  }

  get(text: string, ...values: readonly SQLInputValue[]): Columns | undefined {
    return this.#statement(text).get(...values)
  }

  count(text: string, ...values: readonly SQLInputValue[]): number {
    return Number(this.get(text, ...values)?.['count'])
  }

  #statement(text: string): StatementSync {
    let statement = this.#prepared.get(text)
    if (statement === undefined) {
      statement = this.#database.prepare(text)
      this.#prepared.set(text, statement)
    }
    return statement
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }
}
