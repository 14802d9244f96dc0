import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CampaignRun, type CampaignRunSetup } from '../support/campaign-run.ts'
import { createReceiver, type Reply } from '../support/receiver.ts'
import { RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'

const cleanUp = new AsyncDisposableStack()
let folder: string
let server: RedisServer
let workers: RemoteWorkers

/** Two workers with two senders each, for all that is tested here. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'workers-shared-'))
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true }))
  server = cleanUp.use(await RedisServer.start({ appendFsync: 'everysec' }))
  workers = cleanUp.use(new RemoteWorkers(server.url))
  await workers.add()
  await workers.add()
}, 60_000)
afterAll(async () => {
  await cleanUp.disposeAsync()
})

async function createRun(
  name: string,
  setup: Omit<CampaignRunSetup, 'folder'> & { readonly settings?: string },
): Promise<CampaignRun> {
  const own = join(folder, name)
  const { settings = '', ...rest } = setup
  const run = cleanUp.use(await CampaignRun.create({ ...rest, folder: own }))
  mkdirSync(own, { recursive: true })
  if (settings !== '') writeFileSync(join(own, 'hookcast.yaml'), settings)
  return run
}

/** Senders that each worker has, over all runs, as they say it themselves. */
async function sendersInUse(): Promise<readonly number[]> {
  const listed = await server.command('HVALS hookcast:workers')
  return listed
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { inUse: number }).inUse)
}

describe('two runs over the same workers', () => {
  test('have senders on both of them, and neither waits for the other', { timeout: 120_000 }, async () => {
    const opened = Promise.withResolvers<void>()
    const answer = async (): Promise<Reply> => {
      await opened.promise
      return { delayMs: 20 }
    }
    const receivers = [cleanUp.use(await createReceiver({ answer })), cleanUp.use(await createReceiver({ answer }))]
    const runs = await Promise.all(
      receivers.map(({ url, requests }, i) =>
        createRun(`run-${i}`, {
          customers: 600,
          webhook: 'concurrency: 40\ntimeout: 60s',
          elsewhere: { url, journal: () => requests.map((request) => ({ ...request, digest: request.body })) },
        }),
      ),
    )
    const commands = runs.map((run) => run.start(workers.args, { env: workers.env }))
    for (const receiver of receivers) await receiver.waitFor(40, 60_000)
    // Each of them has as many senders as a worker has room for, on both.
    await expect.poll(sendersInUse, { timeout: 20_000 }).toEqual([4, 4])
    opened.resolve()
    const [first, second] = receivers
    await second!.waitFor(300, 60_000)
    // Their calls take as long, and as many of them may be in flight: what the one gets, the other gets, give or take.
    expect(first!.count).toBeGreaterThan(80)
    for (const [i, run] of runs.entries()) {
      const { code, stdout, stderr } = await commands[i]!.finished
      expect(code, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ sent: 600, attempts: 600 })
      run.check({ crashes: 0 })
    }
  })
})

describe('a rate over several workers', () => {
  const POLICY = 'throughput: { crm: { concurrency: 40, rate: 1200/s } }\n'
  test.each([
    ['of the campaign', { rate: 1500, webhook: 'rate: 1500/s', settings: '' }],
    ['of a throughput policy', { rate: 1200, webhook: 'throughput: crm', settings: POLICY }],
  ])('%s is not exceeded in any second', { timeout: 120_000 }, async (name, { rate, webhook, settings }) => {
    const customers = rate * 3
    const run = await createRun(name, { customers, webhook: `concurrency: 100\n${webhook}`, settings, senders: 4 })
    const { code, report, stderr } = await run.finish(workers.args, { env: workers.env })
    expect(code, stderr).toBe(0)
    expect(report).toMatchObject({ sent: customers })
    const at = run.journal().map((entry) => entry.at)
    const perSecond = new Map<number, number>()
    // The busiest second from any tenth of one.
    for (const time of at) {
      const tenth = Math.floor(time / 100)
      for (let from = tenth - 9; from <= tenth; from++) perSecond.set(from, (perSecond.get(from) ?? 0) + 1)
    }
    // Four senders with the whole rate each would make as many times of it. A bucket holds 100 ms of it, and what
    // a busy machine has kept back for a moment arrives with what comes then.
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(rate * (1 + 0.1 + 0.25))
    const seconds = (Math.max(...at) - Math.min(...at)) / 1000
    expect(customers / seconds).toBeLessThanOrEqual(rate * 1.15)
  })
})
