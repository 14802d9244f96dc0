import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand, type Finished } from '../support/command-line.ts'
import { createReceiver, type Receiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

const customerOf = ({ body }: { readonly body: string }): string | null =>
  /"customer":"([^"]*)"/.exec(body)?.[1] ?? null

function folderFor(receiver: Receiver, operators: Receiver): ServiceFolder {
  return createServiceFolder({
    'campaigns/welcome/campaign.yaml': `name: welcome
trigger: { event: user.registered }
audience: none.ndjson
webhook:
  url: ${receiver.url}/v1/messages
  concurrency: 1
  body: '{"customer":"{{ customer.customer_id }}","plan":"{{ event.plan }}"}'
`,
    'campaigns/welcome/none.ndjson': '',
    'hookcast.yaml': `server: { listen: { admin: "127.0.0.1:0", public: "127.0.0.1:0" } }
notify: { on: [webhook.held], url: "${operators.url}", secret: "\${NOTIFY_SECRET}" }
`,
  })
}

const ENV = { NOTIFY_SECRET: `whsec_${randomBytes(32).toString('base64')}` }

function hookcast(folder: ServiceFolder, ...args: readonly string[]): Promise<Finished> {
  return runCommand([...args, '--data', folder.data], { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN })
}

async function trigger(service: RunningService, from: number, to: number): Promise<unknown> {
  const body = Array.from({ length: to - from }, (_, i) => {
    const customer = { customer_id: `c-${from + i}` }
    return `${JSON.stringify({ id: `t-${from + i}`, type: 'user.registered', customer, event: { plan: 'pro' } })}\n`
  }).join('')
  // Where strangers may send them.
  const answer = await fetch(`${service.urls[1]}/v1/triggers`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${ADMIN_TOKEN}`, 'Content-Type': 'application/x-ndjson' },
    body,
  })
  expect(answer.status).toBe(202)
  return await answer.json()
}

describe('a service with an event campaign', { timeout: 90_000 }, () => {
  it('holds it after five 401s, keeps what comes, over a kill, and sends all of it in order once it is released', async () => {
    let isRevoked = false
    await using operators = await createReceiver()
    await using receiver = await createReceiver({ customerOf, answer: () => (isRevoked ? { status: 401 } : {}) })
    await using folder = folderFor(receiver, operators)
    const activated = await hookcast(folder, 'activate', 'welcome', '--campaigns', join(folder.path, 'campaigns'))
    expect(activated).toMatchObject({ code: 0, stdout: 'welcome starts by itself: version 1\n' })
    const first = await folder.start(ENV)
    expect(await trigger(first, 0, 10)).toMatchObject({ accepted: 10, duplicate: 0, unmatched: 0, errors: [] })
    await receiver.waitFor(10)
    expect(await trigger(first, 8, 12)).toMatchObject({ accepted: 2, duplicate: 2 })
    await receiver.waitFor(12)
    isRevoked = true
    await trigger(first, 12, 30)
    await operators.waitFor(1)
    expect(JSON.parse(operators.requests[0]!.body)).toMatchObject({
      type: 'webhook.held',
      data: { campaign: 'welcome', rule: 'client_error' },
    })
    expect(receiver.count).toBe(17)
    await trigger(first, 30, 40)
    const metrics = await (await fetch(`${first.url}/metrics`)).text()
    expect(metrics).toContain('hookcast_holds 1')
    expect(metrics).toContain('hookcast_triggers_total{result="accepted"} 40')
    expect(metrics).toContain('hookcast_attempts_total{campaign="welcome",code="401"} 5')
    await first.end('SIGKILL')
    const second = await folder.start(ENV)
    const held = await hookcast(folder, 'holds')
    expect(held.stdout).toMatch(/^welcome {2}on hold since .*\(client_error\)/)
    expect(held.stdout).toContain('hookcast release welcome')
    expect(receiver.count).toBe(17)
    isRevoked = false
    expect(await hookcast(folder, 'release', 'welcome')).toMatchObject({ code: 0, stdout: 'welcome goes on\n' })
    await receiver.waitFor(17 + 23)
    const sent = receiver.requests.slice(17).map(({ customer }) => customer)
    expect(sent).toEqual(Array.from({ length: 23 }, (_, i) => `c-${17 + i}`))
    expect(receiver.requests[0]!.body).toBe('{"customer":"c-0","plan":"pro"}')
    expect((await hookcast(folder, 'holds')).stderr).toBe('Nothing is on hold\n')
    const [{ run_id: runId }] = JSON.parse((await hookcast(folder, 'runs', '--json')).stdout).runs as [
      { run_id: string },
    ]
    // Those who were refused, while the run is open; then it is paused, and says how it goes on.
    const replayed = await hookcast(folder, 'replay', runId, '--status', 'failed', '--yes', '--json')
    expect(JSON.parse(replayed.stdout)).toMatchObject({ state: 'finished', sent: 5 })
    expect(receiver.requests.slice(40).map(({ customer }) => customer)).toEqual([
      'c-12',
      'c-13',
      'c-14',
      'c-15',
      'c-16',
    ])
    const paused = await hookcast(folder, 'pause', runId)
    expect(paused.stdout).toContain('The run is paused: go on with hookcast release welcome')
    expect((await hookcast(folder, 'release', 'welcome')).code).toBe(0)
    expect((await hookcast(folder, 'release', 'welcome')).code).toBe(2)
    const { code, lines } = await second.end('SIGTERM')
    expect(code).toBe(0)
    expect(lines.filter(({ msg }) => msg === 'service.failed')).toEqual([])
  })

  it('whose API has moved warns whoever lets the old version go on, and says how those who were kept are called', async () => {
    await using receiver = await createReceiver({
      customerOf,
      answer: ({ path }) => (path === '/v1/messages' ? { status: 404 } : {}),
    })
    await using folder = folderFor(receiver, receiver)
    const service = await folder.start(ENV)
    await hookcast(folder, 'activate', 'welcome')
    const isHeld = async (): Promise<number> => ((await service.get('/v1/holds'))['holds'] as object[]).length
    const called = (): unknown[] => receiver.requests.flatMap(({ customer }) => customer ?? [])
    await trigger(service, 0, 3)
    await expect.poll(isHeld, { timeout: 30_000 }).toBe(1)
    const { stdout } = await hookcast(folder, 'holds')
    expect(stdout).toContain('activate the campaign, then `hookcast release welcome --discard`')
    expect(stdout).not.toContain('Go on')
    const file = join(folder.path, 'campaigns/welcome/campaign.yaml')
    writeFileSync(file, readFileSync(file, 'utf8').replace('/v1/messages', '/v2/messages'))
    const released = await hookcast(folder, 'release', 'welcome')
    expect(released.stderr).toContain('Warning: those in its run are called as version 1 has it, and the files differ')
    await expect.poll(called, { timeout: 30_000 }).toEqual(['c-0', 'c-1'])
    await expect.poll(isHeld, { timeout: 30_000 }).toBe(1)
    await hookcast(folder, 'activate', 'welcome')
    const dropped = await hookcast(folder, 'release', 'welcome', '--discard')
    const runId = /hookcast replay (\S+) --status failed,aborted/.exec(dropped.stderr)?.[1]
    const args = ['replay', runId!, '--status', 'failed,aborted', '--yes', '--json']
    expect(JSON.parse((await hookcast(folder, ...args)).stdout)).toMatchObject({ state: 'finished', sent: 3 })
    expect(called()).toEqual(['c-0', 'c-1', 'c-0', 'c-1', 'c-2'])
  })

  it('says that nobody can be asked while it does not run', async () => {
    await using receiver = await createReceiver()
    await using folder = folderFor(receiver, receiver)
    const { code, stderr } = await hookcast(folder, 'holds')
    expect(code).toBe(2)
    expect(stderr).toContain('No service runs on this data folder')
  })
})
