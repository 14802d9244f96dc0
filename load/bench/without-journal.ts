/**
 * Preloaded into `hookcast run` to see what the ledger costs: no result is written and nothing is synced. For the
 * benchmark alone, nothing in the program knows of it.
 */
import { DatabaseSync, type StatementSync } from 'node:sqlite'

const { prepare, exec } = DatabaseSync.prototype
const NO_STATEMENT = { run: () => ({ changes: 0, lastInsertRowid: 0 }) } as unknown as StatementSync

DatabaseSync.prototype.prepare = function (this: DatabaseSync, text, ...more) {
  return text.includes('INSERT INTO result') ? NO_STATEMENT : prepare.call(this, text, ...more)
}
DatabaseSync.prototype.exec = function (this: DatabaseSync, text) {
  return exec.call(this, text.replace('synchronous = FULL', 'synchronous = OFF'))
}
