import { describe, expect } from 'vitest'
import { test, type ApiDesk } from './fixture.ts'

const failing = { answer: ({ body }: { body: string }) => (body.includes('c-1') ? { body: { success: false } } : {}) }

/** A run with one call at a time, 20 ms each: long enough to be met in the middle. */
async function goingOn(desk: ApiDesk): Promise<string> {
  desk.writeCampaign('slow', { webhook: 'concurrency: 1' })
  desk.write('campaigns/slow/customers.csv', `id\n${Array.from({ length: 2000 }, (_, i) => `c-${i}\n`).join('')}`)
  const { data } = await desk.client().POST('/v1/campaigns/{campaign}/runs', { params: { path: { campaign: 'slow' } } })
  await desk.receiver.waitFor(2)
  return data!.run_id
}

describe('a run', () => {
  test('is started, goes its way, and is reported', async ({ openDesk }) => {
    const desk = await openDesk({ receiver: failing })
    desk.writeCampaign('welcome')
    const client = desk.client('operator')
    const { data, response } = await client.POST('/v1/campaigns/{campaign}/runs', {
      params: { path: { campaign: 'welcome' } },
    })
    expect(response.status).toBe(201)
    expect(response.headers.get('Location')).toBe(`/v1/runs/${data!.run_id}`)
    await desk.untilIdle()
    const params = { path: { run_id: data!.run_id } }
    const report = await client.GET('/v1/runs/{run_id}', { params })
    expect(report.data).toMatchObject({ state: 'finished', customers: 3, sent: 2, failed: 1, campaign: 'welcome' })
    const { data: kept } = await client.GET('/v1/runs/{run_id}/campaign', { params })
    expect(Object.keys(kept!.files)).toEqual(['campaign.yaml'])
    expect(desk.audit()).toMatchObject([{ action: 'run.started', subject: data!.run_id, actor: { name: 'operator' } }])
  })

  test('takes params, another file of the folder, and a limit', async ({ desk }) => {
    const body = `body: '{"id": "{{ customer.id }}", "shop": "{{ params.shop }}"}'`
    desk.writeCampaign('welcome', { top: 'params: { shop: Acme }', webhook: body })
    desk.write('campaigns/welcome/other.ndjson', '{"id":"o-1"}\n{"id":"o-2"}\n')
    const { data } = await desk.client().POST('/v1/campaigns/{campaign}/runs', {
      params: { path: { campaign: 'welcome' } },
      body: { audience: 'other.ndjson', params: { shop: 'Other' }, limit: 1 },
    })
    await desk.untilIdle()
    expect(desk.receiver.requests.map(({ body }) => body)).toEqual(['{"id": "o-1", "shop": "Other"}'])
    const { data: report } = await desk
      .client()
      .GET('/v1/runs/{run_id}', { params: { path: { run_id: data!.run_id } } })
    expect(report).toMatchObject({ state: 'interrupted', sent: 1, pending: 1 })
  })

  test('pauses at a share, resumes, and is done', async ({ desk }) => {
    desk.writeCampaign('welcome')
    const client = desk.client('operator')
    const { data } = await client.POST('/v1/campaigns/{campaign}/runs', {
      params: { path: { campaign: 'welcome' } },
      body: { pause_after: '34%' },
    })
    await desk.untilIdle()
    const params = { path: { run_id: data!.run_id } }
    const paused = await client.GET('/v1/runs/{run_id}', { params })
    expect(paused.data).toMatchObject({ state: 'paused', sent: 2, pending: 1 })
    await client.POST('/v1/runs/{run_id}/resume', { params })
    await desk.untilIdle()
    const done = await client.GET('/v1/runs/{run_id}', { params })
    expect(done.data).toMatchObject({ state: 'finished', sent: 3, resumed: 1 })
    const again = await client.POST('/v1/runs/{run_id}/pause', { params })
    expect(again.error).toMatchObject({ code: 'HOOKCAST_RUN_STATE', status: 409 })
  })

  test('is paused, followed meanwhile, and cancelled', async ({ openDesk }) => {
    const desk = await openDesk({ receiver: { answer: () => ({ delayMs: 20 }) } })
    const run_id = await goingOn(desk)
    const client = desk.client('operator')
    const params = { path: { run_id } }
    const followed = desk.send(`/v1/runs/${run_id}/progress`, { who: 'viewer' })
    const { body } = await followed
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
    const { value: first } = await reader.read()
    expect(first).toMatch(/^event: progress\ndata: \{.*"state":"running"/)
    const twice = await client.POST('/v1/runs/{run_id}/resume', { params })
    expect(twice.error).toMatchObject({ code: 'HOOKCAST_RUN_IN_USE', status: 409 })
    const replay = await client.POST('/v1/runs/{run_id}/replay', { params, body: {} })
    expect(replay.error).toMatchObject({ code: 'HOOKCAST_RUN_IN_USE' })
    const paused = await client.POST('/v1/runs/{run_id}/pause', { params })
    expect(paused.data).toMatchObject({ state: 'paused' })
    let rest = ''
    for (let next = await reader.read(); !next.done; next = await reader.read()) rest += next.value
    expect(rest.split('\n\n').at(-2)).toMatch(/^event: end\ndata: \{.*"state":"paused"/)
    const cancelled = await client.POST('/v1/runs/{run_id}/cancel', { params })
    expect(cancelled.data?.state).toBe('cancelled')
    expect(cancelled.data!.sent + cancelled.data!.aborted).toBe(2000)
    expect(desk.audit().map(({ action }) => action)).toEqual(['run.cancelled', 'run.paused', 'run.started'])
  })

  test('is replayed with those that failed', async ({ openDesk }) => {
    let isMended = false
    const desk = await openDesk({ receiver: { answer: (request) => (isMended ? {} : failing.answer(request)) } })
    desk.writeCampaign('welcome')
    const { run_id } = await desk.ran('welcome')
    const client = desk.client('operator')
    const params = { path: { run_id } }
    const counted = await client.POST('/v1/runs/{run_id}/replay', { params, body: { count_only: true } })
    expect(counted.data).toEqual({
      run_id: null,
      replay_of: run_id,
      customers: 1,
      by_status: { failed: 1 },
      by_reason: { refused: 1 },
      kept: 0,
      sent_since: 0,
    })
    isMended = true
    const { data } = await client.POST('/v1/runs/{run_id}/replay', { params, body: { reason: ['refused'] } })
    await desk.untilIdle()
    const report = await client.GET('/v1/runs/{run_id}', { params: { path: { run_id: data!.run_id! } } })
    expect(report.data).toMatchObject({ state: 'finished', customers: 1, sent: 1 })
    const none = await client.POST('/v1/runs/{run_id}/replay', { params, body: {} })
    expect(none.data).toMatchObject({ run_id: null, customers: 0, sent_since: 1 })
  })

  test('refuses an audience with all that is wrong in it, and leaves nothing behind', async ({ desk }) => {
    desk.writeCampaign('welcome')
    desk.write('campaigns/welcome/customers.csv', 'id,name\nc-0\nc-1,Bob,more\n')
    const { error } = await desk.client().POST('/v1/campaigns/{campaign}/runs', {
      params: { path: { campaign: 'welcome' } },
    })
    expect(error).toMatchObject({
      code: 'HOOKCAST_AUDIENCE_INVALID',
      status: 422,
      type: '/docs#HOOKCAST_AUDIENCE_INVALID',
    })
    expect(error!.problems.map(({ at }) => at)).toEqual(['customers.csv:2', 'customers.csv:3'])
    const { data } = await desk.client().GET('/v1/runs', {})
    expect(data).toEqual({ runs: [], next_cursor: null })
    expect(desk.audit()).toEqual([])
  })
})

describe('results', () => {
  test('come as lines, of those that are asked for', async ({ openDesk }) => {
    const desk = await openDesk({ receiver: failing })
    desk.writeCampaign('welcome')
    const { run_id } = await desk.ran('welcome')
    const lines = async (query: string): Promise<string[]> =>
      (await (await desk.send(`/v1/runs/${run_id}/results${query}`)).text()).trimEnd().split(/\r?\n/)
    const all = (await lines('')).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(all.map(({ customer_id, status }) => [customer_id, status])).toEqual([
      ['c-0', 'sent'],
      ['c-1', 'failed'],
      ['c-2', 'sent'],
    ])
    expect(await lines('?status=failed,aborted')).toHaveLength(1)
    const csv = await lines('?format=csv&status=sent')
    expect(csv[0]).toMatch(/^customer_id,status,reason/)
    expect(csv).toHaveLength(3)
    const wrong = await desk.client().GET('/v1/runs/{run_id}/results', {
      params: { path: { run_id }, query: { status: 'lost' } },
    })
    expect(wrong.error).toMatchObject({ code: 'HOOKCAST_API_REQUEST', status: 400 })
  })
})

describe('the list of runs', () => {
  test('is read page by page, newest first, and by campaign and state', async ({ desk }) => {
    desk.writeCampaign('one')
    desk.writeCampaign('two')
    const ids: string[] = []
    for (const name of ['one', 'two', 'one']) ids.unshift((await desk.ran(name)).run_id)
    const client = desk.client('viewer')
    const first = await client.GET('/v1/runs', { params: { query: { limit: 2 } } })
    expect(first.data!.runs.map(({ run_id }) => run_id)).toEqual(ids.slice(0, 2))
    const rest = await client.GET('/v1/runs', { params: { query: { limit: 2, cursor: first.data!.next_cursor! } } })
    expect(rest.data).toMatchObject({ runs: [{ run_id: ids[2] }], next_cursor: null })
    const ofOne = await client.GET('/v1/runs', { params: { query: { campaign: 'one', limit: 1 } } })
    expect(ofOne.data).toMatchObject({ runs: [{ run_id: ids[0] }], next_cursor: ids[0] })
    const going = await client.GET('/v1/runs', { params: { query: { state: 'running' } } })
    expect(going.data!.runs).toEqual([])
  })
})
