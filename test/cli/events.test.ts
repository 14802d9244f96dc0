import { createHmac } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { Webhook } from 'svix'
import { describe, expect } from 'vitest'
import type { ReceiverOptions } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder, type RunningService } from '../support/service.ts'
import { test as base, type Desk, type Ended, type Going } from './fixture.ts'

const env = { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN }

/** `hookcast events` beside a service that runs, and the receiver that its endpoints may be. */
interface EventsDesk {
  readonly desk: Desk
  readonly service: RunningService
  readonly port: number
  events(...args: readonly string[]): Promise<Ended>
  object<T>(...args: readonly string[]): Promise<T>
  type(input: string, ...args: readonly string[]): Promise<Ended>
  start(...args: readonly string[]): Going
  /** Tells the app `acme` of an event, not by the command. */
  publish(payload: string, type?: string): Promise<void>
  untilAttempts(endpoint: string, count: number): Promise<void>
}

const ACME = '/api/v1/app/acme'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

type Open = (receiver?: ReceiverOptions) => Promise<EventsDesk>

/** `openAcme` has an app `acme` with an endpoint `main`, which is the receiver. */
const test = base.extend<{ openEvents: Open; openAcme: Open }>({
  openEvents: async ({ openDesk }, use) => {
    await using stack = new AsyncDisposableStack()
    await use(async (receiver) => {
      const desk = await openDesk(receiver)
      const port = await freePort()
      const ports = [new URL(desk.receiver.url).port, port].join(', ')
      const config = `
server: { listen: { admin: "127.0.0.1:0" } }
network: { events: { allow: ["127.0.0.0/8"], http: true, ports: [${ports}] } }
events: { retry: [1s] }
`
      const folder = stack.use(createServiceFolder({ 'hookcast.yaml': config, 'campaigns/.keep': '' }))
      const service = await folder.start()
      const typed = (args: readonly string[]): string[] => ['--data', folder.data, 'events', ...args]
      const events = (...args: readonly string[]): Promise<Ended> => desk.hookcast(typed(args), { env })
      return {
        desk,
        service,
        port,
        events,
        object: async (...args) => JSON.parse((await events(...args, '--json')).stdout) as never,
        type: (input, ...args) => desk.hookcast(typed(args), { env, input }),
        start: (...args) => desk.start(typed(args), { env }),
        publish: async (payload, eventType = 'user.created') => {
          const body = `{"eventType":"${eventType}","payload":${payload}}`
          expect((await service.call(`${ACME}/msg`, { method: 'POST', body })).status).toBe(202)
        },
        untilAttempts: async (endpoint, count) => {
          const attempts = async (): Promise<unknown> =>
            (await service.get(`${ACME}/attempt/endpoint/${endpoint}`))['data']
          await expect.poll(attempts, { timeout: 20_000 }).toHaveLength(count)
        },
      }
    })
  },
  openAcme: async ({ openEvents }, use) => {
    await use(async (receiver) => {
      const on = await openEvents(receiver)
      await on.service.call('/api/v1/app', { method: 'POST', body: '{"name":"Acme","uid":"acme"}' })
      const body = JSON.stringify({ uid: 'main', url: on.desk.receiver.url })
      expect((await on.service.call(`${ACME}/endpoint`, { method: 'POST', body })).status).toBe(201)
      return on
    })
  },
})

describe('hookcast events', { timeout: 60_000 }, () => {
  test('makes an app with an endpoint, tells it of an event, and says what became of it', async ({ openEvents }) => {
    const { desk, events, object, type, untilAttempts } = await openEvents()
    const { receiver } = desk
    const app = await events('create', 'app', 'Acme', '--uid', 'acme')
    expect(app.stdout).toMatch(/^app_\w{27}\n$/)
    expect((await events('create', 'app', 'Acme', '--uid', 'acme')).stdout).toBe(app.stdout)
    const schema = desk.write('schema.json', '{"type":"object"}')
    await events('create', 'type', 'user.created', '--description', 'A user', '--schema', schema)
    const url = `${receiver.url}/hook`
    const how = ['--types', 'user.created, user.deleted', '--retry', '5s,1m']
    const made = await object<{ readonly id: string }>('create', 'endpoint', 'acme', url, '--uid', 'main', ...how)
    expect(made).toMatchObject({ url, uid: 'main', eventTypes: ['user.created', 'user.deleted'], profile: 'svix' })
    expect(made).toMatchObject({ metadata: { 'hookcast.retry': '5s,1m' } })
    // Bytes that parsing and writing again would change.
    const payload = '{ "id": 1.0, "id": 12345678901234567890 }'
    const published = await type(payload, 'publish', 'acme', 'user.created', '--payload', '-', '--event-id', 'e-1')
    expect(published).toMatchObject({ code: 0, stdout: expect.stringMatching(/^msg_\w{27}\n$/) as string })
    await receiver.waitFor(1)
    expect(receiver.requests[0]!.body).toBe(payload)
    const id = published.stdout.trim()
    await untilAttempts('main', 1)
    expect((await events('list', 'attempts', 'acme', '--endpoint', 'main', '--status', 'sent')).stdout).toMatch(
      new RegExp(`^attempt +began +message .*\\natmpt_\\w+ {2}\\S+ \\S+ {2}${id} {2}${made.id} {2}sent +200 +\\d+\\n$`),
    )
    expect((await events('list', 'attempts', 'acme', '--message', 'e-1', '--status', 'failed')).stderr).toBe(
      'No attempts\n',
    )
    expect((await events('list', 'apps')).stdout).toMatch(/^app +uid +name +made\napp_\w+ {2}acme {2}Acme {2}2/)
    expect((await events('list', 'types')).stdout).toBe('event type    description\nuser.created  A user\n')
    expect((await events('list', 'endpoints', 'acme')).stdout).toContain(
      'main  active  svix     user.created,user.deleted',
    )
    expect(await object('list', 'messages', 'acme')).toMatchObject({ messages: [{ id, eventId: 'e-1' }] })
    expect((await events('resend', 'acme', 'e-1')).stdout).toBe(`e-1 is sent again to ${made.id}\n`)
    await receiver.waitFor(2)
    expect(receiver.requests[1]!.headers['svix-id']).toBe(id)
  })

  test('publishes for later', async ({ openAcme }) => {
    const { events, object } = await openAcme()
    const deliverAt = new Date(Date.now() + 86_400_000).toISOString()
    const later = (time: string): string[] => ['publish', 'acme', 'n', '{}', '--deliver-at', time]
    expect(await object(...later(deliverAt))).toMatchObject({ deliverAt })
    expect(await events(...later('tomorrow'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected `--deliver-at` to be a date and time such as') as string,
    })
  })

  test('publishes each line of NDJSON, and says which were refused', async ({ openAcme }) => {
    const { desk, events, object, type } = await openAcme()
    const line = (i: number): string => JSON.stringify({ eventType: 'n', payload: { n: i }, eventId: `e-${i}` })
    const lines = Array.from({ length: 300 }, (_, i) => line(i))
    const all = await type(`${lines.join('\n')}\n\n`, 'publish', 'acme', '--ndjson', '-')
    expect(all).toMatchObject({ code: 0, stdout: '300 accepted, 0 known already, 0 refused\n' })
    await desk.receiver.waitFor(300)
    expect(new Set(desk.receiver.requests.map(({ body }) => body)).size).toBe(300)
    const mixed = desk.write('mixed.ndjson', [line(0), '{"eventType":', line(300), '{"eventType":"n"}'].join('\n'))
    const some = await events('publish', 'acme', '--ndjson', mixed)
    expect(some).toMatchObject({ code: 1, stdout: '1 accepted, 1 known already, 2 refused\n' })
    expect(some.stderr).toMatch(/^line 2: .+\nline 4: expected `payload` to be JSON, got nothing\n$/)
    const { messages } = await object<{ messages: unknown[] }>('list', 'messages', 'acme', '--limit', '270')
    expect(messages).toHaveLength(270)
    expect(await events('publish', 'nobody', '--ndjson', mixed, '--json')).toMatchObject({ code: 1 })
    expect((await events('publish', 'acme', '--ndjson', '/nowhere')).stderr).toContain(
      'expected `--ndjson` to be a file',
    )
  })

  test('recovers what has failed, and replays what an endpoint never got', async ({ openAcme }) => {
    let status = 500
    const { desk, service, events, object, publish, untilAttempts } = await openAcme({ answer: () => ({ status }) })
    await publish('{"id":1}')
    await untilAttempts('main', 2)
    status = 200
    expect((await events('recover', 'acme', 'main', '--since', '1h', '--wait')).stdout).toBe('1 message is in line\n')
    await desk.receiver.waitFor(3)
    const headers = { 'Content-Type': 'application/json' }
    await service.call(`${ACME}/endpoint/main`, { method: 'PATCH', body: '{"disabled":true}', headers })
    await publish('{"id":2}')
    const since = new Date(Date.now() - 60_000).toISOString()
    const early = await events('replay', 'acme', 'main', '--since', since)
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('The endpoint is disabled') as string })
    expect((await events('restart', 'acme', 'main')).stdout).toBe('main was disabled and is active\n')
    const task = await object('replay', 'acme', 'main', '--since', since, '--wait')
    expect(task).toMatchObject({ status: 'finished', data: { messagesSent: 1 } })
    await desk.receiver.waitFor(4)
    expect(desk.receiver.requests[3]!.body).toBe('{"id":2}')
  })

  test('rotates a secret, and takes one from the environment', async ({ openAcme }) => {
    const { desk, events, publish } = await openAcme()
    const { stdout: before } = await events('secret', 'acme', 'main')
    const rotated = await events('rotate', 'acme', 'main', '--grace', '2h')
    expect(rotated.stdout).toContain('main signs with a new secret, the one before for 2h more')
    const { stdout: after } = await events('secret', 'acme', 'main')
    expect(after).not.toBe(before)
    await publish('{}')
    await desk.receiver.waitFor(1)
    const { body, headers } = desk.receiver.requests[0]!
    for (const secret of [before, after]) new Webhook(secret.trim()).verify(body, headers as Record<string, string>)
    const unset = await events('rotate', 'acme', 'main', '--secret-env', 'NOT_SET')
    expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining('variable that is set') as string })
  })

  test('listens for an app, shows what comes, and is no endpoint any more when it ends', async ({ openEvents }) => {
    const { service, events, start, port, publish, untilAttempts } = await openEvents()
    await events('create', 'app', 'Acme', '--uid', 'acme')
    const listening = start('listen', '--app', 'acme', '--port', String(port), '--types', 'user.*')
    await listening.untilTold(`listening on http://127.0.0.1:${port}/ for acme`)
    expect(await service.get(`${ACME}/endpoint`)).toMatchObject({ data: [{ eventTypes: ['user.*'] }] })
    await publish('{}', 'other')
    await publish('{"id":"\\u001b[2J"}')
    await untilAttempts(`listen-${port}`, 1)
    listening.signal('SIGINT')
    const { code, stdout, stderr } = await listening.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\S+ {2}POST {2}\/ {2}msg_\w+ {2}good\n {2}\{\n {4}"id": "\\u001b\[2J"\n {2}\}\n$/)
    expect(stderr).toContain('1 request, 1 good')
    expect(await service.get(`${ACME}/endpoint`)).toMatchObject({ data: [] })
  })

  test('prints a link to the portal of an app, which looks and changes nothing when it is read-only', async ({
    openAcme,
  }) => {
    const { events, object } = await openAcme()
    const [link = '', ...more] = (await events('portal', 'acme')).stdout.split('\n')
    expect(more).toEqual([''])
    expect(await (await fetch(link)).text()).toContain('/endpoints/new')
    const { url } = await object<{ readonly url: string }>('portal', 'acme', '--read-only', '--expiry', '2h')
    const page = await fetch(url)
    expect([page.status, (await page.text()).includes('/endpoints/new')]).toEqual([200, false])
    expect((await events('portal', 'nobody')).stderr).toContain('Not known to the service: app nobody\n')
    expect((await events('portal', 'acme', '--expiry', '8d')).code).toBe(2)
  })

  test('says what is not there, and who cannot be asked', async ({ openAcme }) => {
    const { desk, events } = await openAcme()
    const unknown = await events('list', 'endpoints', 'a/../b')
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Not known to the service: app a/../b\n') as string,
    })
    for (const [app, endpoint, missing] of [
      ['acme', 'nope', 'endpoint nope'],
      ['nobody', 'main', 'app nobody'],
    ] as const) {
      expect((await events('secret', app, endpoint)).stderr).toContain(`Not known to the service: ${missing}\n`)
    }
    const inside = await events('create', 'endpoint', 'acme', 'https://10.0.0.1/')
    expect(inside).toMatchObject({ code: 2, stderr: expect.stringContaining('expected `url` to be') as string })
    expect((await events('publish', 'acme', 'user.created', '{')).stderr).toContain('expected the payload to be JSON')
    expect((await events('publish', 'acme', 'user.created')).stderr).toContain('expected a payload behind the type')
    expect((await events('list', 'attempts', 'acme')).stderr).toContain('`--message` or `--endpoint` to be given')
    const nobody = await desk.hookcast(['events', 'list', 'apps'], { env })
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('No service runs on this') as string })
  })
})

describe('hookcast events verify', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const payload = '{"id": 1}'
  const at = new Date('2026-11-22T10:00:00Z')
  const headers = [
    'svix-id: msg_1',
    `svix-timestamp: ${at.getTime() / 1000}`,
    `svix-signature: ${new Webhook(secret).sign('msg_1', at, payload)}`,
  ]

  async function verify(desk: Desk, input: string, ...args: readonly string[]): Promise<Ended> {
    const given = args.includes('--header') ? [] : headers.flatMap((header) => ['--header', header])
    return await desk.hookcast(['events', 'verify', '--secret-env', 'SECRET', ...given, ...args], {
      input,
      env: { SECRET: secret },
    })
  }

  test('says that a signature is good', async ({ desk }) => {
    const when = ['--at', at.toISOString()]
    expect(await verify(desk, payload, ...when)).toMatchObject({ code: 0, stdout: 'good\n' })
    const { stdout } = await verify(desk, payload, '--json', ...when)
    expect(JSON.parse(stdout)).toEqual({ valid: true, problem: null })
  })

  test('says what is wrong with one that is not', async ({ desk }) => {
    const when = ['--at', at.toISOString()]
    const rewritten = await verify(desk, '{"id":1}', ...when)
    expect(rewritten.code).toBe(1)
    expect(rewritten.stdout).not.toContain(secret)
    expect((await verify(desk, `${payload} `, ...when)).stdout).toContain(
      'the signature fits the body, but not its bytes',
    )
    expect((await verify(desk, payload, '--at', '2026-11-22T10:10:00Z')).stdout).toContain(
      'the timestamp is 10 min old',
    )
    expect((await verify(desk, payload, '--header', 'svix-id: msg_1')).stdout).toBe('missing header: svix-signature\n')
    expect((await verify(desk, payload, '--profile', 'nobody')).stderr).toContain(
      'expected `--profile` to be one of svix,',
    )
  })

  test('knows the profiles of hookcast.yaml', async ({ desk }) => {
    desk.write(
      'hookcast.yaml',
      'events: { profiles: { acme: { header: X-Acme, content: "{body}", hash: sha256, encoding: hex, key_encoding: utf8 } } }',
    )
    const signature = createHmac('sha256', secret).update(payload).digest('hex')
    const args = ['--profile', 'acme', '--header', `X-Acme: ${signature}`]
    expect(await verify(desk, payload, ...args)).toMatchObject({ code: 0, stdout: 'good\n' })
  })
})

test('hookcast events listen verifies with a secret that it is given, and answers as it is told', async ({ desk }) => {
  const port = await freePort()
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
  const args = ['events', 'listen', '--port', String(port), '--secret-env', 'SECRET', '--status', '503', '--json']
  const listening = desk.start(args, { env: { SECRET: secret } })
  await listening.untilTold(`listening on http://127.0.0.1:${port}/`)
  const taken = await desk.hookcast(['events', 'listen', '--port', String(port)])
  expect(taken).toMatchObject({ code: 2, stderr: expect.stringContaining('a port that is free') as string })
  const now = new Date()
  const signed = {
    'svix-id': 'msg_1',
    'svix-timestamp': String(Math.floor(now.getTime() / 1000)),
    'svix-signature': new Webhook(secret).sign('msg_1', now, '{}'),
  }
  for (const body of ['{}', '{"other":1}']) {
    const answer = await fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', headers: signed, body })
    expect(answer.status).toBe(503)
  }
  listening.signal('SIGTERM')
  const { code, stdout, stderr } = await listening.ended
  expect(code).toBe(0)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines).toMatchObject([
    { method: 'POST', path: '/hook', verified: true, problem: null, body: '{}' },
    { verified: false, problem: 'none of 1 signature fits: another secret, or another body' },
  ])
  expect(stderr).toContain('2 requests, 1 good')
})
