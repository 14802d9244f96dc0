/**
 * What is written by hand for the same job: `node peer-loop.ts '{"kind":"p-limit",…}'` prints what it took as one JSON object.
 *
 * `p-limit`: reads the file, renders with nunjucks, calls with undici; nothing of it lasts. `bullmq`: the same with one job a
 * customer, so that it does. `graphile-worker`: the same on PostgreSQL; jobs are fetched and completed in batches.
 */
import { createReadStream, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import nunjucks from 'nunjucks'
import pLimit from 'p-limit'
import { Pool } from 'undici'
import type { Customer } from './audience.ts'
import type { BareLoopResult } from './bare-loop.ts'

export interface PeerLoop {
  readonly kind: 'p-limit' | 'bullmq' | 'graphile-worker'
  readonly origin: string
  readonly connections: number
  readonly authorization: string
  readonly audience: string
  readonly template: string
  /** The store's; empty where there is none. */
  readonly storeUrl: string
}

const AT_ONCE = 1000
const JOBS_FETCHED = 500

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

// Imported by the loop that uses it: the others would pay for loading it.
async function queued(): Promise<void> {
  const { Queue, Worker } = await import('bullmq')
  const connection = { url: loop.storeUrl, maxRetriesPerRequest: null }
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

async function worked(): Promise<void> {
  const { Logger, makeWorkerUtils, run } = await import('graphile-worker')
  const options = { connectionString: loop.storeUrl, logger: new Logger(() => () => undefined) }
  const utils = await makeWorkerUtils(options)
  await utils.migrate()
  let left = 0
  for await (const customers of customersAtOnce()) {
    left += customers.length
    await utils.addJobs(customers.map((payload) => ({ identifier: 'send', payload, maxAttempts: 4 })))
  }
  await utils.release()
  const { promise, resolve } = Promise.withResolvers<void>()
  const batches = { localQueue: { size: JOBS_FETCHED }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  const runner = await run({
    ...options,
    noHandleSignals: true,
    preset: { worker: { ...batches, concurrentJobs: loop.connections } },
    taskList: {
      send: async (customer) => {
        await send(customer as Customer)
        if (--left === 0) resolve()
      },
    },
  })
  await promise
  // Waits until the last batch is written down as completed.
  await runner.stop()
}

const LOOPS = { 'p-limit': limited, bullmq: queued, 'graphile-worker': worked } as const
const startedAt = performance.now()
await LOOPS[loop.kind]()
const durationMs = performance.now() - startedAt
await pool.close()
process.stdout.write(JSON.stringify({ sent, durationMs } satisfies BareLoopResult))
