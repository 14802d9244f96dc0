import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, openSync, closeSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { once } from 'node:events'
import { get } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { FAKETIME_LIBRARIES } from '../faults/fault.ts'
import { childrenOf } from '../support/command-line.ts'
import { createReceiver, type Receiver, type ReceiverOptions } from '../support/receiver.ts'
import { createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

const customerOf: ReceiverOptions['customerOf'] = ({ body }) => /"customer_id":"([^"]*)"/.exec(body)?.[1] ?? null

/** `moved` is started by triggers, `spring` by hand. */
function folderFor(receiver: Receiver): ServiceFolder {
  const webhook = `webhook:
  url: ${receiver.url}/v1/messages
  concurrency: 4
  retry: { delays: [1s, 1s], jitter: 0 }
  body: '{"customer_id":"{{ customer.customer_id }}"}'
`
  return createServiceFolder({
    'campaigns/moved/campaign.yaml': `name: moved\ntrigger: { event: moved }\naudience: none.ndjson\n${webhook}`,
    'campaigns/moved/none.ndjson': '',
    'campaigns/spring/campaign.yaml': `name: spring\naudience: none.ndjson\n${webhook}`,
    'campaigns/spring/none.ndjson': '',
  })
}

async function post(service: RunningService, path: string, rows: readonly object[]): Promise<Response> {
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  return await service.call(path, { method: 'POST', headers, body })
}

const trigger = (service: RunningService, id: string): Promise<Response> =>
  post(service, '/v1/triggers', [{ id, type: 'moved', customer: { customer_id: id } }])

async function activated(folder: ServiceFolder): Promise<RunningService> {
  const service = await folder.start()
  await service.call('/v1/campaigns/moved/activate', { method: 'POST' })
  return service
}

const customers = (count: number): object[] => Array.from({ length: count }, (_, i) => ({ customer_id: `c-${i}` }))

/** Puts nonsense where the first pages were. */
function damage(path: string): void {
  for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(8192, 'x'), 0, 8192, 0)
  closeSync(file)
}

function becomeNewer(path: string): void {
  using database = new DatabaseSync(path)
  database.exec('PRAGMA user_version = 99')
}

/** Holds a lock until it is called. */
function lock(path: string): () => void {
  const database = new DatabaseSync(path, { timeout: 5000 })
  database.exec('BEGIN IMMEDIATE')
  return () => {
    database.exec('ROLLBACK')
    database.close()
  }
}

interface Trouble {
  readonly what: string
  readonly file: string
  /** What is to be done to be rid of it, where putting the file back is not enough. */
  readonly make: (path: string) => void | (() => void)
  readonly says: RegExp
}

const STORES: readonly Trouble[] = [
  {
    what: 'its store is damaged',
    file: 'service.db',
    make: damage,
    says: /The service's store is damaged: restore it from a backup: \/.*service\.db/,
  },
  {
    what: 'its store is of a newer version',
    file: 'service.db',
    make: becomeNewer,
    says: /The service's store has schema 99, this version of hookcast knows up to \d+: use the newer hookcast/,
  },
  {
    what: 'the store of event webhooks is damaged',
    file: 'events/events.db',
    make: damage,
    says: /The store of event webhooks is damaged: restore it from a backup: \/.*events\.db/,
  },
  {
    what: 'the store of event webhooks is of a newer version',
    file: 'events/events.db',
    make: becomeNewer,
    says: /The store of event webhooks has schema 99, .*: use the newer hookcast/,
  },
  {
    what: 'another process has the data folder',
    file: 'service.lock',
    make: lock,
    says: /Another service has this data folder: stop it, or name another folder with --data/,
  },
]

describe('a service', { timeout: 120_000 }, () => {
  test('does not start while a store cannot be used, says why, and starts again once it can', async () => {
    await using receiver = await createReceiver({ customerOf })
    await using folder = folderFor(receiver)
    const first = await activated(folder)
    expect((await trigger(first, 't-first')).status).toBe(202)
    await receiver.waitFor(1)
    await first.end('SIGTERM')
    for (const { what, file, make, says } of STORES) {
      const kept = join(folder.path, 'kept')
      const path = join(folder.data, file)
      cpSync(path, kept)
      const undo = make(path)
      await expect(folder.start(), what).rejects.toThrow(says)
      undo?.()
      for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true })
      cpSync(kept, path)
    }
    const again = await folder.start()
    expect((await trigger(again, 't-again')).status).toBe(202)
    await receiver.waitFor(2)
    expect(receiver.requests.map(({ customer }) => customer)).toEqual(['t-first', 't-again'])
  })

  test('does not start where it cannot write, says so, and starts once it can', async ({ skip }) => {
    await using receiver = await createReceiver({ customerOf })
    await using folder = folderFor(receiver)
    mkdirSync(folder.data)
    const mount = (...options: readonly string[]): boolean =>
      spawnSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', folder.data]).status === 0
    if (!mount('-o', 'size=64m')) skip('mounting a disk takes root')
    try {
      await (await activated(folder)).end('SIGTERM')
      mount('-o', 'remount,ro')
      await expect(folder.start()).rejects.toThrow(/the folder is read-only or belongs to somebody else/)
      mount('-o', 'remount,rw')
      const again = await folder.start()
      expect((await trigger(again, 't-again')).status).toBe(202)
      await receiver.waitFor(1)
      await again.end('SIGTERM')
    } finally {
      spawnSync('umount', ['-l', folder.data])
    }
  })

  const LEDGERS: readonly Omit<Trouble, 'file'>[] = [
    { what: 'is damaged', make: damage, says: /^The ledger is damaged: restore it from a backup: \/.*ledger\.db$/ },
    { what: 'is of a newer version', make: becomeNewer, says: /^The ledger has schema 99, .*: use the newer hookcast/ },
    { what: 'is locked', make: lock, says: /^Another program has locked the ledger .*: end that: \/.*ledger\.db$/ },
  ]

  test.each(LEDGERS)(
    'goes on without a run whose ledger $what, says so, and with it once that is mended',
    async (trouble) => {
      const gate = Promise.withResolvers<object>()
      const answer = async (_: unknown, n: number): Promise<object> => (n < 8 ? {} : await gate.promise)
      await using receiver = await createReceiver({ customerOf, answer })
      await using folder = folderFor(receiver)
      const first = await activated(folder)
      const { run_id: runId } = (await (await post(first, '/v1/campaigns/spring/runs', customers(40))).json()) as {
        run_id: string
      }
      await receiver.waitFor(12)
      await first.end('SIGKILL')
      gate.resolve({})
      const kept = join(folder.path, 'kept')
      const run = join(folder.data, 'runs', runId)
      cpSync(run, kept, { recursive: true })
      const undo = trouble.make(join(run, 'ledger.db'))

      const second = await folder.start()
      expect((await trigger(second, 't-1')).status).toBe(202)
      await receiver.waitUntil(() => receiver.requests.some(({ customer }) => customer === 't-1'))
      const told = (): Record<string, unknown>[] =>
        second.command
          .stdout()
          .split('\n')
          .filter((line) => line.includes('service.failed'))
          .map((line) => JSON.parse(line) as Record<string, unknown>)
      await expect
        .poll(told, { timeout: 30_000 })
        .toMatchObject([{ code: 'HOOKCAST_LEDGER_UNUSABLE', message: expect.stringMatching(trouble.says) }])
      await second.end('SIGTERM')
      undo?.()
      rmSync(run, { recursive: true })
      cpSync(kept, run, { recursive: true })

      const third = await folder.start()
      await expect
        .poll(() => third.get(`/v1/runs/${runId}`), { timeout: 30_000 })
        .toMatchObject({ state: 'finished', sent: 40 })
    },
  )

  test('takes no trigger while its store is locked, says so, and has lost nothing that it took', async () => {
    await using receiver = await createReceiver({ customerOf })
    await using folder = folderFor(receiver)
    const service = await activated(folder)
    const unlock = lock(join(folder.data, 'service.db'))
    const refused = await trigger(service, 't-locked')
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      {
        code: 'HOOKCAST_LEDGER_UNUSABLE',
        detail: expect.stringMatching(/^Another program has locked the service's store .*: end that/),
      },
    ])
    unlock()
    expect((await trigger(service, 't-locked')).status).toBe(202)
    await receiver.waitFor(1)
    expect(receiver.requests.map(({ customer }) => customer)).toEqual(['t-locked'])
  })

  test('that is stopped for longer than senders are waited for goes on, and repeats nothing', async () => {
    await using receiver = await createReceiver({ customerOf, answer: () => ({ delayMs: 20 }) })
    await using folder = folderFor(receiver)
    const service = await activated(folder)
    const { run_id: runId } = (await (await post(service, '/v1/campaigns/spring/runs', customers(200))).json()) as {
      run_id: string
    }
    await receiver.waitFor(20)
    const stopped = [service.command.pid, ...childrenOf(service.command.pid)]
    for (const pid of stopped) process.kill(pid, 'SIGSTOP')
    const waiting = trigger(service, 't-asleep')
    await sleep(6000)
    for (const pid of stopped) process.kill(pid, 'SIGCONT')
    expect((await waiting).status).toBe(202)
    await receiver.waitFor(201)
    await expect
      .poll(() => service.get(`/v1/runs/${runId}`), { timeout: 30_000 })
      .toMatchObject({ state: 'finished', sent: 200, attempts: 200 })
    expect(receiver.count).toBe(201)
  })

  test('without a free file descriptor goes on with what it has, lets connections wait, and takes them once there are some', async ({
    skip,
  }) => {
    if (spawnSync('prlimit', ['--version']).status !== 0) skip('prlimit is not installed')
    await using receiver = await createReceiver({ customerOf, answer: () => ({ delayMs: 20 }) })
    await using folder = folderFor(receiver)
    const service = await activated(folder)
    const limit = (count: number): void =>
      void execFileSync('prlimit', ['--pid', String(service.command.pid), `--nofile=${count}:`])
    const { run_id: runId } = (await (await post(service, '/v1/campaigns/spring/runs', customers(200))).json()) as {
      run_id: string
    }
    await receiver.waitFor(20)
    limit(3)
    // A connection that is there already is answered as ever.
    const waiting = once(get(`${service.url}/healthz`, { agent: false }), 'response')
    expect((await service.call('/healthz')).status).toBe(200)
    limit(1024)
    expect(await waiting).toMatchObject([{ statusCode: 200 }])
    await expect
      .poll(() => service.get(`/v1/runs/${runId}`).catch(() => null), { timeout: 30_000 })
      .toMatchObject({ state: 'finished', sent: 200, attempts: 200 })
    expect((await trigger(service, 't-again')).status).toBe(202)
    await receiver.waitFor(201)
  })

  test.each(['+3600', '-3600', `+${400 * 86_400}`])(
    'whose clock jumps by %s s sends retries when they are due, and nothing twice',
    async (jump) => {
      const library = FAKETIME_LIBRARIES.find((path) => existsSync(path))
      if (library === undefined) throw new Error('libfaketime is not installed')
      await using receiver = await createReceiver({
        customerOf,
        answer: ({ attempt }) => ({ status: attempt === 1 ? 500 : 200 }),
      })
      await using folder = folderFor(receiver)
      const clock = join(folder.path, 'clock')
      writeFileSync(clock, '+0\n')
      const service = await folder.start({
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      })
      const { run_id: runId } = (await (await post(service, '/v1/campaigns/spring/runs', customers(8))).json()) as {
        run_id: string
      }
      await receiver.waitFor(8)
      writeFileSync(clock, `${jump}\n`)
      await receiver.waitFor(16)
      await expect
        .poll(() => service.get(`/v1/runs/${runId}`), { timeout: 30_000 })
        .toMatchObject({ state: 'finished', sent: 8, attempts: 16 })
      const waits = [...Map.groupBy(receiver.requests, ({ key }) => key).values()].map((two) => two[1]!.at - two[0]!.at)
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(990)
    },
  )
})
