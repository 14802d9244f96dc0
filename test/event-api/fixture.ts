import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Svix } from 'svix'
import { Svix as OlderSvix } from 'svix-1'
import { AuditLog, Tokens } from '../../src/access/access.ts'
import { systemClock } from '../../src/clock.ts'
import { createEventApi } from '../../src/event-api/event-api.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { test as base, type EventsFixture } from '../events/fixture.ts'
import type { Received, Receiver, Reply } from '../support/receiver.ts'

/** The API of event webhooks behind a real server, and those who call it. */
export interface EventDesk {
  readonly url: string
  readonly on: EventsFixture
  /** Where endpoints may be. */
  readonly receiver: Receiver
  /** What the receiver answers: 200, until a test says otherwise. */
  readonly script: { answer: (request: Received) => Reply | Promise<Reply> }
  /** Of whoever runs the instance. */
  readonly admin: string
  readonly tokens: Tokens
  readonly audit: AuditLog
  readonly svix: Svix
  readonly older: OlderSvix
  readonly unexpected: readonly unknown[]
  tokenOf(app: string | null, role?: 'app' | 'viewer'): Promise<string>
  send(
    path: string,
    options?: {
      readonly method?: string
      readonly token?: string | null
      readonly body?: string
      readonly key?: string
      /** The caller's address. */
      readonly from?: string
    },
  ): Promise<Response>
}

export const test = base.extend<{ desk: EventDesk }>({
  desk: async ({ on }, use) => {
    await using stack = new AsyncDisposableStack()
    const script: EventDesk['script'] = { answer: () => ({}) }
    const receiver = await on.receiver({ answer: (request) => script.answer(request) })
    const store = stack.use(new ServiceStore(on.folder, systemClock))
    const tokens = new Tokens(store, systemClock)
    const unexpected: unknown[] = []
    const api = createEventApi({
      events: on.events,
      store,
      clock: systemClock,
      addressOf: (context) => context.req.header('x-test-address') ?? '127.0.0.1',
      onUnexpected: (error) => unexpected.push(error),
    })
    const server = serve({ fetch: api.fetch, port: 0, hostname: '127.0.0.1' })
    stack.defer(() => new Promise((resolve) => server.close(() => resolve())))
    stack.defer(() => (server as { closeAllConnections?: () => void }).closeAllConnections?.())
    await new Promise((resolve) => server.once('listening', () => resolve(null)))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const issue = async (role: 'admin' | 'app' | 'viewer', app: string | null): Promise<string> =>
      (await tokens.issue({ name: role, role, grants: [], app, expiresAt: null }, null)).text
    const admin = await issue('admin', null)
    await use({
      url,
      on,
      receiver,
      script,
      admin,
      tokens,
      audit: new AuditLog(store, systemClock),
      svix: new Svix(admin, { serverUrl: url }),
      older: new OlderSvix(admin, { serverUrl: url }),
      unexpected,
      tokenOf: (app, role = 'app') => issue(role, app),
      send: (path, { method = 'GET', token = admin, body, key, from } = {}) =>
        fetch(`${url}/api/v1${path}`, {
          method,
          headers: {
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
            ...(from === undefined ? {} : { 'x-test-address': from }),
            ...(key === undefined ? {} : { 'idempotency-key': key }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body }),
        }),
    })
    if (unexpected.length > 0) throw unexpected[0]
  },
})
