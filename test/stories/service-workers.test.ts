import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startBrowser } from '../support/browser.ts'
import { childrenOf, runCommand, type Finished } from '../support/command-line.ts'
import { createReceiver, type Received, type Receiver } from '../support/receiver.ts'
import { RedisServer } from '../support/redis-server.ts'
import { RemoteWorkers } from '../support/remote-workers.ts'
import { ADMIN_TOKEN, createServiceFolder, type RunningService, type ServiceFolder } from '../support/service.ts'

let cleanUp: AsyncDisposableStack
let receiver: Receiver
let workers: RemoteWorkers
let folder: ServiceFolder
let service: RunningService
/** Held answers: their calls stay in flight until they are let go. */
let isHeld = false
const held: (() => void)[] = []
let most = 0

const customerOf = ({ body }: Pick<Received, 'body'>): string | null => /"customer":"([^"]*)"/.exec(body)?.[1] ?? null

function letGo(): void {
  isHeld = false
  for (const go of held.splice(0)) go()
}

const campaign = (name: string, trigger: string): string => `name: ${name}
${trigger}
webhook:
  url: ${receiver.url}/v1/${name}
  concurrency: 20
  body: '{"customer":"{{ customer.customer_id }}","shop":"{{ project.shop }}"}'
`

beforeAll(async () => {
  cleanUp = new AsyncDisposableStack()
  const server = cleanUp.use(await RedisServer.start({ appendFsync: 'everysec' }))
  receiver = cleanUp.use(
    await createReceiver({
      customerOf,
      answer: async () => {
        most = Math.max(most, receiver.inFlight)
        if (isHeld) await new Promise<void>((resolve) => held.push(resolve))
        return {}
      },
    }),
  )
  workers = cleanUp.use(new RemoteWorkers(server.url))
  const customers = Array.from({ length: 300 }, (_, i) => `canary-${i}\n`).join('')
  folder = cleanUp.use(
    createServiceFolder({
      'campaigns/spring/campaign.yaml': campaign('spring', 'audience: customers.csv'),
      'campaigns/spring/customers.csv': `customer_id\n${customers}`,
      'campaigns/hourly/campaign.yaml': campaign(
        'hourly',
        'audience: customers.csv\ntrigger: { schedule: "* * * * * *", timezone: UTC, on_unchanged: send }',
      ),
      'campaigns/hourly/customers.csv': 'customer_id\nscheduled-1\n',
      ...Object.fromEntries(
        ['first', 'second'].flatMap((name) => [
          [`campaigns/${name}/campaign.yaml`, `${campaign(name, 'audience: customers.csv')}  throughput: crm\n`],
          [`campaigns/${name}/customers.csv`, `customer_id\n${customers.split('\n').slice(0, 60).join('\n')}\n`],
        ]),
      ),
      'campaigns/welcome/campaign.yaml': campaign('welcome', 'trigger: { event: user.registered }'),
      'hookcast.yaml': `redis: ${server.url}\nserver: { listen: { admin: "127.0.0.1:0" } }
project: { shop: Acme }
throughput: { crm: { concurrency: 4, rate: 50/s } }
`,
    }),
  )
  await workers.add()
  service = await folder.start(workers.env)
}, 60_000)
afterAll(async () => {
  letGo()
  await service.end('SIGTERM')
  await cleanUp.disposeAsync()
})

function activate(...args: readonly string[]): Promise<Finished> {
  const where = ['--data', folder.data, '--campaigns', join(folder.path, 'campaigns')]
  return runCommand(['activate', ...args, ...where], { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN, ...workers.env })
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}

async function cookieOf(role: string): Promise<string> {
  const made = await service.call('/v1/tokens', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: role, role }),
  })
  const { token } = (await made.json()) as { token: string }
  const answer = await fetch(`${service.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: service.url },
    body: new URLSearchParams({ token }).toString(),
  })
  return answer.headers.get('Set-Cookie')!.split(';')[0]!
}

describe('a service over workers', () => {
  test(
    'sends runs, shows workers and what they hold, and none of it tells of a customer',
    { timeout: 90_000 },
    async () => {
      await expect.poll(() => metric('hookcast_workers'), { timeout: 20_000 }).toBe(1)
      expect(await metric('hookcast_worker_senders')).toBe(2)
      isHeld = true
      const begun = await service.call('/v1/campaigns/spring/runs', { method: 'POST' })
      const { run_id: runId } = (await begun.json()) as { run_id: string }
      await receiver.waitFor(20)
      // Nobody here sends: the calls are the worker's.
      expect(childrenOf(service.command.pid)).toEqual([])
      expect(await metric('hookcast_worker_slices')).toBeGreaterThan(0)
      expect(await metric('hookcast_worker_slice_age_seconds')).toBeGreaterThan(0)

      const board = `${service.url}/workers`
      const stranger = await fetch(board, { redirect: 'manual' })
      expect([stranger.status, stranger.headers.get('Location')]).toEqual([303, '/sign-in?to=%2Fworkers'])
      const editor = await fetch(`${board}/api/queues`, { headers: { Cookie: await cookieOf('editor') } })
      expect(editor.status).toBe(403)
      const headers = { Cookie: await cookieOf('operator') }
      const pressed = await fetch(`${board}/api/queues/pause`, { method: 'PUT', headers })
      expect(pressed.status).toBe(404)
      const listed = await fetch(`${board}/api/queues`, { headers })
      const { queues } = (await listed.json()) as { queues: { name: string; counts: Record<string, number> }[] }
      expect(queues.map(({ counts }) => counts['active']! > 0)).toEqual([true])
      const active = await fetch(
        `${board}/api/queues?${new URLSearchParams({ activeQueue: queues[0]!.name, status: 'active', page: '1' }).toString()}`,
        { headers },
      )
      const text = await active.text()
      expect(text).toMatch(/"data":\{"sender":"[^"]+","slice":\d+\}/)
      expect(text).not.toMatch(/canary|Y2FuYXJ5|sealed/)

      await using browser = await startBrowser()
      const { page, complaints } = await browser.open(`${service.url}/sign-in?to=/workers`)
      await page.fill('input[name=token]', ADMIN_TOKEN)
      await page.click('button.main-action')
      await page.getByText('slices').first().waitFor()
      // It asks for a font from elsewhere, and styles its first moment inline: neither is let through, nor missed.
      expect(complaints.filter((words) => !/Content Security Policy/.test(words))).toEqual([])

      letGo()
      await expect
        .poll(async () => (await service.get(`/v1/runs/${runId}`))['state'], { timeout: 30_000 })
        .toBe('finished')
      expect(await service.get(`/v1/runs/${runId}`)).toMatchObject({ sent: 300 })
    },
  )

  test('keeps to a ceiling that two runs share, over two workers', { timeout: 90_000 }, async () => {
    await workers.add()
    await expect.poll(() => metric('hookcast_workers'), { timeout: 20_000 }).toBe(2)
    const from = receiver.count
    most = 0
    for (const name of ['first', 'second']) {
      const begun = await service.call(`/v1/campaigns/${name}/runs`, { method: 'POST' })
      expect(begun.status).toBe(201)
    }
    await receiver.waitFor(from + 120, 60_000)
    expect(most).toBeLessThanOrEqual(4)
    const requests = receiver.requests.slice(from)
    const at = requests.map((request) => request.at)
    // What hookcast.yaml of the service says holds on workers that have none.
    expect(requests.every(({ body }) => body.includes('"shop":"Acme"'))).toBe(true)
    // In no second more than the rate, and what a bucket of 100 ms may hold for each of them.
    const mostInASecond = Math.max(...at.map((time) => at.filter((each) => each >= time && each < time + 1000).length))
    expect(mostInASecond).toBeLessThanOrEqual(50 + 2 * 5 + 2)
  })

  test('sends what a schedule and an event start', { timeout: 60_000 }, async () => {
    expect((await activate('hourly')).code).toBe(0)
    await receiver.waitUntil(() => receiver.requests.some(({ customer }) => customer === 'scheduled-1'))
    expect((await activate('hourly', '--off')).code).toBe(0)
    expect((await activate('welcome')).code).toBe(0)
    const trigger = { id: 't-1', type: 'user.registered', customer: { customer_id: 'triggered-1' } }
    const answer = await service.call('/v1/triggers', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(trigger),
    })
    expect(answer.status).toBe(202)
    await receiver.waitUntil(() => receiver.requests.some(({ customer }) => customer === 'triggered-1'))
    expect(childrenOf(service.command.pid)).toEqual([])
  })
})
