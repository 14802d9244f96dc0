import { writeSync } from 'node:fs'
import { systemClock } from '../../src/clock.ts'
import { Events } from '../../src/events/events.ts'
import { PROFILES, type Profile } from '../../src/profile/profile.ts'
import { provideSecretKeys, Vault } from '../../src/vault/vault.ts'

/** Accepts messages as fast as it can, and prints the id of each as soon as it was accepted; delivers all the while. */
export interface EventsProcessConfig {
  readonly folder: string
  readonly port: number
  /** Uid of the app. */
  readonly app: string
  readonly count: number
  /** They are gathered, for some tens of ms, and so many are one. */
  readonly gathers?: number
  /** Makes endpoints instead, and prints their ids. */
  readonly makesEndpoints?: boolean
}

const {
  folder,
  port,
  app,
  count,
  gathers,
  makesEndpoints = false,
} = JSON.parse(process.argv[2]!) as EventsProcessConfig
const DAY = 86_400_000

function quickCrossRiver(most: number): Profile {
  const { crossriver } = PROFILES
  return { ...crossriver!, gathering: { ...crossriver!.gathering!, leastMs: 10, mostMs: 30, most } }
}

const events = new Events({
  dataFolder: folder,
  clock: systemClock,
  random: Math.random,
  userAgent: 'hookcast/test',
  vault: new Vault(provideSecretKeys({ env: {}, dataFolder: folder, warn: () => undefined })),
  rules: {
    network: { policy: 'event', allow: ['127.0.0.0/8'], isHttpAllowed: true, ports: [port], ownPorts: [] },
    profiles: gathers === undefined ? PROFILES : { ...PROFILES, crossriver: quickCrossRiver(gathers) },
    defaultProfile: 'svix',
    delaysMs: null,
    keeping: {
      payloadsKeptMs: 30 * DAY,
      attemptsKeptMs: 30 * DAY,
      storageBytes: 1024 ** 3,
      reserveBytes: 0,
      mostHeld: 500_000,
    },
    ceilings: { perSecond: 1e6, backlog: 1e6, bytes: 1024 ** 3, endpoints: 1e6 },
  },
  onError: (error) => {
    throw error
  },
})
events.start()
const to = events.apps.get(app)

async function publish(n: number): Promise<void> {
  const isGathered = gathers !== undefined
  const text = isGathered ? { resources: [`${process.pid}/${n}`] } : { n, text: 'x'.repeat(n % 200) }
  const payload = Buffer.from(JSON.stringify(text))
  const input = {
    eventType: isGathered ? 'Core.Account.Opened' : 'test.made',
    payload,
    eventId: null,
    channels: [],
    tags: [],
    headers: {},
  }
  const { message } = await events.messages.accept(to, input)
  // Before anything else may happen: what was printed was accepted.
  writeSync(1, `${message.id} ${payload.toString()}\n`)
}

async function makeEndpoint(n: number): Promise<void> {
  const nothing = {
    uid: null,
    description: '',
    channels: null,
    filter: null,
    headers: {},
    metadata: {},
    throttleRate: null,
  }
  const url = `http://127.0.0.1:${port}/${n}`
  const { id } = await events.endpoints.create(to, { ...nothing, url, eventTypes: ['none'] })
  writeSync(1, `${id} ${n}\n`)
}

async function worker(from: number): Promise<void> {
  for (let n = from; n < count; n += WORKERS) await (makesEndpoints ? makeEndpoint(n) : publish(n))
}

const WORKERS = 20
await Promise.all(Array.from({ length: WORKERS }, async (_, from) => await worker(from)))
// Until it is killed: it has messages to deliver.
process.stdin.resume()
