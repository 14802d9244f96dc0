/**
 * Writes into a store until its log has begun anew as often as was said: `node checkpoint-process.ts <file> <times>`.
 *
 * Says `open` once it is, what number was written last once that is kept, and `done`.
 */
import { argv } from 'node:process'
import { systemClock } from '../../src/clock.ts'
import { GroupStore } from '../../src/ledger/group-store.ts'

const ROWS = 2000
const AT_ONCE = 200
const migrations = ['CREATE TABLE change (place INTEGER PRIMARY KEY, number INTEGER, text TEXT)']
const upsert = `
  INSERT INTO change VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET number = excluded.number, text = excluded.text`
const times = Number(argv[3])
using store = new GroupStore({ path: argv[2]!, clock: systemClock, migrations, name: 'The store' })
const pages = (): number => Number(store.get('PRAGMA wal_checkpoint(NOOP)')!['log'])
console.log('open')

for (let [turns, before, number] = [0, 0, 0]; turns < times; before = pages()) {
  const last = number + AT_ONCE
  await store.commit((statements) => {
    while (number < last) statements.run(upsert, ++number % ROWS, number, String(number).padEnd(4000))
  })
  console.log(number)
  if (pages() < before) turns++
}
console.log('done')
