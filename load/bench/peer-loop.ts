/**
 * What is written by hand for the same job: `node peer-loop.ts '{"kind":"p-limit",…}'` prints what it took as one JSON object.
 *
 * `p-limit`: reads the file, renders with nunjucks, calls with undici; nothing of it lasts. `bullmq`: the same with one job a
 * customer, so that it does.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Queue, Worker } from 'bullmq'
import nunjucks from 'nunjucks'
import pLimit from 'p-limit'
import { Pool } from 'undici'
import type { Customer } from './audience.ts'
import type { BareLoopResult } from './bare-loop.ts'

export interface PeerLoop {
  readonly kind: 'p-limit' | 'bullmq'
  readonly origin: string
  readonly connections: number
  readonly authorization: string
  readonly audience: string
  readonly template: string
  /** Of Redis; 0 where it is not needed. */
  readonly redisPort: number
}

const AT_ONCE = 1000

const loop = JSON.parse(process.argv[2] ?? '{}') as PeerLoop
const pool = new Pool(loop.origin, { connections: loop.connections })
const template = nunjucks.compile(
  readFileSync(loop.template, 'utf8').replaceAll('| tojson', '| dump'),
  nunjucks.configure({ autoescape: false }),
)
const headers = { authorization: loop.authorization, 'content-type': 'application/json' }
let sent = 0

async function send(customer: Customer): Promise<void> {
  const body = template.render({ customer })
  const answer = await pool.request({ path: '/v1/messages', method: 'POST', headers, body })
  await answer.body.dump()
  if (answer.statusCode === 200) sent++
}

async function* customersAtOnce(): AsyncGenerator<Customer[]> {
  let customers: Customer[] = []
  for await (const line of createInterface({ input: createReadStream(loop.audience) })) {
    customers.push(JSON.parse(line) as Customer)
    if (customers.length < AT_ONCE) continue
    yield customers
    customers = []
  }
  if (customers.length > 0) yield customers
}

async function limited(): Promise<void> {
  const limit = pLimit(loop.connections)
  const calls: Promise<void>[] = []
  for await (const customers of customersAtOnce()) {
    calls.push(...customers.map((customer) => limit(send, customer)))
  }
  await Promise.all(calls)
}

async function queued(): Promise<void> {
  const connection = { host: '127.0.0.1', port: loop.redisPort, maxRetriesPerRequest: null }
  const queue = new Queue<Customer>('webhooks', { connection })
  let count = 0
  for await (const customers of customersAtOnce()) {
    count += customers.length
    const opts = { attempts: 4, removeOnComplete: true }
    await queue.addBulk(customers.map((data) => ({ name: 'send', data, opts })))
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  const worker = new Worker<Customer>('webhooks', async ({ data }) => send(data), {
    connection,
    concurrency: loop.connections,
  })
  let left = count
  worker.on('completed', () => --left === 0 && resolve())
  await promise
  await worker.close()
  await queue.close()
}

const startedAt = performance.now()
await (loop.kind === 'bullmq' ? queued() : limited())
const durationMs = performance.now() - startedAt
await pool.close()
process.stdout.write(JSON.stringify({ sent, durationMs } satisfies BareLoopResult))
