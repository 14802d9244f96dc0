import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { listEventRuns } from '../../src/runner/runner.ts'
import { readRun } from '../../src/report/report.ts'
import { createReceiver, type Receiver } from '../support/receiver.ts'
import { createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const ENV = { NOTIFY_SECRET: SECRET }

function folderFor(receiver: Receiver, operators: Receiver, lines: readonly string[]): ServiceFolder {
  const webhook = ['webhook:', `  url: ${receiver.url}/v1/messages`, "  body: '{}'", '  concurrency: 5', '']
  return createServiceFolder({
    'campaigns/spring/campaign.yaml': ['name: spring', 'audience: none.ndjson', ...lines, ...webhook].join('\n'),
    'campaigns/spring/none.ndjson': '',
    'hookcast.yaml': `server: { listen: { admin: "127.0.0.1:0" } }
notify: { url: "${operators.url}", secret: "\${NOTIFY_SECRET}" }
`,
  })
}

/** Kills the service between the commit of a run's ledger and its own, for which the store is kept busy meanwhile. */
async function killBetween(
  service: RunningService,
  folder: ServiceFolder,
  { open, hasEnded }: { readonly open: () => void; readonly hasEnded: () => boolean },
): Promise<void> {
  using busy = new DatabaseSync(join(folder.data, 'service.db'), { timeout: 10_000 })
  busy.exec('BEGIN IMMEDIATE')
  open()
  await expect.poll(hasEnded, { timeout: 30_000, interval: 20 }).toBe(true)
  await service.end('SIGKILL')
  busy.exec('ROLLBACK')
}

function told(operators: Receiver): unknown {
  return operators.requests.map(({ body, headers }) =>
    new Webhook(SECRET).verify(body, headers as Record<string, string>),
  )
}

async function send(service: RunningService, path: string, lines: readonly object[]): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  return (await (await service.call(path, { method: 'POST', headers, body })).json()) as Record<string, unknown>
}

describe(
  'a service that is killed before it has written down that its operators are to be told',
  { timeout: 90_000 },
  () => {
    it.each([
      { state: 'finished', status: 200, count: 5, calls: 5 },
      { state: 'aborted', status: 404, count: 7, calls: 5 },
    ])('tells of a run that was $state when it starts again, once, and calls nobody for it', async (ended) => {
      const gate = Promise.withResolvers<void>()
      const answer = async (): Promise<object> => (await gate.promise, { status: ended.status })
      await using operators = await createReceiver()
      await using receiver = await createReceiver({ answer })
      await using folder = folderFor(receiver, operators, [])
      const first = await folder.start(ENV)
      const customers = Array.from({ length: ended.count }, (_, i) => ({ id: `c-${i}` }))
      const { run_id: runId } = await send(first, '/v1/campaigns/spring/runs', customers)
      await receiver.waitFor(5)
      const hasEnded = (): boolean => {
        const run = readRun(folder.data, String(runId))
        return 'state' in run && run.state === ended.state
      }
      await killBetween(first, folder, { open: () => gate.resolve(), hasEnded })
      const second = await folder.start(ENV)
      await operators.waitFor(1)
      const { lines } = await second.end('SIGTERM')
      expect(lines.filter(({ msg }) => msg === 'run.started' || msg === 'run.ended')).toMatchObject([
        { msg: 'run.ended', run_id: runId, state: ended.state },
      ])
      const third = await folder.start(ENV)
      expect((await third.end('SIGTERM')).lines[0]).toMatchObject({ msg: 'service.started', runs_resumed: 0 })
      expect(told(operators)).toMatchObject([
        { type: `run.${ended.state}`, data: { run_id: runId, campaign: 'spring' } },
      ])
      expect(receiver.count).toBe(ended.calls)
    })

    it('tells of an event campaign that was put on hold when it starts again, once', async () => {
      const gate = Promise.withResolvers<void>()
      await using operators = await createReceiver()
      await using receiver = await createReceiver({ answer: async () => (await gate.promise, { status: 401 }) })
      await using folder = folderFor(receiver, operators, ['trigger: { event: moved }'])
      const first = await folder.start(ENV)
      const active = await first.call('/v1/campaigns/spring/activate', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      })
      expect(active.status).toBe(200)
      const triggers = Array.from({ length: 7 }, (_, i) => ({
        id: `t-${i}`,
        type: 'moved',
        customer: { id: `c-${i}` },
      }))
      expect(await send(first, '/v1/triggers', triggers)).toMatchObject({ accepted: 7 })
      await receiver.waitFor(5)
      using store = new DatabaseSync(join(folder.data, 'service.db'), { readOnly: true })
      // Nothing but the hold is left to be written.
      await expect.poll(() => store.prepare('SELECT count(*) AS count FROM inbox').get()).toEqual({ count: 0 })
      const hasEnded = (): boolean => listEventRuns(folder.data)[0]?.state === 'aborted'
      await killBetween(first, folder, { open: () => gate.resolve(), hasEnded })
      const called = receiver.count
      const second = await folder.start(ENV)
      await operators.waitFor(1)
      expect(await second.get('/v1/holds')).toMatchObject({ holds: [{ campaign: 'spring', rule: 'client_error' }] })
      await second.end('SIGTERM')
      const third = await folder.start(ENV)
      await third.end('SIGTERM')
      expect(told(operators)).toMatchObject([
        { type: 'webhook.held', data: { campaign: 'spring', rule: 'client_error' } },
      ])
      expect(receiver.count).toBe(called)
    })
  },
)
