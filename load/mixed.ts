/**
 * Whether the service stays small: `npm run load:mixed`. One `hookcast serve` for an hour with everything at once, and its
 * memory minute by minute. Bounded in rate and time; what it starts ends with it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { readConditions } from './bench/conditions.ts'
import { median } from './bench/median.ts'
import { placeFindings } from './bench/place-findings.ts'
import { childrenOf, readCpuTimes, readHeldBytes } from './bench/process-figures.ts'
import { Mixture } from './mixed/mixture.ts'
import { Receiver } from './mixed/receiver.ts'
import { Service } from './mixed/service.ts'

const HELP = `npm run load:mixed [-- flags]

  --minutes 60     how long
  --no-write       print only; leave load/README.md as it is
`
const { values } = parseArgs({
  allowNegative: true,
  options: {
    help: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    write: { type: 'boolean', default: true },
  },
})
const minutes = Number(values.minutes)
const SAMPLES_A_MINUTE = 6
/** What the last quarter may take over the second: the first one fills caches and pools. */
const MOST_GROWTH = 1.1
const MIB = 1024 ** 2

/** Of one minute, in bytes: the middle of its samples. */
interface Minute {
  readonly service: number
  /** Of the largest one: there are two for each run that goes on. */
  readonly sender: number
}

async function watch(pid: number): Promise<Minute> {
  const [service, sender]: [number[], number[]] = [[], []]
  for (let n = 0; n < SAMPLES_A_MINUTE; n++) {
    await systemClock.sleep(60_000 / SAMPLES_A_MINUTE)
    service.push(readHeldBytes(pid) ?? NaN)
    sender.push(Math.max(0, ...childrenOf(pid).map((child) => readHeldBytes(child) ?? 0)))
  }
  return { service: median(service), sender: median(sender) }
}

async function main(folder: string): Promise<void> {
  const conditions = readConditions(folder)
  await using receiver = await Receiver.listen()
  await using service = await Service.start(folder, receiver.port)
  const mixture = new Mixture(service, receiver.port)
  await mixture.prepare()
  const mixing = mixture.start()
  const held: Minute[] = []
  while (held.length < minutes && !service.hasEnded) {
    held.push(await watch(service.pid))
    const { service: own, sender } = held.at(-1)!
    console.log(`minute ${held.length}: service ${mib(own)} MiB, largest sender ${mib(sender)} MiB; ${mixture.tell()}`)
  }
  const cpuMs = readCpuTimes(service.pid)?.ownMs ?? NaN
  mixture.stop()
  await mixing
  const quarter = (n: number): readonly Minute[] =>
    held.slice(Math.floor((held.length * n) / 4), Math.ceil((held.length * (n + 1)) / 4))
  const of = (n: number, part: keyof Minute): number => median(quarter(n).map((minute) => minute[part]))
  const row = (name: string, part: keyof Minute): string =>
    `| ${[name, ...[0, 1, 2, 3].map((n) => mib(of(n, part))), (of(3, part) / of(1, part)).toFixed(2)].join(' | ')} |`
  const { at, machine, versions } = conditions
  const findings = [
    `${at}: ${machine}; ${versions}. ${held.length} minutes of everything at once: ${mixture.tell()}; ${receiver.requests.toLocaleString('en-US')} calls received, of which a twentieth was answered 503. CPU of the service: ${((100 * cpuMs) / (held.length * 60_000)).toFixed(0)} % of one core.`,
    '',
    '| memory, MiB | first quarter | second | third | last | last ÷ second |',
    '|---|--:|--:|--:|--:|--:|',
    row('service', 'service'),
    row('its largest sender', 'sender'),
  ].join('\n')
  console.log(`\n${findings}`)
  const isFlat = (['service', 'sender'] as const).every((part) => of(3, part) <= of(1, part) * MOST_GROWTH)
  if (service.hasEnded || mixture.failures > 0 || !isFlat) process.exitCode = 1
  if (values.write) placeFindings('npm run load:mixed', findings)
}

const mib = (bytes: number): string => (bytes / MIB).toFixed(0)

if (values.help) console.log(HELP)
else {
  const folder = mkdtempSync(join(tmpdir(), 'hookcast-mixed-'))
  try {
    await main(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
