import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CampaignRun } from '../support/campaign-run.ts'
import { RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'

/** Both where both are installed. */
const programs = (['redis-server', 'valkey-server'] as const).filter(
  (program) => spawnSync(program, ['--version']).status === 0,
)

test.for(programs)('a run goes over %s, also when that is killed on the way', { timeout: 120_000 }, async (program) => {
  await using cleanUp = new AsyncDisposableStack()
  const server = cleanUp.use(await RedisServer.start({ appendFsync: 'everysec', program }))
  expect(await server.command('INFO server')).toMatch(
    new RegExp(`^${program.slice(0, -'-server'.length)}_version:`, 'm'),
  )
  const workers = cleanUp.use(new RemoteWorkers(server.url))
  const worker = await workers.add()
  const folder = mkdtempSync(join(tmpdir(), 'redis-kin-'))
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true }))
  const run = cleanUp.use(
    await CampaignRun.create({
      folder,
      customers: 600,
      webhook: 'concurrency: 20',
      receiver: { reply: { delayMs: 20 } },
    }),
  )
  const command = run.start(workers.args, { env: workers.env })
  expect(await run.untilReceived(200, command)).toBe(true)
  await server.kill()
  run.crashes++
  await server.start()
  const { code, stdout, stderr } = await command.finished
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ sent: 600 })
  expect(worker.stderr()).not.toMatch(/warning/i)
  run.check()
})
