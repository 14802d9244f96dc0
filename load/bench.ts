/**
 * Measures hookcast against a bare undici loop, and whether a run stays flat with a million customers: `npm run bench`.
 *
 * Loopback only, bounded in count and time, one thing at a time; everything it starts and writes is gone at its end.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeAudience } from './bench/audience.ts'
import { writeCampaign } from './bench/campaign.ts'
import { readConditions, readSourceState } from './bench/conditions.ts'
import { bareLoop, campaignOf, hookcastRun, type Bench, type Contender, type Sample } from './bench/contender.ts'
import { startReceiver } from './bench/receiver.ts'
import { formatFindings, placeFindings, type Series } from './bench/table.ts'

const HELP = `npm run bench [-- flags]

  --quick            fewer customers: a first impression in a minute or two; writes nothing
  --rounds N         interleaved rounds (default 3; quick 2)
  --calls N          calls a round in the comparison (default 200000; quick 30000)
  --customers A,B    sizes to compare, the last one once (default 100000,1000000; quick 10000,100000)
  --concurrency N    requests in flight (default 200)
  --senders N        sender processes (default: as many as cores)
  --folder DIR       where the data goes meanwhile: a real disk (default: the system's temporary folder)
  --no-write         print only; leave load/README.md as it is
`

const README = new URL('README.md', import.meta.url)
const CONTENDERS: readonly Contender[] = [bareLoop, hookcastRun]

interface Plan {
  readonly rounds: number
  readonly calls: number
  /** Ascending. The largest is run once: it is long, and what it tells shows at once. */
  readonly sizes: readonly number[]
  readonly concurrency: number
  readonly senders: number | null
  readonly folder: string
  readonly isWritten: boolean
}

function readPlan(): Plan | null {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      calls: { type: 'string' },
      customers: { type: 'string' },
      concurrency: { type: 'string', default: '200' },
      senders: { type: 'string' },
      folder: { type: 'string', default: tmpdir() },
      write: { type: 'boolean', default: true },
    },
  })
  if (values.help) return null
  const [rounds, calls, customers] = values.quick ? ['2', '30000', '10000,100000'] : ['3', '200000', '100000,1000000']
  return {
    rounds: positive('rounds', values.rounds ?? rounds),
    calls: positive('calls', values.calls ?? calls),
    sizes: (values.customers ?? customers)
      .split(',')
      .map((size) => positive('customers', size))
      .toSorted((a, b) => a - b),
    concurrency: positive('concurrency', values.concurrency),
    senders: values.senders === undefined ? null : positive('senders', values.senders),
    folder: values.folder,
    isWritten: values.write && !values.quick,
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new RangeError(`expected \`--${flag}\` to be a whole number from 1, got ${text}`)
}

async function main(): Promise<void> {
  const plan = readPlan()
  if (plan === null) return void process.stdout.write(HELP)
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stopped.abort(new Error(`Stopped by ${signal}`)))
  }
  await using cleanUp = new AsyncDisposableStack()
  const folder = mkdtempSync(join(plan.folder, 'hookcast-bench-'))
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true }))
  const conditions = readConditions(folder)
  const source = readSourceState()
  const receiver = cleanUp.use(await startReceiver(folder))
  const { concurrency, senders, rounds } = plan
  for (const size of new Set([plan.calls, ...plan.sizes])) {
    stopped.signal.throwIfAborted()
    const audience = `${size}.ndjson`
    await writeAudience(join(folder, audience), size)
    writeCampaign(folder, { name: campaignOf(size), audience, origin: receiver.origin, concurrency })
  }
  const bench: Bench = { folder, receiver, concurrency, senders, signal: stopped.signal }
  const found = await measureAll(plan, bench)
  const findings = formatFindings({ conditions, receiver: receiver.name, concurrency, senders, rounds, ...found })
  console.log(`\n${findings}`)
  if (readSourceState() !== source) throw new Error('The source changed while it was measured: run the benchmark again')
  if (plan.isWritten) writeFileSync(README, placeFindings(readFileSync(README, 'utf8'), findings))
}

/** Round by round, so that whatever happens on the machine meanwhile happens to all. */
async function measureAll(plan: Plan, bench: Bench): Promise<{ speed: Series[]; growth: Series[] }> {
  const speed = CONTENDERS.map(({ name }) => ({ name, customers: plan.calls, samples: [] as Sample[] }))
  const growth = plan.sizes.map((customers) => ({ name: hookcastRun.name, customers, samples: [] as Sample[] }))
  const last = growth.at(-1)
  const middle = Math.ceil(plan.rounds / 2)
  for (let round = 1; round <= plan.rounds; round++) {
    const entries = CONTENDERS.map((contender, i) => ({ contender, series: speed[i] as (typeof speed)[number] }))
    // The other way round in every second round: none of them always comes after the same one.
    for (const { contender, series } of round % 2 === 1 ? entries : entries.toReversed()) {
      series.samples.push(await measureOne(contender, bench, { round, customers: series.customers }))
    }
    for (const series of growth) {
      if (series === last && round !== middle) continue
      series.samples.push(await measureOne(hookcastRun, bench, { round, customers: series.customers }))
    }
  }
  return { speed, growth }
}

async function measureOne(
  { name, run }: Contender,
  bench: Bench,
  { round, customers }: { readonly round: number; readonly customers: number },
): Promise<Sample> {
  const sample = await run(bench, customers)
  const perSecond = Math.round((customers * 1000) / sample.sendingMs)
  const cpu = sample.cpuMs === null ? '' : `, ${((sample.cpuMs * 1000) / customers).toFixed(1)} µs CPU`
  const others = sample.othersShare === null ? '' : `, others ${Math.round(sample.othersShare * 100)} %`
  console.log(`round ${round}: ${name}, ${customers} calls: ${perSecond}/s${cpu}${others}`)
  return sample
}

await main()
