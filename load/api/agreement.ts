import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { REFERENCE_API, startApi, USER } from './api-process.ts'

const BIN = join(import.meta.dirname, '../../bin/hookcast.js')

/**
 * What the API does to a sender: it says 500, 503 and 429, answers after the sender has given up, breaks
 * connections after the work is done, and drips. Each customer who meets a fault meets it once.
 */
const FAULTS = 'status:500:0.01,status:503:0.004,status:429:0.0002:1,delay:5000:0.001,reset:0.01,drip:0.001,attempts:1'
/** Retries come soon, or the run would wait for five minutes; the rules are those of any run. */
const CAMPAIGN = (url: string): string => `name: agreement
audience: customers.ndjson
webhook:
  url: "${url}/v1/messages"
  body: |
    {"customer_id": "{{ customer.customer_id }}", "to": "{{ customer.phone }}", "text": "Hello {{ customer.name }}"}
  auth: { type: basic, username: ${USER.name}, password: "\${API_PASSWORD}" }
  timeout: 3s
  retry: { delays: [200ms, 500ms, 1s] }
`

/** What both sides wrote down about the same customers. */
export interface Agreement {
  readonly customers: number
  readonly sent: number
  readonly failed: number
  readonly attempts: number
  readonly codes: Readonly<Record<string, number>>
  /** Broken connections that were tried again at once, uncounted. */
  readonly instantRetries: number
  readonly durationMs: number
  /** Customers for whom the ledger and the API's own record say different things. */
  readonly disagreeing: readonly string[]
  /** Customers whom the API worked for more than once. */
  readonly doubled: readonly string[]
}

/**
 * Runs a campaign against the reference API while that misbehaves, and lays both records side by side.
 *
 * Every hundredth customer has a phone number that the API refuses: the ledger has to say so, and the API's record
 * must not know of them.
 */
export async function runAgreement(folder: string, customers: number): Promise<Agreement> {
  const outbox = join(folder, 'outbox.ndjson')
  const results = join(folder, 'results.ndjson')
  await using api = await startApi(REFERENCE_API, { FAULTS, PROVIDER_OUTBOX: outbox })
  writeFileSync(join(folder, 'campaign.yaml'), CAMPAIGN(api.url))
  writeFileSync(join(folder, 'customers.ndjson'), Array.from({ length: customers }, (_, i) => lineOf(i)).join(''))
  const data = ['--data', join(folder, 'data')]
  const report = JSON.parse(
    await hookcast(['run', join(folder, 'campaign.yaml'), '--json', '--quiet', ...data]),
  ) as Report
  await hookcast(['report', report.run_id, '--format', 'ndjson', '--out', results, ...data])
  await api.stop()

  const done = new Map<string, number>()
  for await (const line of linesOf(outbox)) {
    const { customer_id: id } = (JSON.parse(line) as { payload: { customer_id: string } }).payload
    done.set(id, (done.get(id) ?? 0) + 1)
  }
  const doubled = [...done].filter(([, times]) => times > 1).map(([id]) => id)
  const disagreeing: string[] = []
  for await (const line of linesOf(results)) {
    const { customer_id: id, status, reason } = JSON.parse(line) as Result
    const isAgreed = done.has(id) ? status === 'sent' : status === 'failed' && reason === 'refused'
    if (!isAgreed) disagreeing.push(id)
    done.delete(id)
  }
  const { sent, failed, attempts, codes, instant_retries: instantRetries, duration_ms: durationMs } = report
  // Whom the API knows and the ledger does not.
  disagreeing.push(...done.keys())
  return {
    customers: report.customers,
    sent,
    failed,
    attempts,
    codes,
    instantRetries,
    durationMs,
    disagreeing,
    doubled,
  }
}

interface Report {
  readonly run_id: string
  readonly customers: number
  readonly sent: number
  readonly failed: number
  readonly attempts: number
  readonly codes: Readonly<Record<string, number>>
  readonly instant_retries: number
  readonly duration_ms: number
}

interface Result {
  readonly customer_id: string
  readonly status: string
  readonly reason: string | null
}

function lineOf(index: number): string {
  const phone = index % 100 === 7 ? 'unknown' : '+447700900123'
  return `${JSON.stringify({ customer_id: `c-${index}`, phone, name: 'Zoë "Z" O’Hara' })}\n`
}

async function hookcast(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { PATH: process.env['PATH'], API_PASSWORD: USER.password },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  const [code] = (await once(child, 'close')) as [number | null]
  // 1: some customers failed, as they are meant to.
  if (code === 0 || code === 1) return stdout
  throw new Error(`hookcast ${args[0] ?? ''} ended with ${code}`)
}

function linesOf(file: string): AsyncIterable<string> {
  return createInterface({ input: createReadStream(file) })
}
