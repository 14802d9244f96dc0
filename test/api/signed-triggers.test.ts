import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { describe, expect } from 'vitest'
import { secretFrom } from '../../src/profile/profile.ts'
import { fitsDocument, test, type ApiDesk } from './fixture.ts'

const encoded = (): string => `whsec_${randomBytes(32).toString('base64')}`
const SHOP = encoded()
const SHOP_BEFORE = encoded()
const CRM = encoded()
const triggerSources = new Map([
  ['shop', [SHOP, SHOP_BEFORE].map((secret) => secretFrom(secret)!)],
  ['crm', [secretFrom(CRM)!]],
])
const setup = { isStarting: true, triggerSources } as const
const payload = (id: string): string =>
  JSON.stringify({ type: 'user.registered', timestamp: new Date().toISOString(), data: { id, name: 'Ada' } })

interface Sent {
  readonly id: string
  readonly source?: string
  readonly secret?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function send(desk: ApiDesk, { id, source = 'shop', secret = SHOP, body = payload(id), headers }: Sent) {
  const at = new Date()
  const response = await fetch(`${desk.url}/v1/triggers/${source}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
      ...headers,
    },
    body,
  })
  await fitsDocument(response, 'POST', '/v1/triggers/{source}')
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function activate(desk: ApiDesk): Promise<void> {
  const lines = [
    'name: hello',
    'trigger: { event: user.registered }',
    'webhook:',
    `  url: "${desk.receiver.url}/v1/messages"`,
    `  body: '{"id": "{{ customer.id }}", "event": "{{ event.id }}"}'`,
    '  concurrency: 1',
    '',
  ]
  desk.write('campaigns/hello/campaign.yaml', lines.join('\n'))
  const params = { path: { campaign: 'hello' } }
  await desk.client().POST('/v1/campaigns/{campaign}/activate', { params, body: {} })
}

describe('a signed trigger', () => {
  test('calls the campaigns that listen to its type, once for its id', async ({ openDesk }) => {
    const desk = await openDesk(setup)
    await activate(desk)
    const counts = { accepted: 0, duplicate: 0, unmatched: 0, errors: [], more_errors: 0 }
    expect(await send(desk, { id: 'msg_1' })).toEqual({ status: 202, body: { ...counts, accepted: 1 } })
    expect(await send(desk, { id: 'msg_1' })).toEqual({ status: 202, body: { ...counts, duplicate: 1 } })
    expect(await send(desk, { id: 'msg_2', secret: SHOP_BEFORE })).toMatchObject({ body: { accepted: 1 } })
    await desk.receiver.waitFor(2)
    expect(desk.receiver.requests.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { id: 'msg_1', event: 'msg_1' },
      { id: 'msg_2', event: 'msg_2' },
    ])
  })

  test('has an id of its own beside those of other sources and of tokens', async ({ openDesk }) => {
    const desk = await openDesk(setup)
    await activate(desk)
    const trigger = JSON.stringify({ id: 'msg_1', type: 'user.registered', customer: { id: 'msg_1' } })
    const plain = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: trigger }
    expect(await send(desk, { id: 'msg_1' })).toMatchObject({ body: { accepted: 1 } })
    expect(await send(desk, { id: 'msg_1', source: 'crm', secret: CRM })).toMatchObject({ body: { accepted: 1 } })
    expect(await (await desk.send('/v1/triggers', plain)).json()).toMatchObject({ accepted: 1 })
    expect(await send(desk, { id: 'msg_1' })).toMatchObject({ body: { duplicate: 1 } })
  })

  test('is refused alike with the signature of another source and for one that there is not', async ({ openDesk }) => {
    const desk = await openDesk(setup)
    await activate(desk)
    const refusals = [
      await send(desk, { id: 'msg_1', secret: CRM }),
      await send(desk, { id: 'msg_1', source: 'nobody' }),
      await send(desk, { id: 'msg_1', source: '__proto__' }),
    ]
    for (const refusal of refusals) expect(refusal).toEqual(refusals[0])
    expect(refusals[0]).toMatchObject({ status: 401, body: { code: 'HOOKCAST_API_DENIED' } })
    // A token is none.
    const bearer = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: payload('msg_1') }
    expect((await desk.send('/v1/triggers/shop', bearer)).status).toBe(401)
    expect(desk.receiver.count).toBe(0)
  })

  test('is refused when it is signed, and none', async ({ openDesk }) => {
    const desk = await openDesk(setup)
    const wrong = await send(desk, { id: 'msg_1', body: '{"type":"a"}' })
    expect(wrong).toMatchObject({ status: 422, body: { code: 'HOOKCAST_TRIGGER_INVALID' } })
    expect((await send(desk, { id: 'msg_1', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415)
    expect(desk.unexpected).toEqual([])
  })

  test('is not read beyond the size of a trigger', async ({ openDesk }) => {
    const desk = await openDesk(setup)
    const { hostname, port } = new URL(desk.url)
    const socket = connect(Number(port), hostname)
    // Only the length is told: who waits for the body waits for ever.
    socket.write('POST /v1/triggers/shop HTTP/1.1\r\nHost: a\r\nContent-Length: 131073\r\n\r\n')
    const [answer] = (await new Promise<Buffer[]>((resolve) => socket.once('data', (data) => resolve([data])))).map(
      String,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    socket.destroy()
    const chunked = fetch(`${desk.url}/v1/triggers/shop`, {
      method: 'POST',
      body: new Blob([Buffer.alloc(140_000)]).stream(),
      duplex: 'half',
    })
    expect((await chunked).status).toBe(413)
  })

  test('is held up where too many were not believed', async ({ openDesk }) => {
    const desk = await openDesk({ ...setup, limits: { failedLogins: 2 } })
    const statuses = [1, 2, 3].map(() => send(desk, { id: 'msg_1', secret: CRM }).then(({ status }) => status))
    expect((await Promise.all(statuses)).toSorted((a, b) => a - b)).toEqual([401, 401, 429])
    await activate(desk)
    expect((await send(desk, { id: 'msg_1' })).status).toBe(202)
  })
})
