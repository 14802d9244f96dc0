import { mkdirSync, symlinkSync, writeFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { Campaigns } from '../../src/trigger/campaigns.ts'
import type { Settings } from '../../src/campaign/settings.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import { campaignFile, test, type Place } from './fixture.ts'

const EVENT = ['trigger: { event: user.registered }']
const SCHEDULE = ['audience: people.csv', 'trigger: { schedule: "0 9 * * *" }']

const open = (
  { store, campaigns }: Place,
  { position = null, settings = plainSettings }: { position?: number | null; settings?: Settings } = {},
): Campaigns =>
  new Campaigns({
    store,
    clock: systemClock,
    folder: campaigns,
    env: {},
    settings,
    stillness: { whileStill: async (_, change) => await change(position), onChange: () => undefined },
  })

const listenersOf = ({ store }: Place): unknown[] =>
  store.all('SELECT version, type, from_seq, to_seq FROM listener ORDER BY id').map((row) => Object.values(row))

describe("the campaigns' folder", () => {
  test('has a campaign for each folder with a campaign file in it', async ({ place }) => {
    place.write('welcome/campaign.yaml', campaignFile('welcome', EVENT))
    place.write('weekly/campaign.yaml', campaignFile('Weekly news', SCHEDULE))
    place.write('notes/readme.md', 'none')
    place.write('file', 'none')
    place.write('.hidden/campaign.yaml', campaignFile('hidden'))
    const known = await open(place).list()
    expect(known.map(({ name, current, active }) => [name, current?.version, active])).toEqual([
      ['Weekly news', 1, null],
      ['welcome', 1, null],
    ])
  })

  test('sees what is saved just as it is being read', async ({ place }) => {
    place.write('welcome/campaign.yaml', campaignFile('welcome', EVENT))
    let isSaved = false
    // Looked at once the file was read: its end is the time at which somebody saves another.
    const settings = new Proxy(plainSettings, {
      get: (target, name: keyof typeof plainSettings) => {
        if (name === 'project' && !isSaved) place.write('welcome/campaign.yaml', campaignFile('welcome', SCHEDULE))
        isSaved ||= name === 'project'
        return target[name]
      },
    })
    const campaigns = open(place, { settings })
    expect((await campaigns.get('welcome')).found?.checked?.campaign.trigger.kind).toBe('event')
    expect((await campaigns.get('welcome')).found?.checked?.campaign.trigger.kind).toBe('schedule')
  })

  test('finds a campaign by its name and by its folder', async ({ place }) => {
    place.write('weekly/campaign.yaml', campaignFile('Weekly news', SCHEDULE))
    const campaigns = open(place)
    expect((await campaigns.get('weekly')).name).toBe('Weekly news')
    expect((await campaigns.get('Weekly news')).name).toBe('Weekly news')
    for (const name of ['news', '', '..', '../weekly', 'weekly/../weekly', 'weekly/campaign.yaml']) {
      await expect(campaigns.get(name)).rejects.toMatchObject({ code: 'HOOKCAST_CAMPAIGN_UNKNOWN' })
    }
  })

  test('shows the problems of a campaign, and the others beside it', async ({ place }) => {
    place.write('a/campaign.yaml', 'name: a\nwebhok: {}\n')
    place.write('b/campaign.yaml', '{')
    place.write('c/campaign.yaml', campaignFile('c', SCHEDULE))
    const known = await open(place).list()
    expect(known.map(({ name, found, current }) => [name, found!.problems.length > 0, current?.version])).toEqual([
      ['a', true, undefined],
      ['b', true, undefined],
      ['c', false, 1],
    ])
  })

  test('refuses a name that two folders give', async ({ place }) => {
    place.write('a/campaign.yaml', campaignFile('same', SCHEDULE))
    place.write('b/campaign.yaml', campaignFile('same', SCHEDULE))
    const known = await open(place).list()
    expect(known.map(({ current, found }) => [current, found!.problems.at(-1)!.message])).toEqual(
      Array.from({ length: 2 }, () => [null, 'expected name to be that of one folder only, got "same" in others too']),
    )
  })

  test('passes over a folder that leads elsewhere', async ({ place }) => {
    const elsewhere = join(place.data, 'elsewhere')
    mkdirSync(elsewhere)
    writeFileSync(join(elsewhere, 'campaign.yaml'), campaignFile('outside', SCHEDULE))
    symlinkSync(elsewhere, join(place.campaigns, 'outside'))
    symlinkSync('/nowhere', join(place.campaigns, 'nowhere'))
    expect(await open(place).list()).toEqual([])
  })

  test('has to be there', ({ place }) => {
    expect(() => open({ ...place, campaigns: join(place.campaigns, 'none') })).toThrow(
      expect.objectContaining({ code: 'HOOKCAST_CONFIG_INVALID' }),
    )
  })
})

describe('a version', () => {
  const body = (text: string): string =>
    campaignFile('welcome', EVENT).replace('body: "{}"', 'body: { file: body.j2 }') + `# ${text}\n`

  test('is made when any file of the campaign changed, and only then', async ({ place }) => {
    place.write('welcome/campaign.yaml', body('one'))
    place.write('welcome/body.j2', '{"a": 1}\n')
    const campaigns = open(place)
    const version = async (): Promise<number> => (await campaigns.get('welcome')).current!.version
    expect([await version(), await version()]).toEqual([1, 1])
    place.write('welcome/body.j2', '{"a": 22}\n')
    expect(await version()).toBe(2)
    place.write('welcome/campaign.yaml', body('three'))
    expect(await version()).toBe(3)
    place.write('welcome/campaign.yaml', body('one'))
    place.write('welcome/body.j2', '{"a": 1}\n')
    expect(await version()).toBe(1)
    expect(campaigns.versions.list('welcome').map(({ version }) => version)).toEqual([3, 2, 1])
    expect(campaigns.diff('welcome', 1, 2)).toContain('-{"a": 1}\n+{"a": 22}')
    expect(campaigns.diff('welcome', 2, 2)).toBe('')
  })

  test('waits for its activation: the one before stays active, as it was', async ({ place }) => {
    place.write('welcome/campaign.yaml', body('one'))
    place.write('welcome/body.j2', '{"a": 1}\n')
    const campaigns = open(place)
    await campaigns.activate('welcome', { by: 'ada' })
    place.write('welcome/body.j2', '{"a": 22}\n')
    const { current, active } = await campaigns.get('welcome')
    expect([current!.version, active!.version]).toEqual([2, 1])
    expect(campaigns.load(active!).campaign.webhook.body?.text).toBe('{"a": 1}\n')
    rmSync(join(place.campaigns, 'welcome'), { recursive: true })
    expect((await campaigns.list()).map(({ name, found }) => [name, found])).toEqual([['welcome', null]])
    expect(campaigns.load(active!).campaign.webhook.body?.text).toBe('{"a": 1}\n')
  })

  test('keeps no value of a secret', async ({ place }) => {
    place.write('a/campaign.yaml', `${campaignFile('a', SCHEDULE)}  auth: { type: bearer, token: "\${TOKEN}" }\n`)
    const settings = { ...plainSettings, env: ['TOKEN'] }
    const campaigns = new Campaigns({
      store: place.store,
      clock: systemClock,
      folder: place.campaigns,
      env: { TOKEN: 'canary-password' },
      settings,
      stillness: { whileStill: async (_, change) => await change(null), onChange: () => undefined },
    })
    expect((await campaigns.get('a')).current!.version).toBe(1)
    const rows = JSON.stringify(place.store.all('SELECT * FROM campaign_version'))
    expect(rows).toContain('${TOKEN}')
    expect(rows).not.toContain('canary-password')
  })
})

describe('an activation', () => {
  test('says who made what active, and since when', async ({ place }) => {
    place.write('weekly/campaign.yaml', campaignFile('weekly', SCHEDULE))
    const campaigns = open(place)
    await campaigns.activate('weekly', { by: 'ada' })
    place.write('weekly/campaign.yaml', campaignFile('weekly', [...SCHEDULE, '# changed']))
    await campaigns.activate('weekly', { by: 'bob' })
    await campaigns.activate('weekly', { by: 'bob' })
    await campaigns.activate('weekly', { by: 'cem', version: 1 })
    const known = await campaigns.deactivate('weekly', 'dee')
    expect(known.active).toBeNull()
    const history = campaigns.history('weekly')
    expect(history.map(({ version, activatedBy, deactivatedBy }) => [version, activatedBy, deactivatedBy])).toEqual([
      [1, 'cem', 'dee'],
      [2, 'bob', 'cem'],
      [1, 'ada', 'bob'],
    ])
    await expect(campaigns.deactivate('weekly', 'dee')).rejects.toMatchObject({ code: 'HOOKCAST_CAMPAIGN_STATE' })
  })

  test('is refused for a campaign with problems, and for one that is started by hand', async ({ place }) => {
    place.write('a/campaign.yaml', campaignFile('a', ['audience: a.csv']))
    place.write('b/campaign.yaml', campaignFile('b', ['audience: a.csv', 'trigger: { schedule: "x" }']))
    place.write('c/campaign.yaml', campaignFile('c', ['audience: "-"', 'trigger: { schedule: "@daily" }']))
    const campaigns = open(place)
    await expect(campaigns.activate('a', { by: 'ada' })).rejects.toMatchObject({ code: 'HOOKCAST_CAMPAIGN_STATE' })
    await expect(campaigns.activate('b', { by: 'ada' })).rejects.toThrow('expected trigger.schedule to be a cron')
    await expect(campaigns.activate('c', { by: 'ada' })).rejects.toThrow('got standard input')
    await expect(campaigns.activate('d', { by: 'ada' })).rejects.toMatchObject({ code: 'HOOKCAST_CAMPAIGN_UNKNOWN' })
    await expect(campaigns.activate('a', { by: 'ada', version: 7 })).rejects.toMatchObject({
      code: 'HOOKCAST_CAMPAIGN_UNKNOWN',
    })
  })

  test('listens from now on; a mended version takes over what waits', async ({ place }) => {
    place.write('welcome/campaign.yaml', campaignFile('welcome', EVENT))
    const accept = (): unknown =>
      place.store.run(
        `INSERT INTO inbox (trigger_id, type, body, occurred_at, accepted_at) VALUES ('a', 'user.registered', '{}', 1, 1)`,
      )
    accept()
    accept()
    await open(place).activate('welcome', { by: 'ada' })
    expect(listenersOf(place)).toEqual([[1, 'user.registered', 2, null]])
    for (let n = 0; n < 5; n++) accept()
    place.write('welcome/campaign.yaml', campaignFile('welcome', [...EVENT, '# mended']))
    await open(place, { position: 4 }).activate('welcome', { by: 'ada' })
    expect(listenersOf(place)).toEqual([
      [1, 'user.registered', 2, 4],
      [2, 'user.registered', 4, null],
    ])
    place.write('welcome/campaign.yaml', campaignFile('welcome', ['trigger: { event: other }']))
    await open(place, { position: 5 }).activate('welcome', { by: 'ada' })
    await open(place).deactivate('welcome', 'ada')
    expect(listenersOf(place)).toEqual([
      [1, 'user.registered', 2, 4],
      [2, 'user.registered', 4, 7],
      [3, 'other', 7, 7],
    ])
  })
})
