/**
 * Event webhooks under load: `npm run load:events`. At a steady rate to many endpoints; beside a dead endpoint with a backlog,
 * and without; and what a suspended registration has kept. Bounded in count and time; what it starts ends with it.
 *
 * Sender and receiver are this process, the service is another: two cores are just what the bars are set for.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/clock.ts'
import { readConditions } from './bench/conditions.ts'
import { median } from './bench/median.ts'
import { placeFindings } from './bench/place-findings.ts'
import { startRedis } from './bench/redis.ts'
import type { Backlog } from './events/backlog-process.ts'
import { Receiver } from './events/receiver.ts'
import { quantile, Sender, type Sent } from './events/sender.ts'
import { Service, type Over } from './events/service.ts'
import { Worker } from './events/worker.ts'

const HELP = `npm run load:events [-- flags]

  --only steady,isolation   some parts of it; prints
  --rate 1000               messages a second, at a steady rate
  --seconds 100             how long
  --endpoints 100           each message is for one of them
  --backlog 500000          messages for the dead endpoint
  --workers 1               instead of all that: the steady rate over so many workers, and without; into docs/scaling.md
  --no-write                print only; leave load/README.md as it is
`
const { values } = parseArgs({
  allowNegative: true,
  options: {
    help: { type: 'boolean', default: false },
    only: { type: 'string', default: 'steady,isolation' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '100' },
    endpoints: { type: 'string', default: '100' },
    backlog: { type: 'string', default: '500000' },
    workers: { type: 'string', default: '0' },
    write: { type: 'boolean', default: true },
  },
})
const BACKLOG_PROCESS = fileURLToPath(new URL('./events/backlog-process.ts', import.meta.url))
const PARTS = values.only.split(',')
const [ENDPOINTS, RATE] = [Number(values.endpoints), Number(values.rate)]
/** Of the healthy, beside the dead: half of the steady rate, so that there is room for what the dead one takes. */
const BESIDE = { rate: 500, count: 7500, endpoints: 20 }
const WARM_UP = { rate: 500, count: 1500 }
const ROUNDS = 3
const RESOURCES = 50_000
const DRAIN_MS = 30_000

async function steady(folder: string): Promise<string> {
  using receiver = new Receiver()
  const port = await receiver.listen()
  await using service = await Service.start(join(folder, 'steady'), [port])
  await using sender = new Sender(service.url, receiver)
  await sender.prepare('load', { endpoints: ENDPOINTS, port })
  await sender.send('load', { ...WARM_UP, endpoints: ENDPOINTS })
  const [cpuBefore, writtenBefore] = [service.cpuMs, service.writtenBytes]
  await service.loopDelays()
  const count = RATE * Number(values.seconds)
  const sent = await sender.send('load', { rate: RATE, count, endpoints: ENDPOINTS })
  const delays = await service.loopDelays()
  return section(`${count} messages of 1 kB at ${RATE} a second to ${ENDPOINTS} endpoints`, [
    ['accepted a second', ((count - sent.refused) / sent.acceptedMs) * 1000],
    ['delivered a second', ((count - sent.refused) / sent.deliveredMs) * 1000],
    ['refused', sent.refused],
    ['missing', sent.missing],
    ['accept p50, ms', quantile(sent.acceptWaits, 0.5)],
    ['accept p99, ms', quantile(sent.acceptWaits, 0.99)],
    ['from the 202 to its arrival p95, ms', quantile(sent.ways, 0.95)],
    ['the loop of the service held up p99, ms', delays.p99],
    ['the same at most, ms', delays.max],
    ['CPU of the service a message, ms', (service.cpuMs - cpuBefore) / count],
    ['written to the disk a message, kB', (service.writtenBytes - writtenBefore) / count / 1000],
    ['peak memory of the service, MiB', service.peakBytes / 1024 ** 2],
  ])
}

/** What the way over Redis takes, beside a service that calls by itself. */
async function overWorkers(folder: string, workers: number): Promise<string> {
  const alone = await paceRound(join(folder, 'alone'), { over: null, workers: 0 })
  await using redis = await startRedis(folder)
  const over = { url: redis.url, key: randomBytes(32).toString('base64') }
  const redisBefore = redis.cpuMs() ?? 0
  const spread = await paceRound(join(folder, 'spread'), { over, workers })
  const redisMs = ((redis.cpuMs() ?? 0) - redisBefore) / (spread.sent.count + WARM_UP.count)
  const name = workers === 1 ? 'one worker' : `${workers} workers`
  const count = (value: number): string => String(Math.round(value))
  const fine = (value: number): string => value.toFixed(2)
  const row = (words: string, of: (round: Pace) => string): string => `| ${words} | ${of(alone)} | ${of(spread)} |`
  return [
    `${count(spread.sent.count)} messages of 1 kB at ${RATE} a second to ${ENDPOINTS} endpoints:`,
    '',
    `| | the service by itself | over ${name} |`,
    '|---|--:|--:|',
    row('delivered a second', ({ sent }) => count(((sent.count - sent.refused) / sent.deliveredMs) * 1000)),
    row('refused and missing', ({ sent }) => count(sent.refused + sent.missing)),
    row('from the 202 to its arrival p50, ms', ({ sent }) => fine(quantile(sent.ways, 0.5))),
    row('the same p95, ms', ({ sent }) => fine(quantile(sent.ways, 0.95))),
    row('CPU of the service a message, ms', ({ serviceMs }) => fine(serviceMs)),
    row('CPU of workers a message, ms', ({ workersMs }) => fine(workersMs)),
    `| CPU of Redis a message, ms | 0 | ${fine(redisMs)} |`,
  ].join('\n')
}

interface Pace {
  readonly sent: Sent
  /** CPU a message. */
  readonly serviceMs: number
  readonly workersMs: number
}

async function paceRound(folder: string, { over, workers }: { over: Over | null; workers: number }): Promise<Pace> {
  using receiver = new Receiver()
  const port = await receiver.listen()
  await using cleanUp = new AsyncDisposableStack()
  const service = cleanUp.use(await Service.start(folder, [port], over))
  const all: Worker[] = []
  if (over !== null) while (all.length < workers) all.push(cleanUp.use(await Worker.start(folder, over)))
  const sender = cleanUp.use(new Sender(service.url, receiver))
  await sender.prepare('load', { endpoints: ENDPOINTS, port })
  await sender.send('load', { ...WARM_UP, endpoints: ENDPOINTS })
  const workersCpu = (): number => all.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
  const [serviceBefore, workersBefore] = [service.cpuMs, workersCpu()]
  const count = RATE * Number(values.seconds)
  const sent = await sender.send('load', { rate: RATE, count, endpoints: ENDPOINTS })
  const serviceMs = (service.cpuMs - serviceBefore) / count
  return { sent, serviceMs, workersMs: (workersCpu() - workersBefore) / count }
}

interface Beside {
  readonly sent: Sent
  readonly drained: { readonly ms: number; readonly resources: readonly number[] } | null
}

/** Rounds of the same load without and with the backlog, in turn: what slows the machine down slows both. */
async function isolation(folder: string): Promise<string> {
  using receiver = new Receiver()
  const [port, deadPort] = [await receiver.listen(), await freePort()]
  const messages = Number(values.backlog)
  const backlog: Backlog = {
    dataFolder: join(folder, 'beside', 'data'),
    deadPort,
    messages,
    port,
    resources: RESOURCES,
  }
  const filling = spawn(process.execPath, [BACKLOG_PROCESS, JSON.stringify(backlog)], { stdio: 'inherit' })
  const [code] = (await once(filling, 'close')) as [number | null]
  if (code !== 0) throw new Error(`The backlog could not be made: ${code}`)
  const alone: Sent[] = []
  const beside: Beside[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const ports = [port, deadPort]
    alone.push((await besideRound({ folder: join(folder, 'alone'), ports, receiver, drains: false })).sent)
    beside.push(await besideRound({ folder: join(folder, 'beside'), ports, receiver, drains: round === ROUNDS - 1 }))
  }
  const p95 = (rounds: readonly Sent[]): number => median(rounds.map(({ ways }) => quantile(ways, 0.95)))
  const accept = (rounds: readonly Sent[]): number =>
    median(rounds.map(({ acceptWaits }) => quantile(acceptWaits, 0.95)))
  const withBacklog = beside.map(({ sent }) => sent)
  const drained = beside.flatMap(({ drained }) => drained ?? [])[0]
  const { rate, endpoints } = BESIDE
  const title = `${rate} messages a second to ${endpoints} healthy endpoints, without and with ${messages} messages waiting for a dead one (it refuses connections), ${ROUNDS} rounds of ${BESIDE.count / rate} s each in turn`
  return section(title, [
    ['from the 202 to its arrival p95 without, ms', p95(alone)],
    ['from the 202 to its arrival p95 with, ms', p95(withBacklog)],
    ['with ÷ without', p95(withBacklog) / p95(alone)],
    ['accept p95 without, ms', accept(alone)],
    ['accept p95 with, ms', accept(withBacklog)],
    [
      'refused and missing',
      [...alone, ...withBacklog].reduce((sum, { refused, missing }) => sum + refused + missing, 0),
    ],
    [
      `resources of a suspended registration drained, of ${RESOURCES}`,
      drained?.resources.reduce((sum, n) => sum + n, 0) ?? 0,
    ],
    ['in so many events', drained?.resources.length ?? 0],
    ['from its restart to the last, ms', drained?.ms ?? Number.NaN],
  ])
}

async function besideRound(options: {
  readonly folder: string
  readonly ports: readonly number[]
  readonly receiver: Receiver
  readonly drains: boolean
}): Promise<Beside> {
  const { folder, ports, receiver, drains } = options
  await using service = await Service.start(folder, ports)
  await using sender = new Sender(service.url, receiver)
  await sender.prepare('load', { endpoints: BESIDE.endpoints, port: ports[0]! })
  await sender.send('load', { ...WARM_UP, endpoints: BESIDE.endpoints })
  const sent = await sender.send('load', BESIDE)
  return { sent, drained: drains ? await drain(sender, receiver) : null }
}

/** Everything that a suspended registration has kept, from its restart on. */
async function drain(sender: Sender, receiver: Receiver): Promise<Beside['drained']> {
  const { results } = await sender.ask<{ results: { id: string }[] }>('GET', '/webhooks/v1/registrations')
  const beganAt = performance.now()
  await sender.ask('PUT', `/webhooks/v1/registrations/${results[0]!.id}/restart`)
  const drained = (): number => receiver.resources.reduce((sum, count) => sum + count, 0)
  while (drained() < RESOURCES && performance.now() - beganAt < DRAIN_MS) await systemClock.sleep(5)
  return { ms: performance.now() - beganAt, resources: receiver.resources }
}

function section(title: string, figures: readonly (readonly [name: string, value: number])[]): string {
  const rows = figures.map(
    ([name, value]) => `| ${name} | ${value >= 100 ? Math.round(value) : Number(value.toFixed(2))} |`,
  )
  return [`${title}:`, '', '| | |', '| --- | --: |', ...rows].join('\n')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

if (values.help) console.log(HELP)
else {
  const folder = mkdtempSync(join(tmpdir(), 'load-events-'))
  try {
    const { at, machine, disk, versions, loadBefore } = readConditions(folder)
    const found = [`${at}: ${machine}; ${disk}; ${versions}; load before ${loadBefore}.`]
    const workers = Number(values.workers)
    if (workers > 0) found.push(await overWorkers(folder, workers))
    else if (PARTS.includes('steady')) found.push(await steady(folder))
    if (workers === 0 && PARTS.includes('isolation')) found.push(await isolation(folder))
    const text = found.join('\n\n')
    console.log(text)
    const page = new URL('../docs/scaling.md', import.meta.url)
    if (values.write && workers > 0) placeFindings('npm run load:events -- --workers 1', text, page)
    else if (values.write && PARTS.length === 2) placeFindings('npm run load:events', text)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
