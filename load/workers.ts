/**
 * A run over Redis with one worker against the same run with processes of its own: what the way through Redis costs.
 *
 * Loopback only, bounded in count and time, one thing at a time.
 */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { writeAudience } from './bench/audience.ts'
import { CREDENTIALS, writeCampaign } from './bench/campaign.ts'
import { readConditions } from './bench/conditions.ts'
import { measureDeath, tellDeath, type CoordinatorDeath } from './bench/coordinator-death.ts'
import { median } from './bench/median.ts'
import { placeFindings } from './bench/place-findings.ts'
import { readCpuTimes } from './bench/process-figures.ts'
import { buildProgram } from './bench/program.ts'
import { startReceiver } from './bench/receiver.ts'
import { startRedis } from './bench/redis.ts'

const HELP = `npm run load:workers [-- flags]

  --customers 200000   in each run
  --rounds 3           interleaved; none is begun that would not be over within 150 s
  --concurrency 200    requests in flight
  --senders N          sender processes on either side (default: one a core)
  --no-write           print only; leave load/README.md and docs/scaling.md as they are
`
const { values } = parseArgs({
  allowNegative: true,
  options: {
    help: { type: 'boolean', default: false },
    customers: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '200' },
    senders: { type: 'string', default: String(availableParallelism()) },
    write: { type: 'boolean', default: true },
  },
})
/** Commands are counted over so many: Redis tells each of them to whoever asks, which takes time. */
const COUNTED = 20_000
const LIMIT_MS = 60_000
const ROUNDS_MS = 150_000

interface Sample {
  readonly perSecond: number
  /** µs a customer, by process. */
  readonly cpu: Readonly<Record<string, number>>
  readonly bytesIn: number
  readonly bytesOut: number
}

interface Pages {
  readonly measured: string
  readonly follows: string
}

async function measure(folder: string): Promise<Pages> {
  const [customers, rounds, concurrency] = [values.customers, values.rounds, values.concurrency].map(Number) as [
    number,
    number,
    number,
  ]
  await using cleanUp = new AsyncDisposableStack()
  const conditions = readConditions(folder)
  const receiver = cleanUp.use(await startReceiver(folder))
  const redis = cleanUp.use(await startRedis(folder))
  const program = buildProgram(folder)
  const env = {
    PATH: process.env['PATH'],
    BENCH_PASSWORD: CREDENTIALS.password,
    HOOKCAST_SECRET_KEY: randomBytes(32).toString('base64'),
  }
  const over = ['--redis', `redis://127.0.0.1:${redis.port}`]
  const worker = spawn(process.execPath, [program, 'worker', ...over, '--senders', values.senders], {
    env,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  cleanUp.defer(async () => {
    const ended = once(worker, 'exit')
    worker.kill('SIGTERM')
    await ended
  })
  await once(worker.stderr, 'data')
  worker.stderr.resume()
  const campaigns = new Map<number, string>()
  for (const count of new Set([customers, COUNTED])) {
    await writeAudience(join(folder, `${count}.ndjson`), count)
    campaigns.set(
      count,
      writeCampaign(folder, `${count}.yaml`, { audience: `${count}.ndjson`, origin: receiver.origin, concurrency }),
    )
  }
  const run = async (count: number, args: readonly string[]): Promise<Sample> => {
    const cpuOf = (pid: number | 'self'): number => {
      const times = readCpuTimes(pid)
      return pid === 'self' ? (times?.childrenMs ?? 0) : (times?.ownMs ?? 0) + (times?.childrenMs ?? 0)
    }
    const look = async () => ({
      command: cpuOf('self'),
      worker: cpuOf(worker.pid!),
      redis: redis.cpuMs() ?? 0,
      ...(await bytesOf(redis.port)),
    })
    const before = await look()
    const data = join(folder, 'data')
    const command = spawn(
      process.execPath,
      [
        program,
        'run',
        campaigns.get(count)!,
        '--data',
        data,
        '--json',
        '--quiet',
        '--senders',
        values.senders,
        ...args,
      ],
      { env, cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS },
    )
    let stdout = ''
    command.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    const [code] = (await once(command, 'close')) as [number]
    if (code !== 0) throw new Error(`expected the run to end with 0, got ${code}: ${stdout}`)
    const report = JSON.parse(stdout) as { duration_ms: number; sent: number }
    rmSync(data, { recursive: true, force: true })
    const after = await look()
    const each = (name: 'command' | 'worker' | 'redis'): number => ((after[name] - before[name]) * 1000) / count
    const sample = {
      perSecond: (count * 1000) / report.duration_ms,
      cpu: { command: each('command'), worker: each('worker'), redis: each('redis') },
      bytesIn: (after.bytesIn - before.bytesIn) / count,
      bytesOut: (after.bytesOut - before.bytesOut) / count,
    }
    console.log(`${args.length > 0 ? 'over Redis' : 'embedded'}: ${Math.round(sample.perSecond)}/s`, sample.cpu)
    return sample
  }
  const embedded: Sample[] = []
  const remote: Sample[] = []
  const startedAt = performance.now()
  for (let round = 0; round < rounds; round++) {
    const spentMs = performance.now() - startedAt
    if (round > 0 && spentMs + spentMs / round > ROUNDS_MS) break
    const turns: [Sample[], readonly string[]][] = [
      [embedded, []],
      [remote, over],
    ]
    for (const [samples, args] of round % 2 === 0 ? turns : turns.toReversed()) samples.push(await run(customers, args))
  }
  const monitor = spawn('redis-cli', ['-p', String(redis.port), 'MONITOR'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let commands = 0
  let rest = ''
  monitor.stdout.setEncoding('latin1').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    // What a script does inside Redis is no command of ours.
    for (const line of lines) if (/^\d+\.\d+ \[\d+ (?!lua\])/.test(line)) commands++
  })
  await once(monitor.stdout, 'data')
  commands = 0
  await run(COUNTED, over)
  monitor.kill()
  const death = await measureDeath({ folder, program, env, over, customers: COUNTED, concurrency })
  console.log('killed and resumed:', death)
  const told = {
    conditions: `${conditions.machine}, ${conditions.versions}, load ${conditions.loadBefore.toFixed(1)} before`,
    customers,
    concurrency,
    embedded,
    remote,
    commands: commands / COUNTED,
    death,
  }
  return { measured: table(told), follows: scaling(told) }
}

async function bytesOf(port: number): Promise<{ bytesIn: number; bytesOut: number }> {
  const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), 'INFO', 'stats'])
  const value = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(stdout)?.[1])
  return { bytesIn: value('total_net_input_bytes'), bytesOut: value('total_net_output_bytes') }
}

interface Told {
  readonly conditions: string
  readonly customers: number
  readonly concurrency: number
  readonly embedded: readonly Sample[]
  readonly remote: readonly Sample[]
  readonly commands: number
  readonly death: CoordinatorDeath
}

const of = (samples: readonly Sample[], figure: (sample: Sample) => number): number => median(samples.map(figure))

function table({ conditions, customers, concurrency, embedded, remote, commands }: Told): string {
  const cpu = (samples: readonly Sample[], name: string): string =>
    of(samples, (sample) => sample.cpu[name] ?? 0).toFixed(1)
  const speeds = [of(embedded, (sample) => sample.perSecond), of(remote, (sample) => sample.perSecond)] as const
  const row = (name: string, samples: readonly Sample[], speed: number): string =>
    `| ${name} | ${Math.round(speed).toLocaleString('en-US')} | ${(speed / speeds[0]).toFixed(2)} | ${cpu(samples, 'command')} | ${cpu(samples, 'worker')} | ${cpu(samples, 'redis')} |`
  return [
    `${customers.toLocaleString('en-US')} customers, ${concurrency} in flight, ${values.senders} senders, median of ${embedded.length} interleaved rounds, ${new Date().toISOString().slice(0, 10)}; ${conditions}.`,
    '',
    '| senders | calls/s | × | CPU µs a customer: `hookcast run` | `hookcast worker` | Redis |',
    '|---|--:|--:|--:|--:|--:|',
    row('processes of the run', embedded, speeds[0]),
    row('one worker, over Redis (AOF everysec)', remote, speeds[1]),
    '',
    `A customer takes ${commands.toFixed(3)} commands of Redis, ${Math.round(of(remote, (sample) => sample.bytesIn))} bytes to it and ${Math.round(of(remote, (sample) => sample.bytesOut))} from it (a row of some 155 bytes).`,
  ].join('\n')
}

/** What one coordinator, a worker and Redis do, and what that makes of 100 workers. */
function scaling({ embedded, remote, commands, death }: Told): string {
  const cpu = (name: string): number => of(remote, (sample) => sample.cpu[name] ?? 0)
  const [own, worker, redis] = [cpu('command'), cpu('worker'), cpu('redis')]
  const [bytesIn, bytesOut] = [of(remote, (sample) => sample.bytesIn), of(remote, (sample) => sample.bytesOut)]
  const perSecond = (micros: number): number => 1e6 / micros
  const round = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en-US')
  const minutes = (customers: number): string => round(customers / perSecond(own) / 60)
  const times = of(remote, (sample) => sample.perSecond) / of(embedded, (sample) => sample.perSecond)
  const cores = perSecond(own) / perSecond(worker)
  return [
    '| A customer takes | | so that one core does |',
    '|---|--:|--:|',
    `| of the coordinator | ${own.toFixed(0)} µs | ${round(perSecond(own))} a second |`,
    `| of a worker | ${worker.toFixed(0)} µs | ${round(perSecond(worker))} a second |`,
    `| of Redis | ${redis.toFixed(1)} µs, ${commands.toFixed(3)} commands, ${bytesIn.toFixed(0)} bytes in and ${bytesOut.toFixed(0)} out | ${round(perSecond(redis))} a second |`,
    '',
    `There, a run over Redis with one worker made ${times.toFixed(2)} × the calls a second of the same run with processes of its own.`,
    '',
    tellDeath(death),
    '',
    `**100 workers of two cores, 50,000,000 customers.** The workers could make ${round(200 * perSecond(worker))} calls a second. The coordinator of one run is done at ${round(perSecond(own))}: it saturates first, with as much as ${cores.toFixed(1)} cores of workers bring, and takes ${minutes(50e6)} minutes; 2,000 in flight, the most that a campaign may have, are enough for that while answers take less than ${round((2000 / perSecond(own)) * 1000)} ms. Redis is at ${round((redis / own) * 100)} % of a core then, with ${round(commands * perSecond(own))} commands and ${round(((bytesIn + bytesOut) * perSecond(own)) / 1e6)} MB a second. On the coordinator's disk lie 8 GB of rows (155 bytes each) and 3 GB of ledger. Coordinators share workers and Redis, so the same audience in eight campaign files of a part each, on eight machines, takes ${minutes(50e6 / 8)} minutes; a single Redis saturates with ${Math.floor(own / redis)} of them, and a Cluster goes further, as every worker and every run has keys of a slot of its own.`,
  ].join('\n')
}

if (values.help) {
  console.log(HELP)
} else {
  const folder = mkdtempSync(join(tmpdir(), 'hookcast-workers-'))
  try {
    const { measured, follows } = await measure(folder)
    console.log(`\n${measured}\n\n${follows}`)
    if (values.write) {
      placeFindings('npm run load:workers', measured)
      placeFindings('npm run load:workers', follows, new URL('../docs/scaling.md', import.meta.url))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
