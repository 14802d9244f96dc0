import { existsSync, readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { test, type ApiDesk } from './fixture.ts'

const path = '/v1/campaigns/welcome/runs'

function uploadsOf({ data }: ApiDesk): string[] {
  return readdirSync(join(data, 'uploads'))
}

interface Sent {
  readonly body: NonNullable<RequestInit['body']>
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

async function upload(desk: ApiDesk, type: string, { body, headers = {}, query = '' }: Sent): Promise<Response> {
  return await desk.send(`${path}${query}`, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'Content-Type': type, ...headers },
  })
}

describe('an audience that is sent', () => {
  test.for([
    ['application/x-ndjson', '{"id":"u-1"}\n{"id":"u-2"}\n', {}],
    ['text/csv; charset=utf-8', 'id\nu-1\nu-2\n', {}],
    ['text/tab-separated-values', 'id\tname\nu-1\tAda\nu-2\tBob\n', {}],
    ['application/x-ndjson', gzipSync('{"id":"u-1"}\n{"id":"u-2"}\n'), { 'Content-Encoding': 'gzip' }],
  ] as const)('is called, and gone from the uploads: %s', async ([type, body, headers], { desk }) => {
    desk.writeCampaign('welcome')
    const response = await upload(desk, type, { body, headers })
    expect([response.status, await response.json()]).toMatchObject([201, { run_id: expect.any(String) as string }])
    expect(uploadsOf(desk)).toEqual([])
    await desk.untilIdle()
    expect(desk.receiver.requests.map(({ body }) => body).toSorted()).toEqual(['{"id": "u-1"}', '{"id": "u-2"}'])
  })

  test('is not read when there is no such campaign', async ({ desk }) => {
    const endless = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('{"id":"u-1"}\n')),
    })
    const response = await upload(desk, 'application/x-ndjson', { body: endless })
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'HOOKCAST_CAMPAIGN_UNKNOWN' }])
    expect(uploadsOf(desk)).toEqual([])
  })

  test('is told in the query how to run', async ({ desk }) => {
    desk.writeCampaign('welcome', {
      top: 'params: { shop: Acme }',
      webhook: `body: '{"id": "{{ customer.id }}", "shop": "{{ params.shop }}"}'`,
    })
    const query = `?limit=1&skip_bad_rows=true&params=${encodeURIComponent('{"shop":"Other"}')}`
    const response = await upload(desk, 'application/x-ndjson', { body: '{"id":"u-1"}\nbroken\n{"id":"u-2"}\n', query })
    expect(response.status).toBe(201)
    await desk.untilIdle()
    expect(desk.receiver.requests.map(({ body }) => body)).toEqual(['{"id": "u-1", "shop": "Other"}'])
    for (const wrong of [
      '?limit=0',
      '?limit=x',
      '?params=%5B%5D',
      '?skip_bad_rows=yes',
      '?limits=1',
      '?pause_after=x',
    ]) {
      expect((await upload(desk, 'application/x-ndjson', { body: '{"id":"u-1"}\n', query: wrong })).status, wrong).toBe(
        400,
      )
    }
    expect(uploadsOf(desk)).toEqual([])
  })

  test('is refused with its bad rows, and gone', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const response = await upload(desk, 'application/x-ndjson', { body: '{"id":"u-1"}\nbroken\n' })
    const problem = (await response.json()) as { problems: { at: string }[]; detail: string }
    expect([response.status, problem]).toMatchObject([422, { code: 'HOOKCAST_AUDIENCE_INVALID' }])
    expect(problem.problems[0]!.at).toMatch(/^upload-[\w-]+\.ndjson:2/)
    expect(JSON.stringify(problem)).not.toContain(desk.folder)
    expect(uploadsOf(desk)).toEqual([])
  })

  test('is refused when it is larger than may be, or is no audience', async ({ openDesk }) => {
    const desk = await openDesk({ limits: { uploadBytes: 1000 } })
    desk.writeCampaign('welcome')
    const large = await upload(desk, 'text/csv', { body: `id\n${'u-1\n'.repeat(1000)}` })
    expect([large.status, await large.json()]).toMatchObject([413, { code: 'HOOKCAST_API_REQUEST' }])
    expect((await upload(desk, 'application/pdf', { body: 'x' })).status).toBe(415)
    expect((await upload(desk, 'text/csv', { body: 'id\nu-1\n', headers: { 'Content-Encoding': 'br' } })).status).toBe(
      415,
    )
    expect(
      (await upload(desk, 'application/json', { body: `{"params":{"a":"${'x'.repeat(1_100_000)}"}}` })).status,
    ).toBe(413)
    expect(uploadsOf(desk)).toEqual([])
    expect(desk.receiver.count).toBe(0)
  })

  test('leaves nothing when its sender goes away', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const headers = { Authorization: `Bearer ${desk.tokens.admin}`, 'Content-Type': 'application/x-ndjson' }
    const leaving = request(`${desk.url}${path}`, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': 1_000_000 },
    })
    leaving.on('error', () => undefined)
    leaving.write('{"id":"u-1"}\n'.repeat(1000))
    await expect.poll(() => uploadsOf(desk).length, { timeout: 20_000 }).toBe(1)
    leaving.destroy()
    await expect.poll(() => uploadsOf(desk), { timeout: 20_000 }).toEqual([])
    const { data } = await desk.client().GET('/v1/runs', {})
    expect(data!.runs).toEqual([])
    expect(existsSync(join(desk.data, 'runs'))).toBe(false)
  })

  test('of any size takes no more memory than another', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const block = Buffer.from(`{"id":"u-1","note":"${'x'.repeat(980)}"}\n`.repeat(1000))
    const blocks = 200
    let sent = 0
    let highest = 0
    const before = process.memoryUsage().rss
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        highest = Math.max(highest, process.memoryUsage().rss)
        // The last line is no row: it is refused once all of it is there, and nobody is called.
        if (sent++ < blocks) controller.enqueue(block)
        else {
          controller.enqueue(Buffer.from('end\n'))
          controller.close()
        }
      },
    })
    const response = await upload(desk, 'application/x-ndjson', { body })
    expect([response.status, await response.json()]).toMatchObject([422, { code: 'HOOKCAST_AUDIENCE_INVALID' }])
    expect(sent).toBe(blocks + 1)
    // 200 MB went through: client and server, which are one process here, hold a fraction of it.
    expect(highest - before).toBeLessThan(100 * 1024 * 1024)
  })
})
