import type { SQLInputValue } from 'node:sqlite'
import type { ResultRow } from './rows.ts'
import { insertResults } from './statements.ts'
import type { Store } from './store.ts'

/** With so many in a statement a row takes 1.8 µs of CPU, alone 3.2 (measured); with more it takes no less. */
const ROWS_AT_ONCE = 32

const MANY = insertResults(ROWS_AT_ONCE)
const ONE = insertResults(1)

/** Final rows that are to be written with the next commit, in their order. */
export class ResultRows {
  readonly #store: Store
  #waiting: SQLInputValue[][] = []

  constructor(store: Store) {
    this.#store = store
  }

  add(row: ResultRow, delivery: number | null): void {
    this.#waiting.push([
      row.chunk,
      row.seq,
      row.customerId,
      row.status,
      row.reason,
      row.attempts,
      row.httpStatus,
      this.#store.textId(row.errorCode),
      this.#store.textId(row.resultCode),
      this.#store.textId(row.resultStatus),
      this.#store.textId(row.message),
      Number(row.isInDoubt),
      row.latencyMs === null ? null : Math.round(row.latencyMs),
      row.occurredAt,
      row.properties,
      delivery,
    ])
    if (this.#waiting.length === ROWS_AT_ONCE) {
      this.#store.run(MANY, ...this.#waiting.flat())
      this.#waiting = []
    }
  }

  flush(): void {
    for (const values of this.#waiting) this.#store.run(ONE, ...values)
    this.#waiting = []
  }

  /** Of a transaction that was undone. */
  forget(): void {
    this.#waiting = []
  }
}
