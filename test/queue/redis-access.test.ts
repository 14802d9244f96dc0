import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CampaignRun } from '../support/campaign-run.ts'
import { createAuthority } from '../support/certificates.ts'
import { readText } from '../support/page.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'

let cleanUp: AsyncDisposableStack
let folder: string

beforeEach(() => {
  cleanUp = new AsyncDisposableStack()
  folder = mkdtempSync(join(tmpdir(), 'redis-access-'))
  cleanUp.defer(() => rmSync(folder, { recursive: true, force: true }))
})
afterEach(async () => {
  await cleanUp.disposeAsync()
})

test('a run goes over TLS, as a user who may do what the page names', { timeout: 120_000 }, async () => {
  const authority = createAuthority('Redis of a test')
  cleanUp.defer(() => authority.remove())
  const { key, cert } = authority.issue()
  const files = { key, cert, ca: authority.ca }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.pem`), text)
  const tlsPort = await freePort()
  const tls = Object.keys(files).flatMap((name) => [
    `--tls-${name === 'ca' ? 'ca-cert' : name}-file`,
    join(folder, `${name}.pem`),
  ])
  const server = cleanUp.use(
    await RedisServer.start({
      appendFsync: 'everysec',
      args: ['--tls-port', String(tlsPort), '--tls-auth-clients', 'no', ...tls],
    }),
  )
  const [words = ''] = /^ACL SETUSER hookcast .*$/m.exec(readText('docs/scaling.md')) ?? []
  expect(await server.command(words.replace('PASSWORD', 'opensesame'))).toBe('OK\n')

  const workers = cleanUp.use(new RemoteWorkers(`rediss://hookcast:opensesame@127.0.0.1:${tlsPort}`))
  Object.assign(workers.env, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') })
  const worker = await workers.add()
  const run = cleanUp.use(
    await CampaignRun.create({ folder: join(folder, 'run'), customers: 400, webhook: 'concurrency: 20' }),
  )
  const { code, report, stderr } = await run.finish(workers.args, { env: workers.env })
  expect(code, stderr).toBe(0)
  expect(report).toMatchObject({ sent: 400, attempts: 400 })
  await workers.leave(worker)
  expect(worker.stderr()).not.toMatch(/warning/i)
  // Whatever was refused is in there, also what is tried again without a word.
  expect((await server.command('ACL LOG')).trim()).toBe('')
  const others = await server.command('--user hookcast --pass opensesame --no-auth-warning GET others')
  expect(others).toContain('NOPERM')

  const { HOOKCAST_SECRET_KEY } = workers.env
  const stranger = await run.start(workers.args, { env: { HOOKCAST_SECRET_KEY } }).finished
  expect([stranger.code, stranger.stderr]).toEqual([2, expect.stringMatching(/Could not reach Redis at .*certificate/)])
  const wrong = [`--redis`, `rediss://hookcast:wrong@127.0.0.1:${tlsPort}`]
  const refused = await run.start(wrong, { env: workers.env }).finished
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('WRONGPASS')])
  expect(refused.stderr).not.toContain('wrong@')
})

test('a run goes on with the Redis that sentinels choose when theirs dies', { timeout: 180_000 }, async () => {
  const master = cleanUp.use(await RedisServer.start({ appendFsync: 'everysec' }))
  const replica = cleanUp.use(
    await RedisServer.start({ appendFsync: 'everysec', args: ['--replicaof', '127.0.0.1', String(master.port)] }),
  )
  await expect.poll(() => replica.command('INFO replication'), { timeout: 30_000 }).toContain('master_link_status:up')
  const port = await freePort()
  const config = join(folder, 'sentinel.conf')
  const watched = [
    `monitor chosen 127.0.0.1 ${master.port} 1`,
    'down-after-milliseconds chosen 1000',
    'failover-timeout chosen 10000',
  ]
  writeFileSync(
    config,
    [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...watched.map((line) => `sentinel ${line}`), ''].join('\n'),
  )
  const sentinel = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' })
  cleanUp.defer(async () => {
    const gone = once(sentinel, 'exit')
    sentinel.kill('SIGKILL')
    await gone
  })
  const ask = async (words: string): Promise<string> => {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), 'SENTINEL', ...words.split(' ')])
    return stdout
  }
  await expect
    .poll(() => ask('REPLICAS chosen').catch(() => ''), { timeout: 30_000 })
    .toContain(`127.0.0.1:${replica.port}`)

  const workers = cleanUp.use(new RemoteWorkers(`redis://127.0.0.1:${port}?sentinel=chosen`))
  await workers.add()
  const run = cleanUp.use(
    await CampaignRun.create({
      folder: join(folder, 'run'),
      customers: 1000,
      webhook: 'concurrency: 20',
      receiver: { reply: { delayMs: 20 } },
    }),
  )
  const command = run.start(workers.args, { env: workers.env })
  expect(await run.untilReceived(200, command)).toBe(true)
  await master.kill()
  run.crashes++
  const { code, stdout, stderr } = await command.finished
  expect(code, stderr).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ sent: 1000 })
  expect(await ask('GET-MASTER-ADDR-BY-NAME chosen')).toContain(String(replica.port))
  run.check()
})
