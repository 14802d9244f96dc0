import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll } from 'vitest'
import { AuditLog, PORTAL_LONGEST_MS, Tokens, type Capability } from '../../src/access/access.ts'
import { createPortal } from '../../src/dashboard/dashboard.ts'
import type { App } from '../../src/events/events.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { test as base, type EventsFixture } from '../events/fixture.ts'
import { startBrowser, type OpenBrowser, type OpenPage } from '../support/browser.ts'
import type { Received, Receiver, Reply } from '../support/receiver.ts'

/** The portal behind a real server, on event webhooks whose clock can be put forward. */
export interface PortalDesk {
  readonly url: string
  readonly on: EventsFixture
  /** Where endpoints may be. */
  readonly receiver: Receiver
  /** What the receiver answers: 200, until a test says otherwise. */
  readonly script: { answer: (request: Received) => Reply }
  readonly tokens: Tokens
  readonly audit: AuditLog
  /** Defects: a test that expects one takes it out. */
  readonly unexpected: unknown[]
  /** The token of a link to an app's portal. */
  token(app: App, capabilities?: readonly Capability[] | null): Promise<string>
  /** The same as the address of a page. */
  link(app: App, capabilities?: readonly Capability[] | null): Promise<string>
  /** A page in the browser of this file of tests. */
  open(url: string, options?: Parameters<OpenBrowser['open']>[1]): Promise<OpenPage>
}

/** Origins that may show the portal in a frame: told to the portal before each test. */
const ANCESTORS = ['https://app.example.com']

let browser: OpenBrowser | null = null

/** One browser for a file of tests. */
export function startPortalBrowser(): void {
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => await browser?.[Symbol.asyncDispose]())
}

export const test = base.extend<{ ancestors: readonly string[]; callsPerSecond: number; desk: PortalDesk }>({
  ancestors: ANCESTORS,
  callsPerSecond: 1000,
  desk: async ({ on, ancestors, callsPerSecond }, use) => {
    await using stack = new AsyncDisposableStack()
    const script: PortalDesk['script'] = { answer: () => ({}) }
    const receiver = await on.receiver({ answer: (request) => script.answer(request) })
    const store = stack.use(new ServiceStore(on.folder, on.clock))
    const tokens = new Tokens(store, on.clock)
    const unexpected: unknown[] = []
    const portal = createPortal({
      events: on.events,
      store,
      clock: on.clock,
      frameAncestors: ancestors,
      callsPerSecond,
      addressOf: (context) => context.req.header('x-test-address') ?? '127.0.0.1',
      onUnexpected: (error) => unexpected.push(error),
    })
    const server = serve({ fetch: portal.fetch, port: 0, hostname: '127.0.0.1' })
    stack.defer(() => new Promise((resolve) => server.close(() => resolve())))
    stack.defer(() => (server as { closeAllConnections?: () => void }).closeAllConnections?.())
    await new Promise((resolve) => server.once('listening', () => resolve(null)))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const token: PortalDesk['token'] = async ({ id }, capabilities = null) =>
      await tokens.openPortal({ app: id, lastsMs: PORTAL_LONGEST_MS, capabilities, session: null }, null)
    const pages: OpenPage[] = []
    await use({
      url,
      on,
      receiver,
      script,
      tokens,
      audit: new AuditLog(store, on.clock),
      unexpected,
      token,
      link: async (app, capabilities) => `${url}/portal/${await token(app, capabilities)}`,
      open: async (address, options) => {
        const opened = await browser!.open(address, options)
        pages.push(opened)
        return opened
      },
    })
    for (const { page } of pages) await page.context().close()
    if (unexpected.length > 0) throw unexpected[0]
  },
})
