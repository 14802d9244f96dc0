import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { childrenOf } from '../../support/command-line.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { receive, resultsOf } from '../in-process-receiver.ts'

/** The schedule of a campaign, a hundred times as fast. */
const SCHEDULE = 'retry: { delays: [70ms, 450ms, 3s] }'
const NEVER_STOPS = 'abort: { client_error: never, exhausted: never, connection: never, chunks: never }'

/** First attempts broken at every stage of a request, second ones answered. */
async function resetAnywhere(context: FaultContext): Promise<void> {
  const stages = [
    'accept',
    'request',
    'request-end',
    'reset',
    'close',
    'half-headers',
    'half-body',
    'half-chunk',
    'reset-body',
  ] as const
  const size = 40 * context.rounds * stages.length
  const seen = new Set<string>()
  const stageOf = (id: string): (typeof stages)[number] => stages[Number(id.slice(2)) % stages.length]!
  const { receiver, elsewhere } = await receive(context, {
    // Not so many in a row that the receiver is taken for gone.
    onConnection: (n) => (n % 10 === 3 ? 'reset' : 'accept'),
    onHeaders: (path) => {
      const id = path.slice(1)
      const stage = stageOf(id)
      if (Number(id.slice(2)) % 3 !== 0 || seen.has(id) || !stage.startsWith('request')) return 'read'
      seen.add(id)
      return stage === 'request' ? 'reset' : 'close'
    },
    answer: ({ customer, attempt }) => {
      const stage = stageOf(customer ?? '')
      const isHit = attempt === 1 && Number(customer?.slice(2)) % 3 === 0
      return isHit && stage !== 'accept' && !stage.startsWith('request') ? { misbehave: stage as 'reset' } : {}
    },
  })
  const run = await context.run({
    customers: size,
    elsewhere,
    body: `{"customer_id":{{ customer.customer_id }},"more":"${'x'.repeat(50_000)}"}`,
    webhook: `url: "$RECEIVER/{{ customer.customer_id }}"\nconcurrency: 20\n${SCHEDULE}\n${NEVER_STOPS}`,
  })
  const { code, report } = await run.finish()
  assert.deepEqual([code, report['sent'], report['failed']], [0, size, 0])
  const { attempts } = report as { attempts: number }
  assert.ok(attempts > size, `${attempts} attempts of ${size} customers: nothing was broken`)
  assert.ok(receiver.connections > 10)
  context.held(run.check())
}

/** Answers on both sides of the deadline, scaled down, and once at its real 10 s. */
async function answerLate(context: FaultContext): Promise<void> {
  const late = async (timeout: string, delaysMs: readonly number[]): Promise<Map<number, (string | null)[]>> => {
    const { elsewhere } = await receive(context, {
      answer: ({ customer }) => ({ delayMs: Number(customer?.split(' ')[0]) }),
    })
    const customers = delaysMs.flatMap((ms) => [0, 1, 2].map((n) => ({ customer_id: `${ms} ${n}` })))
    const webhook = `timeout: ${timeout}\nretry: { delays: [], on_timeout: false }\n${NEVER_STOPS}`
    const run = await context.run({ customers, elsewhere, webhook })
    await run.finish()
    const ends = new Map<number, (string | null)[]>()
    for (const { customer_id: id, reason, status } of await resultsOf(run)) {
      const ms = Number(id.split(' ')[0])
      ends.set(ms, [...(ends.get(ms) ?? []), status === 'sent' ? 'sent' : reason])
    }
    context.held(run.check({ slackMs: 500 }))
    return ends
  }
  const scaled = await late('1s', [0, 400, 1600, 6000])
  for (const ms of [0, 400]) assert.deepEqual([ms, scaled.get(ms)], [ms, ['sent', 'sent', 'sent']])
  for (const ms of [1600, 6000]) assert.deepEqual([ms, scaled.get(ms)], [ms, ['timeout', 'timeout', 'timeout']])
  const real = await late('10s', [9900, 10_100])
  // A machine that stands still for a tenth of a second may move one of them over.
  assert.ok(real.get(9900)?.includes('sent'), `9.9 s: ${real.get(9900)?.join(', ')}`)
  assert.ok(real.get(10_100)?.includes('timeout'), `10.1 s: ${real.get(10_100)?.join(', ')}`)
}

/** Idle connections are closed just when the next request leaves. */
async function closeIdle(context: FaultContext): Promise<void> {
  const { random, isShort } = context
  // What is a race at 4 s is one at 50 ms: the campaign is paced so that each request meets the end of its connection.
  const paces = isShort
    ? [[20, 40, 60]]
    : [
        [20, 40, 60],
        [14, 60, 85],
        [0.24, 3900, 5100],
      ] // calls a second, from ms, to ms
  const pace = async ([perSecond = 1, fromMs = 0, toMs = 0]: readonly number[]): Promise<void> => {
    const { receiver, elsewhere } = await receive(context, {
      answer: () => ({ lastAfterMs: fromMs + random() * (toMs - fromMs) }),
    })
    const customers = perSecond < 1 ? 12 : 60 * context.rounds
    const rate = perSecond < 1 ? `${Math.round(perSecond * 60)}/m` : `${perSecond}/s`
    const webhook = `concurrency: 1\nrate: ${rate}\n${SCHEDULE}`
    const run = await context.run({ customers, elsewhere, webhook, senders: 1 })
    const { code, report } = await run.finish()
    assert.deepEqual([code, report['sent']], [0, customers])
    const second = Number(report['instant_retries'])
    assert.ok(second <= customers, `${second} instant second tries for ${customers} customers`)
    assert.ok(receiver.connections > 1)
    context.say(`${rate}: ${receiver.connections} connections, ${second} instant second tries`)
    context.held(run.check())
  }
  await Promise.all(paces.map(pace))
}

const HARD_STOPS = [400, 404, 410, 412, 413, 418]

/** Every status there is; those that stop a webhook as the 1st, the 50th and the last answer. */
async function answerEverything(context: FaultContext): Promise<void> {
  await answerEveryStatus(context)
  const hardStops = context.isShort ? [404] : HARD_STOPS
  const chunkStops = context.isShort ? [401] : [401, 403, 422, 451, 301]
  await Promise.all([
    ...hardStops.map((status) => stopWebhookAt(context, status)),
    ...chunkStops.map((status) => stopChunksAt(context, status)),
  ])
}

async function answerEveryStatus(context: FaultContext): Promise<void> {
  const statuses = [...Array.from({ length: 400 }, (_, n) => 200 + n), 999]
  const served = statuses.filter((status) => !HARD_STOPS.includes(status))
  const { elsewhere } = await receive(context, {
    answer: ({ customer }) => {
      const status = Number(customer)
      const isBodiless = status === 204 || status === 205 || status === 304
      return status === 999
        ? { misbehave: 'status-999' }
        : { status, ...(isBodiless ? { body: '' } : {}), isLast: true }
    },
  })
  const run = await context.run({
    customers: served.map((status) => ({ customer_id: String(status) })),
    elsewhere,
    // Each alone in its chunk: what stops a chunk stops nobody else.
    top: 'chunk_size: 1',
    webhook: 'retry: { delays: [70ms], jitter: 0 }\nabort: { exhausted: never, chunks: never }',
  })
  await run.finish()
  const expected = (status: number): readonly [string | null, number] => {
    if (status < 300) return [null, 1]
    if (status < 400) return ['redirect', 1]
    if (status === 429 || (status >= 500 && status < 600)) return ['exhausted', 2]
    return status === 999 ? ['invalid_response', 2] : ['client_error', 1]
  }
  for (const { customer_id: id, reason, attempts } of await resultsOf(run)) {
    assert.deepEqual([id, reason, attempts], [id, ...expected(Number(id))])
  }
  context.held(run.check())
}

/** As the 1st, the 50th and the last answer of a chunk, of three that do not stop each other. */
async function stopChunksAt(context: FaultContext, status: number): Promise<void> {
  const counts = [0, 0, 0]
  const { elsewhere } = await receive(context, {
    answer: ({ customer }) => {
      const chunk = Math.floor(Number(customer?.slice(2)) / CUSTOMERS)
      return counts[chunk]!++ === STOPS_AT[chunk] ? { status, headers: { location: '/' } } : { delayMs: 2 }
    },
  })
  const run = await context.run({
    customers: 3 * CUSTOMERS,
    elsewhere,
    top: `chunk_size: ${CUSTOMERS}`,
    webhook: `concurrency: ${CONCURRENCY}\nabort: { chunks: never }`,
  })
  const { report } = await run.finish()
  assert.deepEqual([status, report['failed']], [status, 3])
  // At most what was in flight then arrives.
  for (const [chunk, count] of counts.entries()) {
    assert.ok(count <= STOPS_AT[chunk]! + 1 + CONCURRENCY, `${status} in chunk ${chunk}: ${count} requests`)
  }
  context.held(run.check())
}

/** The same for what stops all of them. */
async function stopWebhookAt(context: FaultContext, status: number): Promise<void> {
  for (const at of STOPS_AT) {
    const { elsewhere } = await receive(context, { answer: (_request, n) => (n === at ? { status } : { delayMs: 2 }) })
    const run = await context.run({ customers: CUSTOMERS, elsewhere, webhook: `concurrency: ${CONCURRENCY}` })
    const { report } = await run.finish()
    assert.deepEqual([status, report['failed']], [status, 1])
    assert.ok(run.received <= at + 1 + CONCURRENCY, `${status} at ${at}: ${run.received} requests`)
    context.held(run.check())
  }
}

const CUSTOMERS = 300
const CONCURRENCY = 10
const STOPS_AT = [0, 49, CUSTOMERS - 1]

const FAR = 'retry: { delays: [70ms, 100ms], jitter: 0 }'

/** Retry-After as it should be, and as nobody should write it. */
async function askForWaits(context: FaultContext): Promise<void> {
  const soon = new Date(Date.now() + 3000).toUTCString()
  const cases: readonly (readonly [retryAfter: string | null, leastMs: number])[] = [
    [null, 70],
    ['0', 70],
    ['2', 2000],
    [soon, 70],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 70],
    ['soon', 70],
    ['-5', 70],
    ['1e3', 70],
    ['1000000000000', 70],
  ]
  const { receiver, elsewhere } = await receive(context, {
    answer: ({ attempt, customer }) => {
      const [retryAfter = null] = cases[Number(customer?.slice(2))] ?? []
      if (attempt !== 1) return {}
      return retryAfter === null ? { status: 500 } : { status: 429, headers: { 'retry-after': retryAfter } }
    },
  })
  const run = await context.run({ customers: cases.length, elsewhere, webhook: FAR, senders: 1 })
  const { code } = await run.finish()
  assert.deepEqual([code, receiver.count], [0, 2 * cases.length])
  for (const [at, [retryAfter, leastMs]] of cases.entries()) {
    const [first, second] = receiver.requests.filter(({ customer }) => customer === `c-${at}`)
    const waitedMs = second!.at - first!.at
    assert.ok(waitedMs >= leastMs - 5, `Retry-After ${retryAfter}: waited ${waitedMs} ms`)
  }
  context.held(run.check())
  await askForYears(context)
}

/** 31 years are an hour, and nothing is done in it. */
async function askForYears(context: FaultContext): Promise<void> {
  const { receiver, elsewhere } = await receive(context, {
    answer: () => ({ status: 429, headers: { 'retry-after': '999999999' } }),
  })
  const run = await context.run({ customers: 1, elsewhere, webhook: FAR, senders: 1 })
  const command = run.start()
  await receiver.waitFor(1)
  await sleep(1000)
  const before = cpuMsOf(command.pid)
  await sleep(2000)
  const busyMs = cpuMsOf(command.pid) - before
  assert.ok(busyMs < 1000, `${busyMs} ms of CPU in 2 s of waiting`)
  assert.equal(receiver.count, 1)
  command.child.kill('SIGINT')
  const { code, stdout } = await command.finished
  const { waiting, next_retry_at: at } = JSON.parse(stdout) as { waiting: number; next_retry_at: string }
  const inMs = Date.parse(at) - receiver.requests[0]!.at
  assert.deepEqual([code, waiting], [130, 1])
  assert.ok(Math.abs(inMs - 3_600_000) < 60_000, `next retry in ${inMs} ms`)
  context.held(run.check())
}

/** Of a process and the ones it has started. */
function cpuMsOf(pid: number): number {
  const ticks = [pid, ...childrenOf(pid)].map((each) => {
    const fields = readFileSync(`/proc/${each}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return Number(fields[11]) + Number(fields[12])
  })
  return ticks.reduce((sum, each) => sum + each, 0) * 10
}

export const ANSWERS: readonly Fault[] = [
  {
    id: 'F10',
    name: 'connections reset or closed before, in and after a request, and in its answer',
    holds: 'everybody is sent; a second attempt has the key and the bytes of the first',
    rounds: 5,
    shortRounds: 1,
    run: resetAnywhere,
  },
  {
    id: 'F13',
    name: 'answers that take longer and longer, on both sides of the deadline',
    holds: 'those within the deadline count, those after it are timeouts, and none lasts longer',
    rounds: 1,
    shortRounds: 1,
    run: answerLate,
  },
  {
    id: 'F15',
    name: 'idle connections closed by the receiver as the next request leaves',
    holds: 'nobody fails for it; one second try at most',
    rounds: 5,
    shortRounds: 1,
    run: closeIdle,
  },
  {
    id: 'F17',
    name: 'every status from 200 to 599 and 999; codes that stop, as 1st, 50th and last answer',
    holds: 'each means what the table of answers says; after a stop only what was in flight arrives',
    rounds: 1,
    shortRounds: 1,
    run: answerEverything,
  },
  {
    id: 'F18',
    name: 'a 500, and 429s with Retry-After 0, 2, a date, the past, junk, 10^12 and 31 years',
    holds: 'the longer of schedule and Retry-After is waited, at most an hour, without work meanwhile',
    rounds: 1,
    shortRounds: 1,
    run: askForWaits,
  },
]
