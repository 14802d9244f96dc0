import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CampaignRun } from '../support/campaign-run.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'

test('a run goes over a Redis Cluster of three nodes', { timeout: 240_000 }, async () => {
  await using cleanUp = new AsyncDisposableStack()
  const nodes: RedisServer[] = []
  for (let i = 0; i < 3; i++) {
    const args = ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())]
    nodes.push(cleanUp.use(await RedisServer.start({ args })))
  }
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'])
  const workers = cleanUp.use(new RemoteWorkers(`redis://${addresses[0]!}?cluster`))
  await workers.add()
  await workers.add()
  const folder = mkdtempSync(join(tmpdir(), 'cluster-'))
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true }))
  const run = cleanUp.use(await CampaignRun.create({ folder, customers: 400, webhook: 'concurrency: 20' }))
  const { code, report, stderr } = await run.finish(workers.args, { env: workers.env })
  expect(code, stderr).toBe(0)
  expect(report).toMatchObject({ sent: 400, attempts: 400 })
  // None of them keeps anything: said once, whatever their number.
  expect(stderr.match(/Warning: Redis keeps nothing over a restart/g)).toHaveLength(1)
  run.check({ crashes: 0 })
  // The way to each worker has a slot of its own, beside the list of them: which nodes those are on is left to chance.
  const keys = await Promise.all(nodes.map((node) => node.command(['KEYS', '*'])))
  const places = keys.flatMap((found) => found.split('\n').filter(Boolean)).map((key) => /\{.*\}/.exec(key)?.[0] ?? key)
  expect(new Set(places).size).toBe(1 + workers.all.length)
})
