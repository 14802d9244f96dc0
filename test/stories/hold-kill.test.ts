import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { runPaths } from '../../src/ledger/run-folder.ts'
import { createReceiver } from '../support/receiver.ts'
import { createServiceFolder, type RunningService } from '../support/service.ts'
import { readReport } from '../../src/report/report.ts'

const customerOf = ({ body }: { readonly body: string }): string => (JSON.parse(body) as { id: string }).id
const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `c-${from + i}`)

async function post(service: RunningService, path: string, body: object = {}): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await service.call(path, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(answer.ok, await answer.clone().text()).toBe(true)
  return (await answer.json()) as Record<string, unknown>
}

async function send(service: RunningService, from: number, to: number): Promise<void> {
  for (const id of ids(from, to))
    await post(service, '/v1/triggers', { id: `t-${id}`, type: 'moved', customer: { id } })
}

describe('a service that is killed in the middle of a release', { timeout: 120_000 }, () => {
  it.each([
    { discard: false, calls: ids(7, 14), state: 'running', action: 'hold.released' },
    { discard: true, calls: ids(12, 14), state: 'cancelled', action: 'hold.discarded' },
  ])('finishes it when it starts again, and nobody has to ask again: discard $discard', async (told) => {
    let isRevoked = false
    await using receiver = await createReceiver({ customerOf, answer: () => (isRevoked ? { status: 401 } : {}) })
    await using folder = createServiceFolder({
      'campaigns/moved/campaign.yaml': `name: moved
trigger: { event: moved }
audience: none.ndjson
webhook: { url: "${receiver.url}/v1/messages", concurrency: 1, body: '{"id":"{{ customer.id }}"}' }
`,
      'campaigns/moved/none.ndjson': '',
    })
    const first = await folder.start()
    await post(first, '/v1/campaigns/moved/activate')
    await send(first, 0, 2)
    await receiver.waitFor(2)
    isRevoked = true
    await send(first, 2, 10)
    await expect.poll(async () => (await first.get('/v1/holds'))['holds']).toHaveLength(1)
    await send(first, 10, 12)
    expect(receiver.requests.map(({ customer }) => customer)).toEqual(ids(0, 7))
    const { holds } = (await first.get('/v1/holds')) as { holds: { run_id: string }[] }
    const paths = runPaths(folder.data, holds[0]!.run_id)
    {
      // The hold's end is on the disk, and its run cannot write yet.
      using ledger = new DatabaseSync(paths.ledger, { timeout: 10_000 })
      ledger.exec('BEGIN IMMEDIATE')
      using store = new DatabaseSync(`${folder.data}/service.db`, { readOnly: true })
      const released = store.prepare('SELECT count(*) AS count FROM hold WHERE released_at IS NOT NULL')
      const asked = post(first, '/v1/campaigns/moved/release', { discard: told.discard }).catch(() => undefined)
      await expect.poll(() => released.get(), { timeout: 30_000, interval: 20 }).toEqual({ count: 1 })
      await first.end('SIGKILL')
      await asked
      ledger.exec('ROLLBACK')
    }
    isRevoked = false
    const second = await folder.start()
    await send(second, 12, 14)
    await receiver.waitFor(7 + told.calls.length)
    expect(receiver.requests.slice(7).map(({ customer }) => customer)).toEqual(told.calls)
    expect(await second.get('/v1/holds')).toEqual({ holds: [] })
    expect(readReport(paths, { isLocked: true })).toMatchObject({ state: told.state, failed: 5 })

    // Another, which is let go as usual.
    isRevoked = true
    await send(second, 14, 20)
    await expect.poll(async () => (await second.get('/v1/holds'))['holds']).toHaveLength(1)
    isRevoked = false
    await post(second, '/v1/campaigns/moved/release', { discard: told.discard })
    expect(await second.get('/v1/audit?limit=1')).toMatchObject({
      entries: [{ action: told.action, subject: 'moved', actor: { name: 'environment' } }],
    })
    const { lines } = await second.end('SIGTERM')
    expect(lines.filter(({ msg }) => msg === 'hold.released' || msg === 'webhook.held')).toMatchObject([
      { msg: 'hold.released', campaign: 'moved', is_discarded: told.discard },
      { msg: 'webhook.held', campaign: 'moved' },
      { msg: 'hold.released', campaign: 'moved', is_discarded: told.discard },
    ])
    expect(lines.filter(({ msg }) => msg === 'service.failed')).toEqual([])
  })
})
