import assert from 'node:assert/strict'
import { Events, type Endpoint } from '../../../src/events/events.ts'
import { PROFILES } from '../../../src/profile/profile.ts'
import { provideSecretKeys, Vault } from '../../../src/vault/vault.ts'
import { createReceiver } from '../../support/receiver.ts'
import { SkippingClock } from '../../support/skipping-clock.ts'
import type { Fault, FaultContext } from '../fault.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const ALL = { limit: 250, cursor: null, order: 'ascending' } as const

/** An endpoint that answers nobody for six days, then is mended. */
async function downForDays({ rounds, random, folder, cleanUp, say }: FaultContext): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const clock = new SkippingClock()
    const receiver = cleanUp.use(await createReceiver())
    const operators = cleanUp.use(await createReceiver())
    const ports = [receiver.port, operators.port]
    let ended = 0
    const dataFolder = `${folder}/${round}`
    const events = cleanUp.use(
      new Events({
        dataFolder,
        clock,
        random,
        userAgent: 'hookcast/test',
        vault: new Vault(provideSecretKeys({ env: {}, dataFolder, warn: () => undefined })),
        rules: {
          network: { policy: 'event', allow: ['127.0.0.0/8'], isHttpAllowed: true, ports, ownPorts: [] },
          profiles: PROFILES,
          defaultProfile: 'svix',
          delaysMs: null,
          keeping: {
            payloadsKeptMs: 30 * DAY,
            attemptsKeptMs: 30 * DAY,
            storageBytes: 1024 ** 3,
            reserveBytes: 0,
            mostHeld: 500_000,
          },
          ceilings: { perSecond: 1e6, backlog: 1e6, bytes: 1024 ** 3, endpoints: 1000 },
        },
        onAttempt: () => ended++,
        onError: (error) => {
          throw error
        },
      }),
    )
    events.start()
    const app = async (uid: string) => await events.apps.create({ name: uid, uid, throttleRate: null, metadata: {} })
    const endpointAt = async (url: string, of: Awaited<ReturnType<typeof app>>): Promise<Endpoint> => {
      const none = {
        uid: null,
        description: '',
        eventTypes: null,
        channels: null,
        filter: null,
        headers: {},
        metadata: {},
      }
      return await events.endpoints.create(of, { ...none, url, throttleRate: null })
    }
    await endpointAt(operators.url, await app('hookcast.operational'))
    const acme = await app('acme')
    const { key } = await endpointAt(receiver.url, acme)
    const state = (): string => events.endpoints.of(key)!.state
    await receiver.stop()
    const since = clock.now()
    const ids: string[] = []
    for (let hour = 0; hour < 6 * 24; hour++) {
      if (hour % 8 === 0 && state() === 'active') {
        const input = {
          eventType: 'user.created',
          payload: Buffer.from(String(hour)),
          eventId: null,
          channels: [],
          tags: [],
          headers: {},
        }
        ids.push((await events.messages.accept(acme, input)).message.id)
      }
      clock.skip(HOUR)
      await settled(events, () => ended)
    }
    say(`round ${round + 1}: ${ids.length} messages, ${ended} attempts`)
    assert.equal(state(), 'disabled', 'six days without an answer')
    await receiver.restart()
    clock.skip(DAY)
    assert.equal(receiver.count, 0, 'a disabled endpoint was called')
    await events.endpoints.happen(key, { kind: 'enable' })
    const endpoint = events.endpoints.of(key)!
    await events.replays.begin('recover', endpoint, { since: since - 1, until: null })
    await receiver.waitUntil(() => receiver.count >= ids.length)
    await settled(events, () => ended)
    const sent = receiver.requests.map(({ headers }) => headers['svix-id']!)
    assert.deepEqual(sent.toSorted(), ids.toSorted(), 'recover did not send each once')
    assert.equal(events.attempts.ofEndpoint(endpoint, { ...ALL, hasSucceeded: true }).rows.length, ids.length)
    const told = operators.requests.map(({ body }) => (JSON.parse(body) as { readonly type: string }).type)
    assert.equal(told.filter((type) => type === 'endpoint.disabled').length, 1, 'the owner was not told once')
  }
}

/** Until nothing is in flight and what has ended is on the disk. */
async function settled(events: Events, ended: () => number): Promise<void> {
  for (let before = -1, quiet = 0; quiet < 3; before = ended()) {
    quiet = events.load.inFlight === 0 && before === ended() ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export const EVENT_WEBHOOKS: readonly Fault[] = [
  {
    id: 'F39',
    name: 'an event webhook endpoint is down for six days',
    holds: 'it is disabled once, its owner is told once, and recover sends each message once',
    rounds: 3,
    shortRounds: 1,
    run: downForDays,
  },
]
