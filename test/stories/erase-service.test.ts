import { expect, it } from 'vitest'
import { filesHolding } from '../privacy/fixture.ts'
import { runCommand, type Finished } from '../support/command-line.ts'
import { createReceiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder, type RunningService } from '../support/service.ts'

const ZOFIE = { member: 'm-4711', name: 'Žofie Nováčková', email: 'zofie.novackova@example.com' }
const OTHER = { member: 'm-5', name: 'Somebody Else', email: 'else@example.com' }
const TRACES = [...Object.values(ZOFIE), 'Lesná 12']

const customerOf = ({ body }: { readonly body: string }): string => (JSON.parse(body) as typeof ZOFIE).member

/** Answers nobody as usual: whoever is called is repeated. */
function said(body: string, status = 200): object {
  return { status, body: { success: true, result: { code: 'ok' }, echo: JSON.parse(body) as object } }
}

async function send(service: RunningService, triggers: readonly object[]): Promise<unknown> {
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const body = triggers.map((trigger) => `${JSON.stringify({ type: 'moved', ...trigger })}\n`).join('')
  return await (await service.call('/v1/triggers', { method: 'POST', headers, body })).json()
}

async function post(service: RunningService, path: string, body: object = {}): Promise<Record<string, unknown>> {
  const headers = { 'Content-Type': 'application/json' }
  const answer = await service.call(path, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(answer.ok, await answer.clone().text()).toBe(true)
  return (await answer.json()) as Record<string, unknown>
}

const others = (from: number, to: number): object[] =>
  Array.from({ length: to - from }, (_, i) => ({
    id: `t-${from + i}`,
    customer: { ...OTHER, member: `o-${from + i}` },
  }))
const zofies = (...ids: readonly string[]): object[] =>
  ids.map((id) => ({ id, customer: ZOFIE, event: { street: 'Lesná 12' } }))

it(
  'a customer is erased from the open run of events and the inbox of a service that goes on with all others, and nobody loses their turn',
  { timeout: 120_000 },
  async () => {
    let answers: 'well' | 'badly' | 'not' = 'well'
    await using receiver = await createReceiver({
      customerOf,
      answer: ({ body, customer }) => {
        if (answers === 'well' || customer === OTHER.member) return said(body)
        return said(body, answers === 'badly' ? 503 : 401)
      },
    })
    await using folder = createServiceFolder({
      'campaigns/moved/campaign.yaml': `name: moved
trigger: { event: moved }
customer_id: member
audience: none.ndjson
webhook:
  url: ${receiver.url}/v1/messages
  concurrency: 1
  response_handling: json
  event_properties: { mail: "{{ response.body.echo.email }}" }
  body: '{{ customer | tojson }}'
`,
      'campaigns/moved/none.ndjson': '',
      'hookcast.yaml': 'server: { listen: { admin: "127.0.0.1:0" } }\n',
    })
    const hookcast = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Finished> =>
      runCommand([...args, '--data', folder.data], env)
    const asAdmin = { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN }
    const service = await folder.start()
    await post(service, '/v1/campaigns/moved/activate')
    // One is sent, one waits for a retry, five hold the campaign, one has not begun, and the rest is in the inbox.
    await send(service, zofies('t-zofie-1'))
    await receiver.waitFor(1)
    answers = 'badly'
    await send(service, zofies('t-zofie-2'))
    await receiver.waitFor(2)
    answers = 'not'
    await send(service, [...others(0, 5), ...zofies('t-zofie-3'), ...others(5, 8)])
    await receiver.waitFor(7)
    await expect.poll(async () => (await service.get('/v1/holds'))['holds']).toHaveLength(1)
    await send(service, [...zofies('t-m-4711-4', 't-zofie-5'), ...others(8, 10)])
    expect(filesHolding(folder.data, TRACES)).not.toEqual([])
    // What is in a run leaves the inbox a moment later.
    const read = (): Promise<Record<string, unknown>> =>
      post(service, '/v1/customers/export', { customer_id: ZOFIE.member })
    await expect
      .poll(read, { timeout: 20_000 })
      .toMatchObject({ found: { runs: 1, rows: 3, triggers: 2 }, unreadable: [] })
    expect((await read())['triggers']).toMatchObject([{ trigger: { id: 't-m-4711-4', customer: ZOFIE } }, {}])

    const alone = await hookcast(['erase', '--customer', 'nobody', '--yes'])
    expect(alone).toMatchObject({ code: 1 })
    expect(alone.stderr).toContain('A service has this data folder: what waits in its inbox')
    const erased = await hookcast(['erase', '--customer', ZOFIE.member, '--yes', '--json'], asAdmin)
    expect(erased.code, erased.stderr).toBe(0)
    expect(JSON.parse(erased.stdout)).toMatchObject({ found: 1, runs: [{ rows: 3 }], triggers: 2, left: [] })
    expect(filesHolding(folder.data, TRACES)).toEqual([])

    answers = 'well'
    await post(service, '/v1/campaigns/moved/release')
    await receiver.waitFor(12)
    expect(receiver.requests.slice(7).map(({ customer }) => customer)).toEqual(['o-5', 'o-6', 'o-7', 'o-8', 'o-9'])
    // What comes later is new; so is a trigger whose id had told who it was for.
    expect(await send(service, zofies('t-m-4711-4', 't-zofie-5', 't-zofie-6'))).toMatchObject({
      accepted: 2,
      duplicate: 1,
    })
    await receiver.waitFor(14)
    await post(service, '/v1/customers/erase', { customer_ids: [ZOFIE.member] })
    expect(filesHolding(folder.data, TRACES)).toEqual([])

    // Without a service the command line does it all.
    answers = 'not'
    await send(service, others(20, 25))
    await receiver.waitFor(19)
    await expect.poll(async () => (await service.get('/v1/holds'))['holds']).toHaveLength(1)
    await send(service, zofies('t-zofie-7'))
    const { lines } = await service.end('SIGTERM')
    expect(lines.filter(({ msg }) => msg === 'service.failed')).toEqual([])
    expect(filesHolding(folder.data, TRACES)).not.toEqual([])
    const gone = await hookcast(['erase', '--customer', ZOFIE.member, '--yes'])
    expect(gone).toMatchObject({ code: 0 })
    expect(gone.stdout).toContain('Dropped 1 trigger that waited in the inbox')
    expect(filesHolding(folder.data, TRACES)).toEqual([])
  },
)
