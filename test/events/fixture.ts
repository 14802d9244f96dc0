import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from 'vitest'
import type { App } from '../../src/events/apps.ts'
import type { Attempt } from '../../src/events/attempts.ts'
import type { AppCeilings } from '../../src/events/ceilings.ts'
import type { EndpointCaller } from '../../src/events/endpoint-caller.ts'
import type { Endpoint, EndpointIn } from '../../src/events/endpoints.ts'
import { Events } from '../../src/events/events.ts'
import type { KeepingRules } from '../../src/events/keeping.ts'
import type { MessageIn } from '../../src/events/messages.ts'
import { PROFILES } from '../../src/profile/profile.ts'
import type { EventNetwork } from '../../src/request/request.ts'
import { provideSecretKeys, Vault } from '../../src/vault/vault.ts'
import { createReceiver, type Receiver, type ReceiverOptions } from '../support/receiver.ts'
import { SkippingClock } from '../support/skipping-clock.ts'

/** Event webhooks on a folder of their own, with receivers on loopback and a clock that can be put forward. */
export interface EventsFixture {
  readonly clock: SkippingClock
  readonly folder: string
  /** Those of now: `reopen` makes others. */
  readonly events: Events
  /** On the disk, in the order of their ends. */
  readonly attempts: readonly Attempt[]
  /** Notices for whoever runs the service, by their ids. */
  readonly suspended: ReadonlyMap<string, Readonly<Record<string, unknown>>>
  /** Must be called before the first use of `events`. */
  receiver(options?: ReceiverOptions): Promise<Receiver>
  untilAttempts(count: number): Promise<void>
  app(metadata?: Readonly<Record<string, string>>): Promise<App>
  endpoint(app: App, to: Receiver, change?: Partial<EndpointIn>): Promise<Endpoint>
  publish(app: App, change?: Partial<MessageIn> & { readonly text?: string }): ReturnType<Events['messages']['accept']>
  /** Ends them, until `reopen`. */
  close(): Promise<void>
  /** Ends them as a crash would not, and opens them again, with other rules if one likes. */
  reopen(rules?: Partial<KeepingRules & AppCeilings>): Promise<void>
}

const DAY = 86_400_000
/** As without a word in hookcast.yaml. */
const KEEPING: KeepingRules = {
  payloadsKeptMs: 30 * DAY,
  attemptsKeptMs: 30 * DAY,
  storageBytes: 20 * 1024 ** 3,
  reserveBytes: 0,
  mostHeld: 500_000,
}
/** Far off. */
const CEILINGS: AppCeilings = { perSecond: 1e6, backlog: 1e6, bytes: 1e12, endpoints: 1000 }

/** Who calls, where it is not the process of the events: a file of tests may say so before it brings those of another in. */
export const elsewhere: { callerFor: ((network: EventNetwork) => EndpointCaller) | null } = { callerFor: null }

/** `ceilings` may be replaced by `extend`. */
export const test = base.extend<{ ceilings: AppCeilings; on: EventsFixture }>({
  ceilings: CEILINGS,
  on: async ({ ceilings: given }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'events-'))
    const clock = new SkippingClock()
    const receivers: Receiver[] = []
    const attempts: Attempt[] = []
    const suspended = new Map<string, Readonly<Record<string, unknown>>>()
    const watchers = new Set<() => void>()
    let events: Events | null = null
    let keeping = KEEPING
    let ceilings = given
    const errors: unknown[] = []
    const open = (): Events => {
      const network = {
        policy: 'event' as const,
        allow: ['127.0.0.0/8'],
        isHttpAllowed: true,
        ports: receivers.map(({ port }) => port),
        ownPorts: [],
      }
      const caller = elsewhere.callerFor?.(network)
      const opened = new Events({
        dataFolder: folder,
        clock,
        random: () => 0.5,
        userAgent: 'hookcast/test',
        vault: new Vault(provideSecretKeys({ env: {}, dataFolder: folder, warn: () => undefined })),
        rules: { network, profiles: PROFILES, defaultProfile: 'svix', delaysMs: null, keeping, ceilings },
        ...(caller === undefined ? {} : { caller }),
        onAttempt: (attempt) => {
          attempts.push(attempt)
          for (const look of watchers) look()
        },
        onSuspended: async (id, facts) => {
          suspended.set(id, facts)
          await Promise.resolve()
        },
        onError: (error) => errors.push(error),
      })
      opened.start()
      return opened
    }
    const now = (): Events => (events ??= open())
    await use({
      clock,
      folder,
      attempts,
      suspended,
      get events() {
        return now()
      },
      async receiver(options) {
        const receiver = await createReceiver(options)
        receivers.push(receiver)
        return receiver
      },
      untilAttempts: (count) =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(
            () => reject(new Error(`waited for ${count} attempts, got ${attempts.length}`)),
            20_000,
          )
          const look = (): void => {
            if (attempts.length < count) return
            clearTimeout(timer)
            watchers.delete(look)
            resolve()
          }
          watchers.add(look)
          look()
        }),
      app: async (metadata = {}) => await now().apps.create({ name: 'Acme', uid: null, throttleRate: null, metadata }),
      endpoint: async (app, { url }, change = {}) =>
        await now().endpoints.create(app, {
          url: `${url}/hook`,
          uid: null,
          description: '',
          eventTypes: null,
          channels: null,
          filter: null,
          headers: {},
          metadata: {},
          throttleRate: null,
          ...change,
        }),
      publish: async (app, { text = '{"n":1}', ...change } = {}) =>
        await now().messages.accept(app, {
          eventType: 'user.created',
          payload: Buffer.from(text),
          eventId: null,
          channels: [],
          tags: [],
          headers: {},
          ...change,
        }),
      async close() {
        await events?.[Symbol.asyncDispose]()
        events = null
      },
      async reopen(rules = {}) {
        keeping = { ...keeping, ...rules }
        ceilings = { ...ceilings, ...rules }
        await events?.[Symbol.asyncDispose]()
        events = open()
      },
    })
    await (events as Events | null)?.[Symbol.asyncDispose]()
    for (const receiver of receivers) await receiver[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
    if (errors.length > 0) throw errors[0]
  },
})
