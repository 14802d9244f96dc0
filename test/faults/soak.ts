import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Invariant } from '../support/invariants.ts'
import { createRandom } from '../support/random.ts'
import { makeTrouble, type Trouble, type TroubleCounts } from './trouble.ts'
import { conditions, writeBetween } from './write-table.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '20261122' },
    write: { type: 'boolean', default: false },
  },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed)
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  console.error('expected minutes and a whole number: npm run soak -- [--minutes N] [--seed S] [--write]')
  process.exit(2)
}

/** Runs that go on at once: each has its own receiver, its own faults, and its place in the sequence of seeds. */
const AT_ONCE = Math.max(1, availableParallelism())
const endsAt = Date.now() + minutes * 60_000
const troubles: Trouble[] = []
let next = 0

async function soak(): Promise<void> {
  while (Date.now() < endsAt) {
    const number = next++
    const own = seed + number * 7919
    const folder = mkdtempSync(join(tmpdir(), 'soak-'))
    const trouble = await makeTrouble({ folder, seed: own, random: createRandom(own) })
    troubles.push(trouble)
    const { story, error } = trouble
    console.log(`${number} (seed ${own}): ${story}: ${error === null ? 'held' : `BROKEN, kept ${folder}`}`)
    if (error === null) rmSync(folder, { recursive: true, force: true })
    else console.error(error.stack ?? error.message)
  }
}

await Promise.all(Array.from({ length: AT_ONCE }, soak))
const broken = troubles.filter(({ error }) => error !== null)
const summary = summaryOf(troubles)
console.log(summary)
if (values.write) writeBetween('soak', `${conditions(`seed ${seed}, ${minutes} minutes`)}\n\n${summary}`)
process.exitCode = broken.length > 0 ? 1 : 0

function summaryOf(all: readonly Trouble[]): string {
  const counts: Record<string, number> = {}
  const checked: Partial<Record<Invariant, number>> = {}
  let [customers, requests] = [0, 0]
  for (const trouble of all) {
    customers += trouble.customers
    requests += trouble.requests
    for (const [name, count] of Object.entries(trouble.counts)) counts[name] = (counts[name] ?? 0) + count
    for (const invariant of trouble.held) checked[invariant] = (checked[invariant] ?? 0) + 1
  }
  const number = (count: number): string => count.toLocaleString('en-US')
  const faults = Object.entries(counts satisfies Partial<TroubleCounts>)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${number(count)} ${name}`)
  const broken = all.filter(({ error }) => error !== null)
  return [
    `${number(all.length)} runs, ${number(customers)} customers, ${number(requests)} requests received: ${number(broken.length)} runs broke a promise.`,
    '',
    `Done to them: ${faults.join(', ')}.`,
    '',
    `Checked after each run: ${Object.keys(checked).join(', ')}.`,
    ...broken.map(({ seed: own, error }) => `\nBroken with seed ${own}: ${error!.message.split('\n')[0]}`),
  ].join('\n')
}
