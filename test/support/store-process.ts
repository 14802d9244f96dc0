/** Makes two changes, one after the other, in a store, and says what it sees of each: `node store-process.ts <file>`. */
import { argv } from 'node:process'
import { systemClock } from '../../src/clock.ts'
import { HookcastError } from '../../src/errors.ts'
import { GroupStore } from '../../src/ledger/group-store.ts'

const migrations = ['CREATE TABLE change (name TEXT)']
using store = new GroupStore({ path: argv[2]!, clock: systemClock, migrations, name: 'The store' })
const codeOf = (error: unknown): string => (error instanceof HookcastError ? error.code : String(error))

for (const name of ['first', 'second']) {
  const ends: string[] = []
  const committed = store.commit((statements) => statements.run('INSERT INTO change VALUES (?)', name))
  const ended = committed.then(
    () => ends.push('kept'),
    (error: unknown) => ends.push(codeOf(error)),
  )
  const isSeen = (): boolean => store.get('SELECT 1 FROM change WHERE name = ?', name) !== undefined
  while (ends.length === 0 && !isSeen()) await systemClock.sleep(1)
  if (ends.length === 0) {
    console.log(`${name}: seen`)
    const settled = await store.settled().then(() => 'settled', codeOf)
    console.log(`${name}: ${settled}, ${ends.length === 0 ? 'not told' : 'told'}`)
  }
  await ended
  console.log(`${name}: ${ends[0]}`)
}
