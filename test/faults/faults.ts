import { parseArgs } from 'node:util'
import { makeFault, type FaultResult } from './make-fault.ts'
import { FAULTS } from './rows/rows.ts'
import { writeTable } from './write-table.ts'

const USAGE = 'npm run faults -- [--only F1,F2] [--seed N] [--short] [--write]'
const DEFAULT_SEED = 20_261_122
/** The whole matrix takes no longer: what has not begun by then is told as not run, what goes on as broken. */
const LIMIT_MS = 20 * 60_000
const ROW_LIMIT_MS = 5 * 60_000

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string', default: String(DEFAULT_SEED) },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
})
const wanted = values.only?.split(',') ?? FAULTS.map(({ id }) => id)
const unknown = wanted.filter((id) => !FAULTS.some((fault) => fault.id === id))
const seed = Number(values.seed)
if (unknown.length > 0 || !Number.isSafeInteger(seed)) {
  console.error(`expected rows of the matrix and a whole number, got ${[...unknown, values.seed].join(', ')}: ${USAGE}`)
  process.exit(2)
}

const say = (text: string): void => console.error(`  ${text}`)
const startedAt = Date.now()
const results: FaultResult[] = []
for (const fault of FAULTS) {
  if (!wanted.includes(fault.id) || (values.short && fault.shortRounds === 0)) continue
  console.error(`${fault.id}: ${fault.name}`)
  const leftMs = LIMIT_MS - (Date.now() - startedAt)
  const limitMs = Math.min(leftMs, ROW_LIMIT_MS)
  const late = { fault, rounds: 0, seed, seconds: 0, held: [], error: null, obstacle: 'the 20 minutes were over' }
  const result: FaultResult = leftMs <= 0 ? late : await makeFault(fault, { seed, isShort: values.short, say, limitMs })
  results.push(result)
  if (result.error !== null) console.error(result.error.stack ?? result.error.message)
  console.log(lineOf(result))
  // After each: whatever becomes of the next, what was found is written.
  if (values.write) writeTable(results)
}
const broken = results.filter(({ error }) => error !== null).length
const notRun = results.filter(({ obstacle }) => obstacle !== null).length
const minutes = ((Date.now() - startedAt) / 60_000).toFixed(1)
console.log(
  `${results.length - broken - notRun} held, ${broken} broken, ${notRun} not run, in ${minutes} minutes (seed ${seed})`,
)
process.exitCode = broken > 0 || (notRun > 0 && process.env['CI'] === 'true') ? 1 : 0

function lineOf({ fault, rounds, held, seed, seconds, error, obstacle }: FaultResult): string {
  const words = obstacle === null ? (error === null ? 'held' : 'BROKEN') : `not run: ${obstacle}`
  const cells = [
    fault.id.padEnd(4),
    fault.name.slice(0, 60).padEnd(60),
    String(rounds).padStart(4),
    held.join(' ').padEnd(40),
  ]
  return [...cells, String(seed), `${seconds.toFixed(1)} s`, words].join('  ')
}
