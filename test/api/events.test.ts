import { describe, expect } from 'vitest'
import { fitsDocument, test, type ApiDesk, type Who } from './fixture.ts'

const isStarting = true
const path = { campaign: 'hello' }

function writeEventCampaign(desk: ApiDesk, webhook = ''): void {
  const lines = [
    'name: hello',
    'trigger: { event: user.registered }',
    'webhook:',
    `  url: "${desk.receiver.url}/v1/messages"`,
  ]
  desk.write(
    'campaigns/hello/campaign.yaml',
    [...lines, `  body: '{"id": "{{ customer.id }}"}'`, webhook, ''].join('\n'),
  )
}

const trigger = (id: string, type = 'user.registered'): string => JSON.stringify({ id, type, customer: { id } })

interface Sent {
  readonly body?: string
  readonly who?: Who
  readonly type?: string
}

async function posted(
  desk: ApiDesk,
  route: string,
  { body = '{}', who = 'operator', type = 'application/json' }: Sent = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await desk.send(`/v1/${route}`, { method: 'POST', body, who, headers: { 'Content-Type': type } })
  await fitsDocument(response, 'POST', `/v1/${route.replace('hello', '{campaign}')}`)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('a trigger', () => {
  test('is accepted once, and its customer called', async ({ openDesk }) => {
    const desk = await openDesk({ isStarting })
    writeEventCampaign(desk)
    expect((await posted(desk, 'triggers', { body: trigger('t-0') })).body).toMatchObject({ accepted: 0, unmatched: 1 })
    const { error } = await desk
      .client('operator')
      .POST('/v1/campaigns/{campaign}/activate', { params: { path }, body: {} })
    expect(error).toBeUndefined()
    expect(await posted(desk, 'triggers', { body: trigger('t-1') })).toEqual({
      status: 202,
      body: { accepted: 1, duplicate: 0, unmatched: 0, errors: [], more_errors: 0 },
    })
    expect((await posted(desk, 'triggers', { body: trigger('t-1') })).body).toMatchObject({ accepted: 0, duplicate: 1 })
    await desk.receiver.waitFor(1)
    expect(desk.receiver.requests.map(({ body }) => body)).toEqual(['{"id": "t-1"}'])
  })

  test('comes in a stream, whose bad lines are told', async ({ openDesk }) => {
    const desk = await openDesk({ isStarting, limits: { callsPerSecond: 1 } })
    writeEventCampaign(desk)
    await desk.client('admin').POST('/v1/campaigns/{campaign}/activate', { params: { path }, body: {} })
    const lines = [trigger('t-1'), 'broken', trigger('t-2'), trigger('t-2'), trigger('t-3', 'user.left'), '']
    const { status, body } = await posted(desk, 'triggers', { body: lines.join('\n'), type: 'application/x-ndjson' })
    expect([status, body]).toMatchObject([202, { accepted: 2, duplicate: 1, unmatched: 1, errors: [{ line: 2 }] }])
    // The rate of a token is not for these.
    for (let n = 0; n < 10; n++) expect((await posted(desk, 'triggers', { body: trigger('t-1') })).status).toBe(202)
  })

  test('is refused when it is none', async ({ openDesk }) => {
    const desk = await openDesk({ isStarting })
    const wrong = await posted(desk, 'triggers', { body: '{"id":"t-1"}' })
    expect(wrong).toMatchObject({ status: 422, body: { code: 'HOOKCAST_TRIGGER_INVALID' } })
    expect((await posted(desk, 'triggers', { body: 'x', type: 'text/plain' })).status).toBe(415)
    expect((await posted(desk, 'triggers', { body: trigger('t-1'), who: 'viewer' })).status).toBe(403)
    expect((await posted(desk, 'campaigns/hello/release', { who: 'viewer' })).status).toBe(403)
    expect((await desk.send('/v1/holds', { who: 'app' })).status).toBe(403)
  })
})

describe('a hold', () => {
  test('is listed, and released in order', async ({ openDesk }) => {
    let password = 'wrong'
    const desk = await openDesk({
      isStarting,
      receiver: { answer: () => (password === 'right' ? {} : { status: 401 }) },
    })
    writeEventCampaign(desk, '  concurrency: 1\n  abort: { client_error: 1 }')
    await desk.client('admin').POST('/v1/campaigns/{campaign}/activate', { params: { path }, body: {} })
    const ids = ['t-1', 't-2', 't-3']
    for (const id of ids) await posted(desk, 'triggers', { body: trigger(id) })
    const holds = async (): Promise<unknown[]> => {
      const response = await desk.send('/v1/holds', { who: 'viewer' })
      await fitsDocument(response, 'GET', '/v1/holds')
      return ((await response.json()) as { holds: unknown[] }).holds
    }
    await expect.poll(holds, { timeout: 30_000 }).toMatchObject([{ campaign: 'hello', rule: 'client_error' }])
    password = 'right'
    const released = await posted(desk, 'campaigns/hello/release')
    expect(released).toMatchObject({ status: 200, body: { campaign: 'hello' } })
    await desk.receiver.waitFor(3)
    expect(desk.receiver.requests.map(({ body }) => body)).toEqual(ids.map((id) => `{"id": "${id}"}`))
    expect(await holds()).toEqual([])
    expect((await posted(desk, 'campaigns/hello/release')).body).toMatchObject({ code: 'HOOKCAST_CAMPAIGN_STATE' })
    expect(desk.audit()[0]).toMatchObject({ action: 'hold.released', subject: 'hello', actor: { name: 'operator' } })
  })
})

test('a campaign of events is validated, and has no audience to try or start it with', async ({ openDesk }) => {
  const desk = await openDesk({ isStarting, surroundings: { isService: true } })
  writeEventCampaign(desk)
  const valid = await posted(desk, 'campaigns/hello/validate')
  expect(valid.body).toMatchObject({ is_valid: true, audience: null, problems: [] })
  const shown = await desk.client().GET('/v1/campaigns/{campaign}', { params: { path } })
  expect(shown.data).toMatchObject({ trigger: 'event', event: 'user.registered', audience: null })
  for (const route of ['preview', 'test', 'dry-run']) {
    const { status, body } = await posted(desk, `campaigns/hello/${route}`)
    expect([route, status, body['code']]).toEqual([route, 422, 'HOOKCAST_API_REQUEST'])
  }
  const type = 'application/x-ndjson'
  for (const sent of [{}, { body: '{"id":"u-1"}\n', type }]) {
    const { status, body } = await posted(desk, 'campaigns/hello/runs', sent)
    expect([status, body['code']]).toEqual([409, 'HOOKCAST_CAMPAIGN_STATE'])
  }
  expect(desk.receiver.count).toBe(0)
})

describe('versions', () => {
  test('are told, with when they were active and what changed', async ({ openDesk }) => {
    const desk = await openDesk({ isStarting })
    const client = desk.client('operator')
    writeEventCampaign(desk)
    await client.POST('/v1/campaigns/{campaign}/activate', { params: { path }, body: {} })
    writeEventCampaign(desk, '  concurrency: 7')
    const { data } = await client.GET('/v1/campaigns/{campaign}/versions', { params: { path } })
    expect(data).toMatchObject({
      versions: [
        { version: 2, is_active: false },
        { version: 1, is_active: true, files: ['campaign.yaml'] },
      ],
      history: [{ version: 1, activated_by: 'operator', deactivated_at: null }],
    })
    const diff = await client.GET('/v1/campaigns/{campaign}/diff', { params: { path, query: { from: 1, to: 2 } } })
    expect(diff.data!.diff).toContain('+  concurrency: 7')
    const unknown = await client.GET('/v1/campaigns/{campaign}/diff', { params: { path, query: { from: 1, to: 9 } } })
    expect(unknown.error).toMatchObject({ code: 'HOOKCAST_CAMPAIGN_UNKNOWN', status: 404 })
  })
})
