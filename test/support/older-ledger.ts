import { DatabaseSync } from 'node:sqlite'
import { MIGRATIONS } from '../../src/ledger/schema.ts'

/** Takes back what each migration has made, by its number. */
const TAKEN_BACK: Readonly<Record<number, string>> = {
  2: 'DROP TABLE interval',
  3: `DROP TABLE delivery; ALTER TABLE run DROP COLUMN batch_size; ALTER TABLE result DROP COLUMN delivery;
    ALTER TABLE waiting DROP COLUMN count; ALTER TABLE waiting DROP COLUMN customers; ALTER TABLE waiting DROP COLUMN root;
    ALTER TABLE waiting DROP COLUMN path; ALTER TABLE waiting DROP COLUMN is_held; ALTER TABLE waiting DROP COLUMN error_code`,
  4: `ALTER TABLE run DROP COLUMN event_version; ALTER TABLE run DROP COLUMN event_day;
    ALTER TABLE run DROP COLUMN event_position`,
}

/** Makes a ledger what it would be if the version of hookcast that had `schema` had written it. */
export function makeOlder(path: string, schema: number): void {
  using ledger = new DatabaseSync(path)
  for (let version = MIGRATIONS.length; version > schema; version--) ledger.exec(TAKEN_BACK[version]!)
  ledger.exec(`PRAGMA user_version = ${schema}`)
  using asItWas = new DatabaseSync(':memory:')
  for (const migration of MIGRATIONS.slice(0, schema)) asItWas.exec(migration)
  const [own, wanted] = [columnsOf(ledger), columnsOf(asItWas)]
  if (own !== wanted) throw new Error(`expected the tables of schema ${schema}, got ${own}, not ${wanted}`)
}

function columnsOf(database: DatabaseSync): string {
  const select = `
    SELECT tables.name AS "table", columns.name, columns.type, columns."notnull", columns.pk
    FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns
    WHERE tables.type = 'table' ORDER BY tables.name, columns.name`
  return JSON.stringify(database.prepare(select).all())
}
