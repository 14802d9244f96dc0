import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../src/ledger/schema.ts'
import { runCommand } from '../support/command-line.ts'
import { makeOlder } from '../support/older-ledger.ts'
import { createReceiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder, type RunningService } from '../support/service.ts'

const CUSTOMERS = 60

const customerOf = ({ body }: { readonly body: string }): string => (JSON.parse(body) as { id: string }).id
const ids = (prefix: string, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${prefix}-${from + i}`)

function campaign(url: string, lines: readonly string[], webhook: readonly string[]): string {
  const own = [
    `  url: ${url}/v1/messages`,
    `  body: '{"id":"{{ customer.id }}"}'`,
    ...webhook.map((line) => `  ${line}`),
  ]
  return [...lines, 'audience: none.ndjson', 'webhook:', ...own, ''].join('\n')
}

async function send(service: RunningService, path: string, rows: readonly object[]): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const body = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const answer = await service.call(path, { method: 'POST', headers, body })
  expect(answer.ok, await answer.clone().text()).toBe(true)
  return (await answer.json()) as Record<string, unknown>
}

async function post(service: RunningService, path: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' }
  expect((await service.call(path, { method: 'POST', headers, body: '{}' })).status).toBe(200)
}

describe('a service of a newer version', { timeout: 120_000 }, () => {
  it('goes on with the runs, the hold and the ledgers of older schemas that the version before has left: nobody is lost or called twice', async () => {
    let gate = { from: 20, opened: Promise.withResolvers<void>() }
    let isRevoked = false
    const welcomed: string[] = []
    await using strangers = await createReceiver({
      customerOf,
      answer: ({ customer }) => {
        if (isRevoked) return { status: 401 }
        welcomed.push(customer ?? '')
        return {}
      },
    })
    const sent: string[] = []
    await using receiver = await createReceiver({
      customerOf,
      answer: async ({ customer, attempt }, n) => {
        const { from, opened } = gate
        if (n >= from) await opened.promise
        if (attempt === 1 && customer?.endsWith('3') === true) return { status: 503 }
        sent.push(customer ?? '')
        return {}
      },
    })
    await using folder = createServiceFolder({
      'campaigns/spring/campaign.yaml': campaign(
        receiver.url,
        ['name: spring'],
        ['concurrency: 4', 'retry: { delays: [2s] }'],
      ),
      'campaigns/spring/none.ndjson': '',
      'campaigns/welcome/campaign.yaml': campaign(
        strangers.url,
        ['name: welcome', 'trigger: { event: joined }'],
        ['concurrency: 1'],
      ),
      'campaigns/welcome/none.ndjson': '',
      'hookcast.yaml': 'server: { listen: { admin: "127.0.0.1:0" } }\n',
    })
    const stop = async (service: RunningService): Promise<void> => {
      const ending = service.end('SIGTERM')
      await service.command.untilStderr('Stopping: ')
      gate.opened.resolve()
      const { code, lines } = await ending
      expect(code).toBe(0)
      expect(lines.filter(({ msg }) => msg === 'service.failed')).toEqual([])
    }
    const first = await folder.start()
    await post(first, '/v1/campaigns/welcome/activate')
    const joined = (from: number, to: number): object[] =>
      ids('e', from, to).map((id) => ({ id: `t-${id}`, type: 'joined', customer: { id } }))
    await send(first, '/v1/triggers', joined(0, 3))
    await strangers.waitFor(3)
    isRevoked = true
    await send(first, '/v1/triggers', joined(3, 12))
    await strangers.waitFor(8)
    await expect.poll(async () => (await first.get('/v1/holds'))['holds']).toHaveLength(1)
    await send(first, '/v1/triggers', joined(12, 15))
    const rows = ids('c', 0, CUSTOMERS).map((id) => ({ id }))
    const { run_id: runId } = await send(first, '/v1/campaigns/spring/runs', rows)
    await receiver.waitFor(gate.from + 1)
    await stop(first)
    const ledger = join(folder.data, 'runs', String(runId), 'ledger.db')
    makeOlder(ledger, 1)

    gate = { from: receiver.count + 15, opened: Promise.withResolvers<void>() }
    const second = await folder.start()
    await receiver.waitFor(gate.from + 1)
    expect(await second.get(`/v1/runs/${String(runId)}`)).toMatchObject({ state: 'running', resumed: 1 })
    await stop(second)
    makeOlder(ledger, 3)

    gate = { from: Infinity, opened: Promise.withResolvers<void>() }
    const third = await folder.start()
    await expect
      .poll(async () => (await third.get(`/v1/runs/${String(runId)}`))['state'], { timeout: 60_000, interval: 200 })
      .toBe('finished')
    expect(await third.get(`/v1/runs/${String(runId)}`)).toMatchObject({
      customers: CUSTOMERS,
      sent: CUSTOMERS,
      resumed: 2,
    })
    expect(sent.toSorted()).toEqual(ids('c', 0, CUSTOMERS).toSorted())
    expect(await third.get('/v1/holds')).toMatchObject({ holds: [{ campaign: 'welcome', rule: 'client_error' }] })
    isRevoked = false
    await post(third, '/v1/campaigns/welcome/release')
    await strangers.waitFor(8 + 7)
    expect(welcomed).toEqual([...ids('e', 0, 3), ...ids('e', 8, 15)])
    using migrated = new DatabaseSync(ledger, { readOnly: true })
    expect(migrated.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length })
  })

  it('is needed again once it has written: an older one says so, leaves the run, and touches nothing', async () => {
    const gate = Promise.withResolvers<void>()
    await using receiver = await createReceiver({ customerOf, answer: async () => (await gate.promise, {}) })
    await using folder = createServiceFolder({
      'campaigns/spring/campaign.yaml': campaign(receiver.url, ['name: spring'], ['concurrency: 2']),
      'campaigns/spring/none.ndjson': '',
    })
    const newer = await folder.start()
    const rows = ids('c', 0, 25).map((id) => ({ id }))
    const { run_id: runId } = await send(newer, '/v1/campaigns/spring/runs', rows)
    await receiver.waitFor(2)
    const ending = newer.end('SIGTERM')
    await newer.command.untilStderr('Stopping: ')
    gate.resolve()
    await ending
    const called = receiver.count
    const ledger = join(folder.data, 'runs', String(runId), 'ledger.db')
    const setSchema = (path: string, schema: number): void => {
      using database = new DatabaseSync(path)
      database.exec(`PRAGMA user_version = ${schema}`)
    }
    setSchema(ledger, 99)
    const older = await folder.start()
    const { lines } = await older.end('SIGTERM')
    expect(lines.find(({ msg }) => msg === 'service.failed')).toMatchObject({
      code: 'HOOKCAST_LEDGER_UNUSABLE',
      message: `The ledger has schema 99, this version of hookcast knows up to ${MIGRATIONS.length}: use the newer hookcast that wrote it: ${ledger}`,
    })
    expect(receiver.count).toBe(called)
    setSchema(ledger, MIGRATIONS.length)
    const store = join(folder.data, 'service.db')
    using database = new DatabaseSync(store)
    const { user_version: schema } = database.prepare('PRAGMA user_version').get() as { user_version: number }
    database.close()
    setSchema(store, 99)
    const args = ['serve', '--port', '0', '--data', folder.data]
    const refused = await runCommand(args, { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN })
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain(
      `this version of hookcast knows up to ${schema}: use the newer hookcast that wrote it`,
    )
    setSchema(store, schema)
    const again = await folder.start()
    await receiver.waitFor(25)
    await expect.poll(async () => (await again.get(`/v1/runs/${String(runId)}`))['state']).toBe('finished')
    expect(receiver.requests.map(({ customer }) => customer ?? '').toSorted()).toEqual(ids('c', 0, 25).toSorted())
  })
})
