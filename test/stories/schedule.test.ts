import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { loadSettings } from '../../src/config.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { Campaigns } from '../../src/trigger/campaigns.ts'
import { runCommand, type Finished } from '../support/command-line.ts'
import { createReceiver, type Receiver } from '../support/receiver.ts'
import { ADMIN_TOKEN, createServiceFolder, type ServiceFolder } from '../support/service.ts'

function folderFor(receiver: Receiver, schedule: string, settings = ''): ServiceFolder {
  return createServiceFolder({
    'campaigns/spring/campaign.yaml': `name: spring-points
audience: customers.csv
trigger: { schedule: "${schedule}", timezone: UTC, on_unchanged: send }
webhook:
  url: ${receiver.url}/v1/messages
  body: '{"customer":"{{ customer.id }}"}'
`,
    'campaigns/spring/customers.csv': 'id\nc-1\n',
    'campaigns/by-hand/campaign.yaml': `name: by-hand
audience: customers.csv
webhook: { url: "${receiver.url}", body: "{}" }
`,
    'campaigns/by-hand/customers.csv': 'id\nc-1\n',
    'hookcast.yaml': `server: { listen: { admin: "127.0.0.1:0" } }\n${settings}`,
  })
}

function activate(folder: ServiceFolder, ...args: readonly string[]): Promise<Finished> {
  const where = ['--data', folder.data, '--campaigns', join(folder.path, 'campaigns')]
  return runCommand(['activate', ...args, ...where], { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN })
}

describe('a campaign with a schedule', { timeout: 60_000 }, () => {
  it('starts by itself once it is activated, also before there is a service, until that is ended', async () => {
    await using receiver = await createReceiver()
    await using folder = folderFor(receiver, '* * * * * *')
    const activated = await activate(folder, 'spring')
    expect(activated).toMatchObject({ code: 0, stderr: '' })
    expect(activated.stdout).toMatch(/^spring-points starts by itself: version 1, next at \d{4}-/)
    const service = await folder.start()
    await receiver.waitFor(2)
    const [first, second] = receiver.requests
    expect(first!.headers['x-hookcast-run']).not.toBe(second!.headers['x-hookcast-run'])
    expect(await service.get('/v1/campaigns/spring/activation')).toMatchObject({
      campaign: 'spring-points',
      active_version: 1,
      activated_by: 'command line',
      next_due_at: expect.stringMatching(/Z$/),
    })
    const off = await activate(folder, 'spring-points', '--off')
    expect(off).toMatchObject({ code: 0, stdout: 'spring-points starts by itself no more\n' })
    expect(await service.get('/v1/campaigns/spring/activation')).toMatchObject({
      active_version: null,
      next_due_at: null,
    })
    const { entries } = (await service.get('/v1/audit')) as { entries: { action: string; subject: string }[] }
    expect(entries.map(({ action, subject }) => [action, subject])).toEqual([
      ['campaign.deactivated', 'spring-points'],
      ['campaign.activated', 'spring-points'],
    ])
    const { lines } = await service.end('SIGTERM')
    expect(lines.filter(({ msg }) => msg === 'service.failed')).toEqual([])
  })

  it('makes up for what it missed once, and tells operators', async () => {
    await using operators = await createReceiver()
    await using receiver = await createReceiver()
    const due = new Date(systemClock.now() - 300_000)
    const notify = `notify: { on: [schedule.missed], url: "${operators.url}", secret: "\${NOTIFY_SECRET}" }`
    const cron = `${due.getUTCMinutes()} ${due.getUTCHours()} * * *`
    await using folder = folderFor(receiver, cron, notify)
    await activateEarlier(folder, 900_000)
    const env = { NOTIFY_SECRET: `whsec_${randomBytes(32).toString('base64')}` }
    const first = await folder.start(env)
    await Promise.all([receiver.waitFor(1), operators.waitFor(1)])
    expect(JSON.parse(operators.requests[0]!.body)).toMatchObject({
      type: 'schedule.missed',
      data: { campaign: 'spring-points', is_made_up: true },
    })
    await first.end('SIGKILL')
    const second = await folder.start(env)
    expect((await second.end('SIGTERM')).code).toBe(0)
    expect(receiver.count).toBe(1)
  })

  it('is not activated where there is none, or nobody may', async () => {
    await using receiver = await createReceiver()
    await using folder = folderFor(receiver, '0 9 * * 1')
    const byHand = await activate(folder, 'by-hand')
    expect(byHand.code).toBe(2)
    expect(byHand.stderr).toContain('it needs no activation')
    const service = await folder.start()
    const unknown = await activate(folder, 'sprong')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('No such campaign: sprong')
    const nobody = await runCommand(['activate', 'spring', '--data', folder.data])
    expect(nobody.code).toBe(2)
    expect(nobody.stderr).toContain('expected HOOKCAST_ADMIN_TOKEN to be set to a token of the service')
    expect((await service.end('SIGTERM')).code).toBe(0)
  })
})

/** As somebody would have done it some time ago, with the service away since then. */
async function activateEarlier(folder: ServiceFolder, ms: number): Promise<void> {
  const clock = { ...systemClock, now: () => systemClock.now() - ms }
  using store = new ServiceStore(folder.data, clock)
  const settings = { ...loadSettings(null, {}), data: folder.data }
  const stillness = {
    whileStill: async <T>(_: string, change: (position: null) => Promise<T>): Promise<T> => await change(null),
    onChange: () => undefined,
  }
  const folderOfAll = join(folder.path, 'campaigns')
  const campaigns = new Campaigns({ store, clock, env: {}, settings, folder: folderOfAll, stillness })
  await campaigns.activate('spring', { by: 'a test' })
}
