import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect } from 'vitest'
import { test, type ApiDesk } from './fixture.ts'

const path = '/v1/campaigns/welcome/runs'
const keyed = (key: string): { method: 'POST'; headers: Record<string, string> } => ({
  method: 'POST',
  headers: { 'Idempotency-Key': key },
})

async function runIds(desk: ApiDesk): Promise<string[]> {
  const { data } = await desk.client().GET('/v1/runs', {})
  return data!.runs.map(({ run_id }) => run_id)
}

describe('a POST under an Idempotency-Key', () => {
  test('is done once, and answered as before', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const first = await desk.send(path, keyed('k-1'))
    const { run_id } = (await first.json()) as { run_id: string }
    await desk.untilIdle()
    const again = await desk.send(path, keyed('k-1'))
    expect([again.status, again.headers.get('Location')]).toEqual([201, `/v1/runs/${run_id}`])
    expect(again.headers.get('Idempotency-Replayed')).toBe('true')
    expect(await again.json()).toEqual({ run_id })
    expect(await runIds(desk)).toEqual([run_id])
    expect(desk.receiver.count).toBe(3)
    // Keys belong to the token that they came with.
    const other = await desk.send(path, { ...keyed('k-1'), who: 'operator' })
    expect(((await other.json()) as { run_id: string }).run_id).not.toBe(run_id)
  })

  test('is refused for another request under the same key', async ({ desk }) => {
    desk.writeCampaign('welcome')
    await desk.send(path, keyed('k-1'))
    for (const options of [
      { body: '{"limit":1}', headers: { 'Content-Type': 'application/json' } },
      { body: '{"id":"c-9"}\n', headers: { 'Content-Type': 'application/x-ndjson' } },
    ]) {
      const headers = { ...keyed('k-1').headers, ...options.headers }
      const response = await desk.send(path, { method: 'POST', body: options.body, headers })
      expect([response.status, await response.json()]).toMatchObject([422, { code: 'HOOKCAST_API_KEY' }])
    }
    const elsewhere = await desk.send('/v1/campaigns/welcome/test', keyed('k-1'))
    expect(elsewhere.status).toBe(422)
  })

  test('is told to wait while the first is being worked on', async ({ openDesk }) => {
    const desk = await openDesk({ receiver: { answer: () => ({ delayMs: 200 }) } })
    desk.writeCampaign('welcome')
    const all = await Promise.all([1, 2, 3].map(() => desk.send('/v1/campaigns/welcome/test', keyed('k-1'))))
    const statuses = all.map(({ status }) => status).toSorted((a, b) => a - b)
    expect(statuses).toEqual([200, 409, 409])
    expect(all.find(({ status }) => status === 409)!.headers.get('Retry-After')).toBe('1')
    expect(desk.receiver.count).toBe(1)
  })

  test('may be mended and sent again when it was refused', async ({ desk }) => {
    desk.writeCampaign('welcome')
    desk.write('campaigns/welcome/customers.csv', 'id,name\nc-0\n')
    expect((await desk.send(path, keyed('k-1'))).status).toBe(422)
    desk.writeCampaign('welcome')
    expect((await desk.send(path, keyed('k-1'))).status).toBe(201)
  })

  test('says so when nobody knows what came of the first', async ({ desk }) => {
    desk.writeCampaign('welcome')
    await desk.send(path, keyed('k-1'))
    {
      using database = new DatabaseSync(join(desk.data, 'service.db'))
      database.exec('UPDATE answer SET status = NULL')
    }
    const response = await desk.send(path, keyed('k-1'))
    expect([response.status, await response.json()]).toMatchObject([409, { code: 'HOOKCAST_API_KEY' }])
  })

  test('keeps neither tokens nor customers for its repeats', async ({ desk }) => {
    desk.writeCampaign('welcome', { webhook: `body: '{"id": "{{ customer.id }}", "name": "{{ customer.name }}"}'` })
    const body = JSON.stringify({ name: 'board', role: 'viewer' })
    const json = { 'Content-Type': 'application/json' }
    const made = await desk.send('/v1/tokens', { method: 'POST', body, headers: { ...keyed('k-1').headers, ...json } })
    const { id, token } = (await made.json()) as { id: string; token: string }
    const again = await desk.send('/v1/tokens', { method: 'POST', body, headers: { ...keyed('k-1').headers, ...json } })
    expect(await again.json()).toMatchObject({ id, token: null })
    const tested = await desk.send('/v1/campaigns/welcome/test', keyed('k-2'))
    expect(JSON.stringify(await tested.json())).toContain('Ada')
    const retested = await desk.send('/v1/campaigns/welcome/test', keyed('k-2'))
    expect(await retested.json()).toMatchObject({ status: 'sent', customer_id: null, request: null })
    const erased = { method: 'POST', body: '{"customer_ids":["c-canary"]}' }
    await desk.send('/v1/customers/erase', { ...erased, headers: { ...keyed('k-3').headers, ...json } })
    const held = ['service.db', 'service.db-wal'].map((name) => readFileSync(join(desk.data, name), 'latin1')).join('')
    for (const text of [token.slice(3), 'Ada', 'c-0', 'c-canary']) expect(held).not.toContain(text)
  })

  test.for(['', 'a b', 'x'.repeat(256)])('refuses a key that is none: %s', async (key, { desk }) => {
    desk.writeCampaign('welcome')
    const response = await desk.send(path, keyed(key))
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'HOOKCAST_API_REQUEST' }])
  })
})
