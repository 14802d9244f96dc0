import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CampaignRun, type CampaignRunSetup } from '../support/campaign-run.ts'
import { createReceiver, type Received, type Receiver, type Reply } from '../support/receiver.ts'
import { RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'

let folder: string
let cleanUp: AsyncDisposableStack
let server: RedisServer
let workers: RemoteWorkers
let receiver: Receiver
let answer: (request: Received, n: number) => Reply

beforeEach(async () => {
  cleanUp = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'workers-'))
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true }))
  server = cleanUp.use(await RedisServer.start({ appendFsync: 'everysec' }))
  answer = () => ({})
  receiver = cleanUp.use(
    await createReceiver({
      answer: (request, n) => answer(request, n),
      customerOf: ({ body }) => /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null,
    }),
  )
  workers = cleanUp.use(new RemoteWorkers(server.url))
})
afterEach(async () => {
  await cleanUp.disposeAsync()
})

async function createRun(setup: Partial<CampaignRunSetup> & Pick<CampaignRunSetup, 'customers'>): Promise<CampaignRun> {
  const journal = () =>
    receiver.requests.map(({ at, key, attempt, customer, body }) => ({ at, key, attempt, customer, digest: body }))
  const elsewhere = { url: receiver.url, journal }
  return cleanUp.use(
    await CampaignRun.create({ webhook: 'concurrency: 20', ...setup, folder: join(folder, 'run'), elsewhere }),
  )
}

const sentOf = ({ report }: { report: Readonly<Record<string, unknown>> }) => [report['state'], report['sent']]

describe('a run over workers', () => {
  test('keeps its ceiling over all of them, and every sender takes part', { timeout: 240_000 }, async () => {
    answer = () => ({ delayMs: 20 })
    await workers.add()
    await workers.add()
    const run = await createRun({ customers: 600 })
    const finished = await run.finish(workers.args, { env: workers.env })
    expect(sentOf(finished)).toEqual(['finished', 600])
    expect(receiver.maxInFlight).toBeLessThanOrEqual(20)
    expect(new Set(receiver.requests.map(({ connection }) => connection)).size).toBeGreaterThan(10)
    run.check({ crashes: 0 })
  })

  const REPLACED = 'repeats nothing while all workers are replaced, one after the other'
  test.each([
    [REPLACED, 'concurrency: 20'],
    [`${REPLACED}, with a rate`, 'concurrency: 20\nrate: 400/s'],
  ])('%s', { timeout: 240_000 }, async (_, webhook) => {
    let isReplaced = false
    answer = () => ({ delayMs: isReplaced ? 0 : 400 })
    await workers.add()
    await workers.add()
    const run = await createRun({ customers: 1000, webhook })
    const command = run.start(workers.args, { env: workers.env })
    for (const worker of workers.all) {
      const received = receiver.count
      expect(await run.until(() => receiver.count >= received + 60, command)).toBe(true)
      await workers.leave(worker)
      await workers.add()
    }
    isReplaced = true
    const { code, stdout } = await command.finished
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ sent: 1000, attempts: 1000, in_doubt: 0 })
    expect(receiver.count).toBe(1000)
    run.check({ crashes: 0 })
  })

  test('stops all of them at an answer that stops the chunk', { timeout: 240_000 }, async () => {
    // From then on each has one call in flight, and no time for another.
    answer = (_, n) => (n === 200 ? { status: 401 } : { delayMs: n < 200 ? 20 : 4000 })
    await workers.add()
    await workers.add()
    const run = await createRun({ customers: 2000 })
    const { code, report } = await run.finish(workers.args, { env: workers.env })
    expect(code).toBe(1)
    expect(report).toMatchObject({ state: 'aborted', failed: 1, pending: 0, waiting: 0 })
    const [{ at }] = report['aborts'] as [{ at: string }]
    expect(receiver.requests.filter((request) => request.at > Date.parse(at)).length).toBeLessThanOrEqual(20)
    expect(receiver.count).toBeLessThanOrEqual(200 + 20)
    run.check({ crashes: 0 })
  })

  test('says again what is due and in no hands', { timeout: 120_000 }, async () => {
    await workers.add()
    const id = (await server.command('HKEYS hookcast:workers')).trim()
    const slices = `hookcast:{w-${id}}:slices`
    // Nobody takes a job, and then all of them are lost on their way.
    await server.command(`HSET ${slices}:meta paused 1`)
    const run = await createRun({ customers: 100, webhook: 'concurrency: 8' })
    const command = run.start(workers.args, { env: workers.env })
    // All at once: what is lent a moment later goes its way.
    const lose = `
      local jobs = redis.call('KEYS', KEYS[1] .. ':*-[0-9]*')
      for _, job in ipairs(jobs) do redis.call('DEL', job) end
      redis.call('DEL', KEYS[1] .. ':wait', KEYS[1] .. ':paused')
      if #jobs > 0 then redis.call('HDEL', KEYS[1] .. ':meta', 'paused') end
      return #jobs`
    const lost = async (): Promise<number> => Number(await server.command(['EVAL', lose, '1', slices]))
    await expect.poll(lost, { timeout: 60_000 }).toBeGreaterThan(0)
    expect(receiver.count).toBe(0)
    const { code, stdout } = await command.finished
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ sent: 100, attempts: 100, in_doubt: 0 })
    run.check({ crashes: 0 })
  })

  test('records what workers had to say while their coordinator was dead', { timeout: 240_000 }, async () => {
    answer = () => ({ delayMs: 300 })
    await workers.add()
    const run = await createRun({ customers: 200 })
    const command = run.start(workers.args, { env: workers.env })
    expect(await run.until(() => receiver.count >= 40, command)).toBe(true)
    command.child.kill('SIGKILL')
    await command.finished
    // Nor does anybody else begin to send what they have in hand.
    const alone = await run.start([], { env: workers.env }).finished
    expect([alone.code, alone.stderr]).toEqual([
      2,
      expect.stringMatching(/expected `--redis` to be given.* over Redis at 127\.0\.0\.1:\d+\./),
    ])
    const finished = await run.finish(workers.args, { env: workers.env })
    expect(sentOf(finished)).toEqual(['finished', 200])
    run.check({ crashes: 1 })
    // Far below the window of a process that died: its senders were alive, and were heard.
    expect(receiver.count).toBeLessThanOrEqual(200 + 20)
  })

  test(
    'leaves no row, name or secret in Redis that can be read, and nothing at all at the end',
    { timeout: 240_000 },
    async () => {
      answer = () => ({ delayMs: 20, body: { success: false, errors: [{ code: 7, description: 'canary-answer' }] } })
      const monitor = spawn('redis-cli', ['-p', String(server.port), 'MONITOR'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let seen = ''
      monitor.stdout.setEncoding('latin1').on('data', (text: string) => (seen += text))
      await once(monitor.stdout, 'data')
      const env = { ...workers.env, PASSWORD: 'canary-password' }
      Object.assign(workers.env, env)
      await workers.add()
      const customers = Array.from({ length: 300 }, (_, i) => ({
        customer_id: `canary-id-${i}`,
        mail: `canary-${i}@example.com`,
      }))
      const run = await createRun({
        customers,
        body: '{"customer_id":"{{ customer.customer_id }}","mail":"{{ customer.mail }}"}',
        webhook: 'concurrency: 20\nauth: { type: basic, username: canary-user, password: "${PASSWORD}" }',
      })
      await run.finish(workers.args, { env })
      expect(receiver.requests[0]!.headers['authorization']).toMatch(/^Basic /)
      const gone = once(monitor, 'exit')
      monitor.kill()
      await gone
      expect(seen.length).toBeGreaterThan(10_000)
      expect(seen).not.toMatch(/canary|Y2FuYXJ5/)
      const left = await server.command(`KEYS *{r-${run.runId}}*`)
      expect(left.trim()).toBe('')
      expect((await server.command('KEYS *:slices:*-[0-9]*')).trim()).toBe('')
    },
  )

  test('goes to workers that can call from its egress pool, and to no others', { timeout: 240_000 }, async () => {
    const pools = 'egress: { static: { addresses: [127.0.0.1] } }\n'
    const config = join(folder, 'worker.yaml')
    writeFileSync(config, 'egress: { static: { addresses: [127.0.0.9] } }\n')
    await workers.add()
    const run = await createRun({ customers: 50, webhook: 'static_ips: true' })
    writeFileSync(join(run.folder, 'hookcast.yaml'), pools.replace('127.0.0.1', '203.0.113.7'))
    const command = run.start(workers.args, { env: workers.env })
    await command.untilStderr('Waiting for a worker that can call from the egress pool static')
    expect(receiver.count).toBe(0)
    await workers.add({ config })
    const { code } = await command.finished
    expect(code).toBe(0)
    expect(new Set(receiver.requests.map(({ from }) => from))).toEqual(new Set(['127.0.0.9']))
  })
})

describe('a Redis that cannot be used', () => {
  test('is refused in words, before anything is sent', { timeout: 120_000 }, async () => {
    const run = await createRun({ customers: 1 })
    const none = await run.start(['--redis', 'redis://127.0.0.1:1'], { env: workers.env }).finished
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('Could not reach Redis at 127.0.0.1:1')])
    const open = await run.start(workers.args, {}).finished
    expect([open.code, open.stderr]).toEqual([2, expect.stringContaining('expected HOOKCAST_SECRET_KEY to be set')])
    const http = await run.start(['--redis', 'http://127.0.0.1:1'], { env: workers.env }).finished
    expect([http.code, http.stderr]).toEqual([2, expect.stringContaining('expected redis to be a URL such as')])
    expect(receiver.count).toBe(0)
  })
})
