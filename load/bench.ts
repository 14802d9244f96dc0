/**
 * Measures hookcast against a bare undici loop and against what is written by hand, and what people wait for: `npm run bench`.
 *
 * Loopback only, bounded in count and time, one thing at a time; everything it starts and writes is gone at its end.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { writeAudience } from './bench/audience.ts'
import { measureCeilings } from './bench/ceiling.ts'
import { readConditions, readSourceState } from './bench/conditions.ts'
import { hookcastRun, type Bench, type Contender, type Sample, type Task } from './bench/contender.ts'
import { ControlBench } from './bench/control.ts'
import { drawBars, drawLine } from './bench/picture.ts'
import { Parts, PARTS, type Part } from './bench/parts.ts'
import { buildProgram } from './bench/program.ts'
import { startReceiver } from './bench/receiver.ts'
import { planSections, taskFor, type PlannedSection } from './bench/sections.ts'
import { placeFindings } from './bench/place-findings.ts'
import { cpuParts, formatFindings, speedOf, type Section, type Series } from './bench/table.ts'
import { measureTriggerRates } from './bench/trigger-rates.ts'

const HELP = `npm run bench [-- flags]

  --quick            a tenth of everything: a first impression in three minutes; writes nothing
  --rounds N         interleaved rounds (default 5; quick 1)
  --only A,B         just these parts: ${PARTS.join(', ')}; writes nothing
  --concurrency N    requests in flight (default 200)
  --senders N        sender processes (default: hookcast's own choice)
  --folder DIR       where the data goes meanwhile: a real disk (default: the system's temporary folder)
  --minutes N        it ends after so long (default 20): from the middle on one round has to do for a part that is
                     left, and what is not done then is named as failed
  --no-write         print only; leave load/README.md and the pictures as they are

A part that fails is named on the page, the others are measured all the same; the exit code is 1 then.
`

const FLAT = new URL('bench-growth.svg', import.meta.url)
const CPU = new URL('bench-cpu.svg', import.meta.url)

interface Plan {
  readonly rounds: number
  /** All counts are divided by it. */
  readonly divisor: number
  readonly parts: ReadonlySet<string>
  readonly concurrency: number
  readonly senders: number | null
  readonly folder: string
  readonly minutes: number
  readonly isWritten: boolean
}

function readPlan(): Plan | null {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      help: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      concurrency: { type: 'string', default: '200' },
      senders: { type: 'string' },
      folder: { type: 'string', default: tmpdir() },
      minutes: { type: 'string', default: '20' },
      write: { type: 'boolean', default: true },
    },
  })
  if (values.help) return null
  const parts = values.only?.split(',') ?? [...PARTS]
  const unknown = parts.find((part) => !PARTS.some((known) => known === part))
  if (unknown !== undefined) throw new RangeError(`expected \`--only\` to be of ${PARTS.join(', ')}, got ${unknown}`)
  return {
    rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '5')),
    divisor: values.quick ? 10 : 1,
    parts: new Set(parts),
    concurrency: positive('concurrency', values.concurrency),
    senders: values.senders === undefined ? null : positive('senders', values.senders),
    folder: values.folder,
    minutes: positive('minutes', values.minutes),
    isWritten: values.write && !values.quick && values.only === undefined,
  }
}

function positive(flag: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new RangeError(`expected \`--${flag}\` to be a whole number from 1, got ${text}`)
}

const SIZES = [10_000, 100_000, 1_000_000]

async function main(): Promise<void> {
  const plan = readPlan()
  if (plan === null) return void process.stdout.write(HELP)
  const startedAt = performance.now()
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
  const { concurrency, senders, divisor } = plan
  const program = buildProgram(folder)
  const isOver = outOfTime(plan.minutes * 60_000 - performance.now() + startedAt)
  const signal = AbortSignal.any([stopped.signal, isOver])
  const bench: Bench = { folder, program, concurrency, senders, signal }
  const sizes = SIZES.map((size) => size / divisor)
  for (const size of new Set([...sizes, ...AUDIENCES.map((count) => count / divisor)])) {
    stopped.signal.throwIfAborted()
    await writeAudience(join(folder, `${size}.ndjson`), size)
  }
  const pace: Pace = { rounds: plan.rounds, lateAt: startedAt + plan.minutes * 60_000 * LATE_SHARE }
  const parts = new Parts(plan.parts, { stopped: stopped.signal, isOver })
  const planned = planSections({ bench, receiver, divisor })
  const measured = new Map<PlannedSection, Section>()
  const measureSections = async (...names: readonly Part[]): Promise<void> => {
    for (const each of planned.filter(({ part }) => names.includes(part))) {
      const section = await parts.measure(each.part, () => measureSection(each, bench, pace))
      if (section !== null) measured.set(each, section)
    }
  }
  const control = new ControlBench(bench)
  const most = 1_000_000 / divisor
  // What has to hold comes first: time may run out.
  await measureSections('speed')
  const growth = (await parts.measure('growth', () => measureGrowth(sizes, { bench, receiver, pace }))) ?? []
  const rows = (await parts.measure('control', () => control.measure({ most, rounds: roundsNow(pace) }))) ?? []
  await measureSections('peers')
  const retries = (await parts.measure('retries', () => control.retries(200_000 / divisor))) ?? []
  await measureSections('cost')
  const triggers = (await parts.measure('triggers', () => measureTriggerRates(bench, divisor))) ?? []
  const ceilings = (await parts.measure('ceiling', () => measureCeilings(receiver, { folder, concurrency }))) ?? []
  await measureSections('https', 'batch', 'slow')
  const sections = planned.flatMap((each) => measured.get(each) ?? [])
  const findings = {
    conditions,
    receiver: receiver.name,
    concurrency,
    senders: senders === null ? 'as many senders as hookcast starts by itself' : `${senders} senders`,
    sections,
    growth,
    ceilings,
    control: rows,
    retries,
    triggers,
    failures: parts.failures,
    hasChanged: readSourceState() !== source,
    minutes: (performance.now() - startedAt) / 60_000,
  }
  const text = formatFindings(findings)
  console.log(`\n${text}`)
  if (parts.failures.length > 0) process.exitCode = 1
  if (!plan.isWritten) return
  placeFindings('npm run bench', `${text}\n${PICTURES}`)
  if (growth.length > 0)
    writeFileSync(FLAT, drawLine('Calls a second over the number of customers', growth.map(pointOf)))
  const bars = sections.filter(({ isPictured }) => isPictured).flatMap(({ rows }) => rows)
  const title = 'CPU time, µs a call, by process'
  if (bars.length > 0) writeFileSync(CPU, drawBars(title, ['own process', 'senders', 'Redis'], bars.map(barOf)))
}

const PICTURES = `![CPU time a call by process](bench-cpu.svg)

![Calls a second over the number of customers](bench-growth.svg)
`

const AUDIENCES = [100_000, 200_000, 20_000, 50_000, 4000]

const pointOf = (series: Series): { x: number; y: number } => ({ x: series.customers, y: speedOf(series) })

function barOf(series: Series): { name: string; parts: readonly number[] } {
  const name = series.name.replaceAll(/[*`]/g, '')
  return { name: `${name}, ${series.customers.toLocaleString('en-US')}`, parts: cpuParts(series) }
}

/** From then on one round has to do. */
const LATE_SHARE = 0.5

/** Fires after `ms`, and keeps nobody waiting for it. */
function outOfTime(ms: number): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('out of time')), Math.max(0, ms)).unref()
  return controller.signal
}

interface Pace {
  readonly rounds: number
  /** From then on one round has to do. */
  readonly lateAt: number
}

function roundsNow({ rounds, lateAt }: Pace): number {
  return performance.now() > lateAt ? 1 : rounds
}

/** Round by round, so that whatever happens on the machine meanwhile happens to all. */
async function measureSection(planned: PlannedSection, bench: Bench, pace: Pace): Promise<Section> {
  await using opened = await planned.open()
  const { mostRounds = pace.rounds } = planned
  const rows = opened.rows.map(({ contender, name }) => ({
    name: name ?? contender.name,
    customers: planned.customers,
    samples: [] as Sample[],
  }))
  for (let round = 1; round <= Math.min(mostRounds, Math.max(1, roundsNow(pace))); round++) {
    const turns = opened.rows.map((row, i) => ({ ...row, series: rows[i]! }))
    // The other way round in every second round: none of them always comes after the same one.
    for (const { contender, task, series } of round % 2 === 1 ? turns : turns.toReversed()) {
      series.samples.push(await measureOne(contender, bench, { round, task, name: series.name }))
    }
  }
  const { title, note, isPictured } = planned
  return { title, note, rows, isPictured }
}

/** The largest once: it is long, and what it tells shows at once. */
async function measureGrowth(
  sizes: readonly number[],
  { bench, receiver, pace }: { readonly bench: Bench; readonly receiver: Task['receiver']; readonly pace: Pace },
): Promise<Series[]> {
  const growth = sizes.map((customers) => ({ name: hookcastRun.name, customers, samples: [] as Sample[] }))
  for (let round = 1; round <= roundsNow(pace); round++) {
    for (const series of growth) {
      if (series === growth.at(-1) && round > 1) continue
      const task = taskFor(bench, { customers: series.customers, receiver })
      series.samples.push(await measureOne(hookcastRun, bench, { round, task, name: series.name }))
    }
  }
  return growth
}

async function measureOne(
  { run }: Contender,
  bench: Bench,
  { round, task, name }: { readonly round: number; readonly task: Task; readonly name: string },
): Promise<Sample> {
  bench.signal.throwIfAborted()
  const sample = await run(bench, task)
  const { customers } = task
  const perSecond = Math.round((customers * 1000) / sample.sendingMs)
  const cpu = sample.cpuMs === null ? '' : `, ${((sample.cpuMs * 1000) / customers).toFixed(1)} µs CPU`
  const others = sample.othersShare === null ? '' : `, others ${Math.round(sample.othersShare * 100)} %`
  console.log(`round ${round}: ${name}, ${customers} customers: ${perSecond}/s${cpu}${others}`)
  return sample
}

await main()
