import { LedgerError } from '../errors.ts'
import { runRowFrom } from './rows.ts'
import type { RunPaths } from './run-folder.ts'
import * as sql from './erasure-statements.ts'
import { selectRun, updateNumbers } from './statements.ts'
import { Store } from './store.ts'

/**
 * A ledger from which customers are erased: their names, words, properties and samples go, and their counts stay.
 *
 * The caller holds the run's lock. `apply` may be repeated after a crash at any point.
 */
export class LedgerErasure implements Disposable {
  readonly #store: Store
  readonly #paths: RunPaths

  constructor(paths: RunPaths) {
    this.#paths = paths
    this.#store = new Store(paths)
    // What is deleted is overwritten at once, and what a rebuild moves aside stays on the disk of temporary files, not in memory.
    this.#store.exec('PRAGMA secure_delete = ON; PRAGMA temp_store = FILE')
  }

  /**
   * Erases the customers at these places (`rows`), who are called by their pseudonyms (`names`) from now on.
   *
   * `redact` gives what is to be left of a text that may speak of them in somebody else's result: it is asked of each.
   */
  apply({
    rows,
    names,
    redact,
  }: {
    readonly rows: ReadonlyMap<number, { readonly pseudonym: string }>
    readonly names: ReadonlyMap<string, string>
    readonly redact: (text: string) => string
  }): void {
    const store = this.#store
    store.commit(() => {
      const chunkOf = this.#chunks()
      const told = new Set<string>()
      for (const [seq, { pseudonym }] of rows) {
        store.run(sql.eraseResult, pseudonym, chunkOf(seq), seq)
        store.run(sql.forgetDigest, seq)
        store.run(sql.eraseWaiting, pseudonym, seq)
        for (const row of store.all(sql.selectSampleBodies, seq)) told.add(String(row['body']))
        store.run(sql.deleteSamples, seq)
      }
      // The same words told of somebody else are nobody's in particular.
      for (const text of told) if (store.get(sql.selectSampleWith, text) !== undefined) told.delete(text)
      for (const row of store.all(sql.selectWaitingNames)) {
        const pseudonym = names.get(String(row['customer_id']))
        if (pseudonym !== undefined) store.run(sql.renameWaiting, pseudonym, Number(row['seq']))
      }
      const columns = store.all(sql.selectTextColumns)
      store.run(
        sql.deleteTextsNotIn(columns.map(({ table, column }) => ({ table: String(table), column: String(column) }))),
      )
      this.#redactTexts(redact)
      this.#redactStops(redact, told)
    })
  }

  /** Who of them may be in a request that has arrived, and nobody was told: asked before `apply`, as nobody works on the run. */
  inDoubt(rows: Iterable<number>): ReadonlySet<number> {
    const chunkOf = this.#chunks()
    return new Set([...rows].filter((seq) => this.#store.get(sql.selectIsInDoubt, chunkOf(seq), seq) !== undefined))
  }

  #chunks(): (seq: number) => number {
    const { chunkSize } = runRowFrom(this.#store.get(selectRun))
    return (seq) => (chunkSize === null ? 0 : Math.floor(seq / chunkSize))
  }

  /** Every text that `apply` would ask about, in pieces. */
  *texts(): Generator<string> {
    for (const { select } of TEXTS) {
      for (const row of this.#store.iterate(select)) yield String(row['text'])
    }
    for (const row of this.#store.all(sql.selectStopTexts)) {
      yield String(row['message'])
      yield* JSON.parse(String(row['samples'])) as string[]
    }
    for (const { message } of runRowFrom(this.#store.get(selectRun)).numbers.warnings) yield message
  }

  #redactTexts(redact: (text: string) => string): void {
    const store = this.#store
    for (const { select, update } of TEXTS) {
      for (let after = 0; ;) {
        const rows = store.all(`${select} WHERE id > ? ORDER BY id LIMIT ${PAGE}`, after)
        if (rows.length === 0) break
        for (const { id, text } of rows) {
          const left = redact(String(text))
          if (left !== text) store.run(update, left, Number(id))
          after = Number(id)
        }
      }
    }
  }

  #redactStops(redact: (text: string) => string, told: ReadonlySet<string>): void {
    const store = this.#store
    for (const row of store.all(sql.selectStopTexts)) {
      const samples = JSON.parse(String(row['samples'])) as string[]
      // A sample begins with what the attempt counted as: "500: …".
      const left = samples.map((text) => (told.has(text.slice(text.indexOf(': ') + 2)) ? ERASED : redact(text)))
      store.run(sql.updateStop, redact(String(row['message'])), JSON.stringify(left), Number(row['id']))
    }
    const { numbers } = runRowFrom(store.get(selectRun))
    const warnings = numbers.warnings.map((warning) => ({ ...warning, message: redact(warning.message) }))
    store.run(updateNumbers, JSON.stringify({ ...numbers, warnings }))
  }

  /**
   * Leaves nothing of what was deleted in the file: pages that were freed or split before hold copies that no statement reaches.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when somebody reads the ledger for so long that its log cannot be cut.
   */
  purge(): void {
    this.#store.exec('VACUUM')
    const { busy } = this.#store.get('PRAGMA wal_checkpoint(TRUNCATE)') ?? {}
    if (busy === 0) return
    const message = `Could not cut the ledger's log while somebody reads it: end that (a long report, a backup) and erase again: ${this.#paths.ledger}`
    throw new LedgerError('HOOKCAST_LEDGER_UNUSABLE', message)
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]()
  }
}

/** What stands in the place of what was erased. */
export const ERASED = '[erased]'

const PAGE = 1000

const TEXTS = [
  { select: sql.selectTexts, update: sql.updateText },
  { select: sql.selectSamples, update: sql.updateSample },
]
