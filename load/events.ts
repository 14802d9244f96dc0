/**
 * Event webhooks at a steady rate: accepted over HTTP, delivered, counted against every 202.
 *
 * Sender and receiver are this process, the service is another: two cores are just what the bar is set for.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { readConditions } from './bench/conditions.ts'
import { readCpuTimes, readPeakBytes } from './bench/process-figures.ts'

const HELP = `npm run load:events [-- flags]

  --rate 1000      messages a second
  --seconds 60     how long
  --endpoints 10   each message is for one of them
  --no-write       print only; leave load/README.md as it is
`
const { values } = parseArgs({
  allowNegative: true,
  options: {
    help: { type: 'boolean', default: false },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    endpoints: { type: 'string', default: '10' },
    write: { type: 'boolean', default: true },
  },
})
const TOKEN = 'load-0123456789-0123456789-0123456789'
const BIN = fileURLToPath(new URL('../bin/hookcast.js', import.meta.url))
const PAGE = new URL('README.md', import.meta.url)
const [BEGIN, END] = ['<!-- written by `npm run load:events` -->', '<!-- end of npm run load:events -->']
/** Until everything was delivered; then what is missing is missing. */
const LONGEST_MS = 60_000

const arrived = new Map<string, number>()
const receiver = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  request.resume().once('end', () => {
    const id = String(request.headers['svix-id'])
    if (!arrived.has(id)) arrived.set(id, Date.now())
    response.end('ok')
  })
})

async function measure(folder: string): Promise<string> {
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { port } = receiver.address() as AddressInfo
  const config = `server: { listen: { admin: "127.0.0.1:0" } }\nnetwork: { events: { allow: [127.0.0.1], http: true, ports: [${port}] } }\n`
  writeFileSync(join(folder, 'hookcast.yaml'), config)
  const args = [BIN, 'serve', '--data', join(folder, 'data'), '--config', join(folder, 'hookcast.yaml')]
  const env = { PATH: process.env['PATH'], HOOKCAST_ADMIN_TOKEN: TOKEN }
  const service = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'], cwd: folder })
  try {
    let said = ''
    for await (const text of service.stderr) if ((said += String(text)).includes('listening on')) break
    const [, url = ''] = /listening on (\S+)/.exec(said) ?? []
    if (url === '') throw new Error(`The service did not start: ${said}`)
    return await sendTo(new Pool(url, { connections: 64 }), { port, pid: service.pid! })
  } finally {
    service.kill('SIGKILL')
    receiver.closeAllConnections()
    receiver.close()
  }
}

async function sendTo(pool: Pool, { port, pid }: { readonly port: number; readonly pid: number }): Promise<string> {
  const post = async (path: string, body: object): Promise<{ readonly id: string }> => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
    const answer = await pool.request({ method: 'POST', path: `/api/v1${path}`, headers, body: JSON.stringify(body) })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${text}`)
    return JSON.parse(text) as { id: string }
  }
  const endpoints = Number(values.endpoints)
  await post('/app', { name: 'load', uid: 'load' })
  for (let n = 0; n < endpoints; n++) {
    await post('/app/load/endpoint', { url: `http://127.0.0.1:${port}/${n}`, channels: [`c${n}`] })
  }
  const accepted = new Map<string, number>()
  const waits: number[] = []
  let refused = 0
  const send = async (n: number): Promise<void> => {
    const at = Date.now()
    const payload = { type: 'load', data: { n, text: 'x'.repeat(900) } }
    try {
      const { id } = await post('/app/load/msg', { eventType: 'load', channels: [`c${n % endpoints}`], payload })
      waits.push(Date.now() - at)
      accepted.set(id, Date.now())
    } catch {
      refused++
    }
  }
  for (let n = 0; n < 500; n++) await send(n)
  const [rate, count] = [Number(values.rate), Number(values.rate) * Number(values.seconds)]
  waits.length = 0
  const cpuBefore = readCpuTimes(pid)?.ownMs ?? 0
  const beganAt = Date.now()
  const sending: Promise<void>[] = []
  while (sending.length < count) {
    const due = Math.min(count, Math.floor(((Date.now() - beganAt) * rate) / 1000))
    while (sending.length < due) sending.push(send(sending.length))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(sending)
  const acceptedMs = Date.now() - beganAt
  const missing = (): number => [...accepted.keys()].filter((id) => !arrived.has(id)).length
  while (missing() > 0 && Date.now() - beganAt < acceptedMs + LONGEST_MS) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const deliveredMs = Math.max(...arrived.values()) - beganAt
  const cpuMs = ((readCpuTimes(pid)?.ownMs ?? 0) - cpuBefore) / count
  const ways = [...accepted].flatMap(([id, at]) => (arrived.has(id) ? [Math.max(0, arrived.get(id)! - at)] : []))
  const figures = [
    ['accepted a second', ((count - refused) / acceptedMs) * 1000],
    ['delivered a second', ((count - refused) / deliveredMs) * 1000],
    ['refused', refused],
    ['missing', missing()],
    ['accept p50, ms', quantile(waits, 0.5)],
    ['accept p99, ms', quantile(waits, 0.99)],
    ['from the 202 to its arrival p95, ms', quantile(ways, 0.95)],
    ['CPU of the service a message, ms', cpuMs],
    ['peak memory of the service, MiB', (readPeakBytes(pid) ?? 0) / 1024 ** 2],
  ] as const
  await pool.destroy()
  return [
    `${count} messages of 1 kB at ${rate} a second to ${endpoints} endpoints:`,
    '',
    '| | |',
    '| --- | --: |',
    ...figures.map(([name, value]) => `| ${name} | ${value >= 100 ? Math.round(value) : Number(value.toFixed(2))} |`),
  ].join('\n')
}

function quantile(found: readonly number[], share: number): number {
  const sorted = found.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

if (values.help) console.log(HELP)
else {
  const folder = mkdtempSync(join(tmpdir(), 'load-events-'))
  try {
    const { at, machine, disk, versions, loadBefore } = readConditions(folder)
    const conditions = `${at}: ${machine}; ${disk}; ${versions}; load before ${loadBefore}.`
    const text = `${conditions} ${await measure(folder)}`
    console.log(text)
    if (values.write) {
      const page = readFileSync(PAGE, 'utf8')
      const [from, to] = [page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)]
      writeFileSync(PAGE, `${page.slice(0, from)}\n\n${text}\n\n${page.slice(to)}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
