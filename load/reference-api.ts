// `npm run load`: loads the reference API with autocannon over loopback, beside a bare Hono app, and prints a table.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import autocannon from 'autocannon'

const ROOT = join(import.meta.dirname, '..')
const USER = 'load:a-password-for-the-load-test'
const seconds = Number(process.argv[2] ?? 10)
const CONNECTIONS = [10, 50, 200, 1000]

interface Server {
  readonly url: string
  stop(): void
}

async function start(script: string, env: Readonly<Record<string, string>>): Promise<Server> {
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env['PATH'], PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'off', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.on('exit', () => child.kill())
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listening on (http:\/\/\S+)/.exec(line)?.[1]
    if (url !== undefined) return { url, stop: () => void child.kill() }
  }
  throw new Error(`${script} ended before it was listening`)
}

let sequence = 0

function attack(url: string, connections: number): Promise<autocannon.Result> {
  return autocannon({
    url: `${url}/v1/messages`,
    connections,
    duration: seconds,
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(USER).toString('base64')}` },
    requests: [
      {
        method: 'POST',
        path: '/v1/messages',
        // Each request is a customer of its own: a key that came before would be answered from the store.
        setupRequest: (request) => ({
          ...request,
          headers: { ...request.headers, 'idempotency-key': `load-${++sequence}` },
          body: JSON.stringify({ customer_id: `c-${sequence}`, to: '+420777000000', text: 'Hello from the load test' }),
        }),
      },
    ],
  })
}

const servers = [
  ['bare Hono app', await start(join(import.meta.dirname, 'bare-hono.ts'), {})],
  ['reference API', await start(join(ROOT, 'reference-api/src/main.ts'), { API_USERS: USER, QUEUE_LIMIT: '1000000' })],
] as const
console.log(
  `${seconds} s each, POST of about 90 bytes, Basic Auth, a key for each request, client on the same machine\n`,
)
console.log('| server | connections | requests/s | p50 ms | p99 ms | max ms | 2xx | others | errors |')
console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|')
for (const connections of CONNECTIONS) {
  for (const [name, { url }] of servers) {
    const { requests, latency, non2xx, errors, timeouts, ...result } = await attack(url, connections)
    const figures = [
      requests.average.toFixed(0),
      latency.p50,
      latency.p99,
      latency.max,
      result['2xx'],
      non2xx,
      errors + timeouts,
    ]
    console.log(`| ${name} | ${connections} | ${figures.join(' | ')} |`)
  }
}
for (const [, server] of servers) server.stop()
