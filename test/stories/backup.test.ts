import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Svix } from 'svix'
import { describe, expect, it } from 'vitest'
import { backUp } from '../../src/backup/backup.ts'
import { systemClock } from '../../src/clock.ts'
import { runCommand, startCommand, type Finished } from '../support/command-line.ts'
import { createReceiver, startReceiverProcess } from '../support/receiver.ts'
import {
  ADMIN_TOKEN,
  createServiceFolder as createFolder,
  type RunningService,
  type ServiceFolder,
} from '../support/service.ts'

interface Told {
  readonly runs: readonly { readonly run_id: string; readonly state: string; readonly open: number }[]
  readonly held: readonly string[]
  readonly deliveries: number
}

/** Runs go back to what they were, and into folders of no shape: the invariants hold no more. */
const unchecked = 'what was sent after the backup comes again'

function createServiceFolder(files: Readonly<Record<string, string>>): ServiceFolder {
  return createFolder(files, { unchecked })
}

async function done(args: readonly string[]): Promise<Finished> {
  const finished = await runCommand(args, { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN }, { unchecked })
  expect(finished, finished.stderr).toMatchObject({ code: 0 })
  return finished
}

async function restore(backup: string, data: string): Promise<Told> {
  return JSON.parse((await done(['restore', backup, '--data', data, '--json'])).stdout) as Told
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

async function trigger(service: RunningService, ids: readonly string[]): Promise<void> {
  const lines = ids.map((id) => JSON.stringify({ id, type: 'user.registered', customer: { customer_id: id } }))
  const init = { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson' }, body: lines.join('\n') }
  expect(await (await service.call('/v1/triggers', init)).json()).toMatchObject({ accepted: ids.length })
}

const CUSTOMERS = 3000

describe('a backup', { timeout: 120_000 }, () => {
  it('of a run that goes on comes back paused, and whoever is called once more has the same key', async () => {
    await using folder = createServiceFolder({})
    await using receiver = await startReceiverProcess({ journal: join(folder.path, 'journal'), reply: { delayMs: 20 } })
    const rows = Array.from({ length: CUSTOMERS }, (_, i) => `${JSON.stringify({ customer_id: `c-${i}` })}\n`)
    writeFileSync(join(folder.path, 'people.ndjson'), rows.join(''))
    writeFileSync(
      join(folder.path, 'campaign.yaml'),
      `name: big\naudience: people.ndjson\nwebhook:\n  url: "${receiver.url}/"\n  concurrency: 20\n  body: '{"customer_id":"{{ customer.customer_id }}"}'\n`,
    )
    const run = startCommand(['run', join(folder.path, 'campaign.yaml'), '--data', folder.data, '--senders', '1'])
    await expect.poll(() => receiver.readJournal().length, { timeout: 60_000 }).toBeGreaterThan(200)
    const backup = join(folder.path, 'backup')
    // Here, and not as a command: the run has ended by the time that one has started.
    await backUp({ dataFolder: folder.data, target: backup, clock: systemClock, version: '0.0.0' })
    expect(run.child.exitCode).toBe(null)
    expect(await run.finished).toMatchObject({ code: 0 })

    const data = join(folder.path, 'restored')
    const { runs } = await restore(backup, data)
    expect(runs).toMatchObject([{ state: 'paused' }])
    const [{ run_id: runId, open }] = runs as [Told['runs'][number]]
    expect(open).toBeGreaterThan(0)
    expect(open).toBeLessThan(CUSTOMERS)
    const before = receiver.readJournal().length
    const resumed = await done(['resume', runId, '--data', data, '--senders', '1', '--json'])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ state: 'finished', customers: CUSTOMERS, sent: CUSTOMERS })
    const journal = receiver.readJournal()
    expect(journal.length - before).toBeLessThanOrEqual(open)
    const keys = Map.groupBy(journal, ({ customer }) => customer)
    expect(keys.size).toBe(CUSTOMERS)
    for (const calls of keys.values()) {
      expect(new Set(calls.map(({ key, digest }) => `${key} ${digest}`)).size).toBe(1)
    }
  })

  it('of a service keeps triggers on hold over restarts, and sends those of before and after once it is released', async () => {
    await using receiver = await createReceiver({ answer: () => ({ delayMs: 1 }) })
    const files = {
      'campaigns/welcome/campaign.yaml': `name: welcome\ntrigger: { event: user.registered }\nwebhook:\n  url: ${receiver.url}/\n  body: '{"customer":"{{ customer.customer_id }}"}'\n`,
    }
    await using folder = createServiceFolder(files)
    await using other = createServiceFolder(files)
    await done(['activate', 'welcome', '--campaigns', join(folder.path, 'campaigns'), '--data', folder.data])
    const first = await folder.start()
    await trigger(first, ['a', 'b', 'c'])
    await receiver.waitFor(3)
    const backup = join(folder.path, 'backup')
    await done(['backup', backup, '--data', folder.data])
    await trigger(first, ['lost'])
    await receiver.waitFor(4)
    await first.end('SIGKILL')

    const data = join(other.path, 'data')
    expect(await restore(backup, data)).toMatchObject({ held: ['welcome'], runs: [{ state: 'paused' }] })
    const second = await other.start()
    await trigger(second, ['d'])
    await second.end('SIGKILL')
    const third = await other.start()
    await trigger(third, ['e'])
    const { stdout } = await done(['holds', '--data', data])
    expect(stdout).toContain('restored')
    expect(receiver.count).toBe(4)
    await done(['release', 'welcome', '--data', data])
    await receiver.waitFor(6)
    const called = receiver.requests.map(({ body }) => (JSON.parse(body) as { customer: string }).customer)
    expect(called).toEqual(['a', 'b', 'c', 'lost', 'd', 'e'])
    await third.end('SIGTERM')
  })

  it('puts new triggers behind those that runs of the backup have taken', async () => {
    await using receiver = await createReceiver()
    const files = {
      'campaigns/welcome/campaign.yaml': `name: welcome\ntrigger: { event: user.registered }\nwebhook:\n  url: ${receiver.url}/\n  body: '{"customer":"{{ customer.customer_id }}"}'\n`,
    }
    await using folder = createServiceFolder(files)
    await using other = createServiceFolder(files)
    await done(['activate', 'welcome', '--campaigns', join(folder.path, 'campaigns'), '--data', folder.data])
    const first = await folder.start()
    await trigger(first, ['a'])
    await receiver.waitFor(1)
    await first.end('SIGTERM')
    // As when triggers come after the inbox was copied and before the ledger is.
    using ledger = new DatabaseSync(filesUnder(join(folder.data, 'runs')).find((file) => file.endsWith('ledger.db'))!)
    ledger.exec('UPDATE run SET event_position = 50')
    const backup = join(folder.path, 'backup')
    await done(['backup', backup, '--data', folder.data])
    await restore(backup, other.data)
    const second = await other.start()
    await trigger(second, ['b'])
    await done(['release', 'welcome', '--data', other.data])
    await receiver.waitFor(2)
    await second.end('SIGTERM')
  })

  it('makes up for no instant of a schedule that has passed', async () => {
    await using receiver = await createReceiver()
    const files = {
      'campaigns/daily/campaign.yaml': `name: daily\naudience: people.ndjson\ntrigger: { schedule: "0 0 * * *", timezone: UTC, on_missed: once }\nwebhook:\n  url: ${receiver.url}/\n  body: '{}'\n`,
      'campaigns/daily/people.ndjson': '{"customer_id":"c-1"}\n',
    }
    await using folder = createServiceFolder(files)
    await using other = createServiceFolder(files)
    await done(['activate', 'daily', '--campaigns', join(folder.path, 'campaigns'), '--data', folder.data])
    const store = new DatabaseSync(join(folder.data, 'service.db'))
    store.exec(`UPDATE activation SET activated_at = activated_at - ${3 * 86_400_000}`)
    store.close()
    const backup = join(folder.path, 'backup')
    await done(['backup', backup, '--data', folder.data])
    await restore(backup, other.data)
    const restored = await other.start()
    // The folder that it comes from, for comparison, does.
    const original = await folder.start()
    await receiver.waitFor(1)
    expect((await restored.end('SIGTERM')).lines.map(({ msg }) => msg)).not.toContain('run.started')
    await original.end('SIGTERM')
    expect(receiver.count).toBe(1)
  })

  it('of event webhooks goes on to deliver under the same ids, with the key from elsewhere', async () => {
    let status = 503
    await using receiver = await createReceiver({ answer: () => ({ status }) })
    const config = `server: { listen: { admin: "127.0.0.1:0" } }
network: { events: { allow: ["127.0.0.0/8"], http: true, ports: [${new URL(receiver.url).port}] } }
events: { retry: [1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s] }
`
    const files = { 'hookcast.yaml': config, 'campaigns/.keep': '' }
    await using folder = createServiceFolder(files)
    await using other = createServiceFolder(files)
    const first = await folder.start()
    const client = new Svix(ADMIN_TOKEN, { serverUrl: first.url })
    await client.application.create({ name: 'Acme', uid: 'acme' })
    await client.endpoint.create('acme', { url: receiver.url, uid: 'main' })
    const { key } = await client.endpoint.getSecret('acme', 'main')
    const { id } = await client.message.create('acme', { eventType: 'user.created', payload: { id: 1 } })
    await receiver.waitFor(1)
    const backup = join(folder.path, 'backup')
    const made = await done(['backup', backup, '--data', folder.data])
    expect(made.stderr).toContain(`Not in it: ${join(folder.data, 'secret.key')}`)
    await first.end('SIGKILL')
    const sealed = readFileSync(join(folder.data, 'secret.key'), 'utf8').trim()
    for (const file of filesUnder(backup)) {
      const bytes = readFileSync(file)
      expect([file, bytes.includes(sealed), bytes.includes(key)]).toEqual([file, false, false])
    }
    expect(await restore(backup, other.data)).toMatchObject({ deliveries: 1 })
    const { stdout } = await done(['restore', backup, '--data', `${other.data}-2`])
    expect(stdout).toContain(`put the old secret.key to ${other.data}-2/secret.key before the first start`)
    status = 200
    const sent = receiver.count
    const sealedOff = await other.start()
    await sealedOff.command.untilStderr('1 stored secret cannot be opened')
    expect(await sealedOff.get('/api/v1/app/acme/endpoint/main/secret')).toMatchObject({
      code: 'HOOKCAST_SECRET_SEALED',
      detail: expect.stringMatching(/^expected the secret of endpoint/) as string,
      todo: expect.stringMatching(/^Set HOOKCAST_SECRET_KEY/) as string,
    })
    const asked = ['events', 'secret', 'acme', 'main', '--data', other.data]
    const { code, stderr } = await runCommand(asked, { HOOKCAST_ADMIN_TOKEN: ADMIN_TOKEN })
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^expected the secret of endpoint[^\n]*\nSet HOOKCAST_SECRET_KEY[^\n]*\(HOOKCAST_SECRET_SEALED\)\n$/,
    )
    await sealedOff.end('SIGTERM')
    const second = await other.start({ HOOKCAST_SECRET_KEY: sealed })
    await expect.poll(() => receiver.count, { timeout: 20_000 }).toBeGreaterThan(sent)
    expect(receiver.requests.at(-1)!.headers['svix-id']).toBe(id)
    await second.end('SIGTERM')
  })

  it('leaves out what is removed meanwhile, as its time is over', async () => {
    await using folder = createServiceFolder({})
    const days = join(folder.data, 'events/days')
    mkdirSync(days, { recursive: true })
    const files = ['service.db', 'events/days/2026-11-21.db', 'events/days/2026-11-22.db', 'events/events.db']
    for (const file of files) {
      using database = new DatabaseSync(join(folder.data, file))
      database.exec('CREATE TABLE something (id INTEGER)')
    }
    // What there is has been listed, and nothing copied yet.
    const making = backUp({ dataFolder: folder.data, target: join(folder.path, 'b'), clock: systemClock, version: '0' })
    rmSync(join(days, '2026-11-21.db'))
    expect((await making).map(({ path }) => path)).toEqual(files.filter((file) => !file.includes('2026-11-21')))
  })
})

describe('a restore', { timeout: 60_000 }, () => {
  it('refuses a backup that is torn, altered or of no known shape, and a folder with data, and changes nothing', async () => {
    await using receiver = await createReceiver()
    await using folder = createServiceFolder({
      'campaign.yaml': `name: one\naudience: people.ndjson\nwebhook:\n  url: ${receiver.url}/\n  body: '{}'\n`,
      'people.ndjson': '{"customer_id":"c-1"}\n',
    })
    await done(['run', join(folder.path, 'campaign.yaml'), '--data', folder.data])
    const backup = join(folder.path, 'backup')
    await done(['backup', backup, '--data', folder.data])
    expect(await runCommand(['backup', backup, '--data', folder.data])).toMatchObject({ code: 2 })
    expect(await runCommand(['backup', `${backup}-2`, '--data', join(folder.path, 'none')])).toMatchObject({ code: 2 })

    const harms: readonly (readonly [string, (copy: string) => void, RegExp])[] = [
      ['torn', (copy) => rmSync(join(copy, 'manifest.json')), /which a backup gets last/],
      ['altered', (copy) => appendFileSync(spoolOf(copy), ' '), /not what it was.*spool\.ndjson/],
      ['thinned', (copy) => rmSync(spoolOf(copy)), /missing.*spool\.ndjson/],
      ['newer', (copy) => writeFileSync(join(copy, 'manifest.json'), '{"schema":2}'), /`schema: 1`/],
      [
        'hostile',
        (copy) => {
          const manifest = JSON.parse(readFileSync(join(copy, 'manifest.json'), 'utf8')) as {
            files: { path: string }[]
          }
          manifest.files[0]!.path = '../../outside'
          writeFileSync(join(copy, 'manifest.json'), JSON.stringify(manifest))
        },
        /outside of the backup: \.\.\/\.\.\/outside/,
      ],
    ]
    for (const [name, harm, words] of harms) {
      const copy = join(folder.path, name)
      cpSync(backup, copy, { recursive: true })
      harm(copy)
      const data = join(folder.path, `data-${name}`)
      const { code, stderr } = await runCommand(['restore', copy, '--data', data])
      expect([name, code], stderr).toEqual([name, 2])
      expect(stderr).toMatch(words)
      expect(stderr).toContain('HOOKCAST_BACKUP_UNUSABLE')
    }
    const { code, stderr } = await runCommand(['restore', backup, '--data', folder.data])
    expect([code, stderr]).toEqual([2, expect.stringContaining('to be new or empty')])
    expect(JSON.parse((await done(['runs', '--data', folder.data, '--json'])).stdout)).toMatchObject({
      runs: [{ state: 'finished' }],
    })
  })

  it('that was broken off keeps a service from beginning, and is done again', async () => {
    await using receiver = await createReceiver()
    await using folder = createServiceFolder({
      'campaign.yaml': `name: one\naudience: people.ndjson\nwebhook:\n  url: ${receiver.url}/\n  body: '{}'\n`,
      'people.ndjson': '{"customer_id":"c-1"}\n',
      'campaigns/.keep': '',
    })
    const data = join(folder.path, 'other')
    await done(['run', join(folder.path, 'campaign.yaml'), '--data', folder.data])
    const backup = join(folder.path, 'backup')
    await done(['backup', backup, '--data', folder.data])
    mkdirSync(join(data, 'restoring/runs'), { recursive: true })
    mkdirSync(join(data, 'events'))
    mkdirSync(join(data, 'lost+found'))
    const env = { HOOKCAST_ADMIN_TOKEN: randomBytes(32).toString('hex') }
    const args = ['serve', '--data', data, '--port', '0', '--campaigns', join(folder.path, 'campaigns')]
    const { code, stderr } = await runCommand(args, env)
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('A restore into the data folder goes on, or was broken off'),
    ])
    expect(await restore(backup, data)).toMatchObject({ runs: [], held: [] })
    expect(existsSync(join(data, 'restoring'))).toBe(false)
    const { stdout } = await done(['runs', '--data', data, '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ runs: [{ state: 'finished', sent: 1 }] })
  })
})

function spoolOf(copy: string): string {
  return filesUnder(copy).find((file) => file.endsWith('spool.ndjson'))!
}
