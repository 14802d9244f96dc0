import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/command-line.ts'
import { createReceiver, type Received, type Receiver } from '../support/receiver.ts'
import { createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

const CUSTOMERS = 120
const CONCURRENCY = 16
const BEFORE = 40

const customerOf = ({ body }: { readonly body: string }): string | null =>
  /"customer":"([^"]*)"/.exec(body)?.[1] ?? null

const rows = Array.from({ length: CUSTOMERS }, (_, i) => `{"id":"person-${i}","name":"Canary ${i}"}\n`).join('')

function campaignFor(receiver: Receiver, more = ''): string {
  return `name: spring
audience: none.ndjson
webhook:
  url: ${receiver.url}/v1/messages
  auth: { type: bearer, token: "\${TOKEN}" }
  concurrency: ${CONCURRENCY}
  body: '{"customer":"{{ customer.id }}","name":"{{ customer.name }}"}'
${more}`
}

function folderFor(receiver: Receiver, settings: string, more = ''): ServiceFolder {
  return createServiceFolder({
    'campaigns/spring/campaign.yaml': campaignFor(receiver, more),
    'hookcast.yaml': `env: [TOKEN]\nserver: { listen: { admin: "127.0.0.1:0" } }\n${settings}`,
  })
}

const ENV = { TOKEN: 'canary-token' }

/** Answers some requests at once, and holds the others until it is opened. */
function createGate(): { answer: (_: Received, n: number) => Promise<object>; open: () => void } {
  const gate = Promise.withResolvers<void>()
  return {
    answer: async (_, n) => {
      if (n >= BEFORE) await gate.promise
      return {}
    },
    open: () => gate.resolve(),
  }
}

async function startRun(service: RunningService): Promise<string> {
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const answer = await service.call('/v1/campaigns/spring/runs', { method: 'POST', headers, body: rows })
  expect(answer.status).toBe(201)
  return ((await answer.json()) as { run_id: string }).run_id
}

async function untilState(service: RunningService, runId: string, state: string): Promise<Record<string, unknown>> {
  await expect
    .poll(async () => (await service.get(`/v1/runs/${runId}`))['state'], { timeout: 30_000, interval: 100 })
    .toBe(state)
  return await service.get(`/v1/runs/${runId}`)
}

/** The keys under which each customer was called. */
function keysOf(requests: readonly Received[]): Map<string, (string | null)[]> {
  const keys = new Map<string, (string | null)[]>()
  for (const { customer, key } of requests) keys.set(customer ?? '', [...(keys.get(customer ?? '') ?? []), key])
  return keys
}

describe('a service', { timeout: 60_000 }, () => {
  it('that is killed goes on with its run when it starts again: nobody is lost, and nobody has two keys', async () => {
    const { answer, open } = createGate()
    await using receiver = await createReceiver({ answer, customerOf })
    await using folder = folderFor(receiver, '')
    const first = await folder.start(ENV)
    const runId = await startRun(first)
    await receiver.waitFor(BEFORE + CONCURRENCY)
    await first.end('SIGKILL')
    open()
    const second = await folder.start(ENV)
    const report = await untilState(second, runId, 'finished')
    expect(report).toMatchObject({ customers: CUSTOMERS, sent: CUSTOMERS, resumed: 1 })
    const keys = keysOf(receiver.requests)
    expect(keys.size).toBe(CUSTOMERS)
    for (const [customer, used] of keys) expect(new Set(used).size, customer).toBe(1)
    // What was in flight, and what had been answered but was not written down yet.
    expect(receiver.count - CUSTOMERS).toBeLessThanOrEqual(BEFORE + CONCURRENCY)
    const { lines } = await second.end('SIGTERM')
    expect(lines.map(({ msg }) => msg)).toEqual(
      expect.arrayContaining(['service.started', 'run.started', 'run.ended', 'service.stopped']),
    )
    expect(lines.find(({ msg }) => msg === 'run.started')).toMatchObject({ run_id: runId, is_resumed: true })
    const third = await folder.start(ENV)
    expect((await third.end('SIGTERM')).lines[0]).toMatchObject({ msg: 'service.started', runs_resumed: 0 })
  })

  it('that is asked to end lets what is in flight come to its end, and calls nobody twice', async () => {
    const { answer, open } = createGate()
    await using receiver = await createReceiver({ answer, customerOf })
    await using folder = folderFor(receiver, '')
    const first = await folder.start(ENV)
    const runId = await startRun(first)
    await receiver.waitFor(BEFORE + CONCURRENCY)
    const ending = first.end('SIGTERM')
    await first.command.untilStderr('Stopping: ')
    open()
    const { code, lines } = await ending
    expect(code).toBe(0)
    expect(lines.findLast(({ msg }) => msg === 'run.ended')).toMatchObject({ state: 'interrupted', in_doubt: 0 })
    expect(lines.at(-1)).toMatchObject({ msg: 'service.stopped', runs_left: 1 })
    expect(receiver.count).toBeLessThan(CUSTOMERS)
    const second = await folder.start(ENV)
    expect(await untilState(second, runId, 'finished')).toMatchObject({ sent: CUSTOMERS, resumed: 1 })
    expect(receiver.count).toBe(CUSTOMERS)
    expect(keysOf(receiver.requests).size).toBe(CUSTOMERS)
  })

  it('ends at once when it is asked twice', async () => {
    const { answer } = createGate()
    await using receiver = await createReceiver({ answer, customerOf })
    await using folder = folderFor(receiver, '')
    const service = await folder.start(ENV)
    await startRun(service)
    await receiver.waitFor(BEFORE + CONCURRENCY)
    // Not the same signal: two of them within half a second are taken for one wish, as npm passes on what a terminal has sent.
    const ending = service.end('SIGHUP')
    await service.command.untilStderr('Stopping: ')
    service.command.child.kill('SIGTERM')
    const { code, lines } = await ending
    expect(code).toBe(0)
    expect(lines.at(-1)).toMatchObject({ msg: 'service.stopped', runs_left: 1 })
  })

  it('writes a line for each run and each attempt that was not sent, counts them, and tells operators', async () => {
    const secret = `whsec_${randomBytes(32).toString('base64')}`
    await using operators = await createReceiver()
    await using receiver = await createReceiver({
      customerOf,
      answer: ({ customer }) => (customer === 'person-7' ? { status: 404, body: { secret: 'canary-answer' } } : {}),
    })
    await using folder = folderFor(
      receiver,
      `notify: { url: "${operators.url}/ops", secret: "\${NOTIFY_SECRET}" }`,
      '  answers: { 404: failed }',
    )
    const service = await folder.start({ ...ENV, NOTIFY_SECRET: secret })
    const runId = await startRun(service)
    await untilState(service, runId, 'finished')
    await operators.waitFor(1)
    const [notice] = operators.requests
    expect(new Webhook(secret).verify(notice!.body, notice!.headers as Record<string, string>)).toMatchObject({
      type: 'run.finished',
      data: { run_id: runId, campaign: 'spring', sent: CUSTOMERS - 1, failed: 1 },
    })
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toContain(`hookcast_attempts_total{campaign="spring",code="200"} ${CUSTOMERS - 1}`)
    expect(metrics).toContain('hookcast_attempts_total{campaign="spring",code="404"} 1')
    expect(metrics).toContain(`hookcast_customers_total{campaign="spring",status="sent"} ${CUSTOMERS - 1}`)
    expect(metrics).toContain('hookcast_customers_total{campaign="spring",status="failed"} 1')
    expect(metrics).toContain('hookcast_runs_ended_total{campaign="spring",state="finished"} 1')
    expect(metrics).not.toContain('hookcast_runs_active{')
    const { lines, stdout, stderr } = await service.end('SIGTERM')
    expect(lines.filter(({ msg }) => msg === 'attempt.ended')).toEqual([
      expect.objectContaining({ run_id: runId, seq: 7, outcome: 'refused', http_status: 404 }),
    ])
    expect(lines.filter(({ msg }) => msg === 'run.ended')).toEqual([
      expect.objectContaining({
        run_id: runId,
        state: 'finished',
        sent: CUSTOMERS - 1,
        failed: 1,
        attempts: CUSTOMERS,
      }),
    ])
    expect(stdout + stderr).not.toMatch(/canary|person-/i)
    expect(metrics).not.toMatch(/canary|person-/i)
    expect(stdout + stderr).not.toContain(secret)
  })

  it('says that it is alive and ready to whoever asks, and shows its metrics on the inner listener only', async () => {
    await using folder = createServiceFolder({
      'campaigns/none.txt': '',
      'hookcast.yaml': 'server: { listen: { admin: "127.0.0.1:0", public: "127.0.0.1:0" } }',
    })
    const { urls } = await folder.start()
    const [admin, strangers] = urls
    const statusOf = async (url: string | undefined, path: string): Promise<number> =>
      (await fetch(`${url}${path}`)).status
    for (const url of [admin, strangers]) {
      expect(await statusOf(url, '/healthz')).toBe(200)
      expect(await statusOf(url, '/readyz')).toBe(200)
    }
    expect(await statusOf(admin, '/metrics')).toBe(200)
    expect(await statusOf(admin, '/openapi.json')).toBe(200)
    expect(await statusOf(admin, '/v1/runs')).toBe(401)
    for (const path of ['/metrics', '/openapi.json', '/v1/runs', '/docs']) {
      expect(await statusOf(strangers, path), path).toBe(404)
    }
  })

  it('does not start where another has the data folder, or nobody could administrate it', async () => {
    await using folder = createServiceFolder({ 'campaigns/none.txt': '' })
    await folder.start()
    const args = ['serve', '--port', '0', '--data']
    const second = await runCommand([...args, folder.data], { HOOKCAST_ADMIN_TOKEN: 'x'.repeat(40) })
    expect(second.code).toBe(2)
    expect(second.stderr).toContain('HOOKCAST_SERVICE_RUNNING')
    const nobody = await runCommand([...args, `${folder.data}-2`])
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain('expected HOOKCAST_ADMIN_TOKEN or HOOKCAST_ADMIN_TOKEN_FILE to be set')
  })
})
