/** Fills a data folder, as a service would have before it was stopped: what waits for a dead endpoint and a suspended registration. */
import { setImmediate as afterOthers } from 'node:timers/promises'
import { systemClock, type Clock } from '../../src/clock.ts'
import { Events, type App } from '../../src/events/events.ts'
import { PROFILES } from '../../src/profile/profile.ts'
import { provideSecretKeys, Vault } from '../../src/vault/vault.ts'

export interface Backlog {
  readonly dataFolder: string
  /** Where nobody listens. */
  readonly deadPort: number
  readonly messages: number
  /** Where somebody does. */
  readonly port: number
  readonly resources: number
}

const { dataFolder, deadPort, messages, port, resources } = JSON.parse(process.argv[2]!) as Backlog
const DAY_MS = 86_400_000
/** Long enough ago for all of it to be gathered. */
const AGO_MS = 150_000
const AT_ONCE = 500
const clock: Clock = {
  now: () => systemClock.now() - AGO_MS,
  after: (ms, callback) => systemClock.after(ms, callback),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
}
await using events = new Events({
  dataFolder,
  clock,
  random: Math.random,
  userAgent: 'hookcast/load',
  vault: new Vault(provideSecretKeys({ env: {}, dataFolder, warn: () => undefined })),
  rules: {
    network: { policy: 'event', allow: ['127.0.0.0/8'], isHttpAllowed: true, ports: [deadPort, port], ownPorts: [] },
    profiles: PROFILES,
    defaultProfile: 'svix',
    delaysMs: null,
    keeping: {
      payloadsKeptMs: 30 * DAY_MS,
      attemptsKeptMs: 30 * DAY_MS,
      storageBytes: 20 * 1024 ** 3,
      reserveBytes: 0,
      mostHeld: 500_000,
    },
    ceilings: { perSecond: 1e6, backlog: 1e6, bytes: 20 * 1024 ** 3, endpoints: 1000 },
  },
  onError: (error) => {
    throw error
  },
})

async function fill(
  name: string,
  { metadata, to, count }: { metadata: App['metadata']; to: number; count: number },
): Promise<void> {
  const app = await events.apps.create({ name, uid: name, throttleRate: null, metadata })
  const none = {
    uid: name,
    description: '',
    channels: null,
    filter: null,
    headers: {},
    metadata: {},
    throttleRate: null,
  }
  const endpoint = await events.endpoints.create(app, {
    ...none,
    url: `http://127.0.0.1:${to}/${name}`,
    eventTypes: [TYPE],
  })
  if (name === 'river') await events.endpoints.happen(endpoint.key, { kind: 'suspend' })
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, n) => {
      const payload = Buffer.from(JSON.stringify({ resources: [`core/v1/dda/accounts/${from + n}`] }))
      await events.messages.accept(app, {
        eventType: TYPE,
        payload,
        eventId: null,
        channels: [],
        tags: [],
        headers: {},
      })
    })
    await Promise.all(batch)
    await afterOthers()
  }
}

const TYPE = 'Core.Account.Opened'
await fill('dead', { metadata: {}, to: deadPort, count: messages })
await fill('river', { metadata: { 'hookcast.profile': 'crossriver' }, to: port, count: resources })
