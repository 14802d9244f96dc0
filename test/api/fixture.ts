import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { Ajv2020 } from 'ajv/dist/2020.js'
import createClient, { type Client } from 'openapi-fetch'
import { expect, test as base } from 'vitest'
import type { paths } from '../../schemas/openapi.d.ts'
import { AuditLog, ROLES, Tokens, type AuditEntry, type Role } from '../../src/access/access.ts'
import { createApi, type ApiLimits, type ApiOptions } from '../../src/api/api.ts'
import { systemClock } from '../../src/clock.ts'
import { wire } from '../../src/hookcast.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { ActiveRuns, type Surroundings } from '../../src/library/library.ts'
import type { RunReport } from '../../src/report/report.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import { triggersOf } from '../trigger/service.ts'
import { createReceiver, type Receiver, type ReceiverOptions } from '../support/receiver.ts'

/** Every role, and a viewer who was granted to see customers. */
export const WHO = [...ROLES, 'granted'] as const
export type Who = (typeof WHO)[number]

interface ApiSetup {
  readonly receiver?: ReceiverOptions
  readonly limits?: ApiLimits
  readonly triggerSources?: NonNullable<ApiOptions['triggerSources']>
  readonly surroundings?: Partial<Surroundings>
  /** Campaigns start by themselves, once they are activated. */
  readonly isStarting?: true
}

/** A control API on a port of its own, with a folder of campaigns, a receiver, and a token for everybody. */
export interface ApiDesk {
  readonly url: string
  readonly folder: string
  readonly data: string
  readonly receiver: Receiver
  readonly tokens: Readonly<Record<Who, string>>
  readonly unexpected: readonly unknown[]
  /** The typed client made from the document; each of its answers is held against the document. */
  client(who?: Who): Client<paths>
  /** A request as it is, with a token. */
  send(path: string, options?: RequestInit & { readonly who?: Who; readonly duplex?: 'half' }): Promise<Response>
  write(name: string, content: string): string
  /** Writes a campaign of three customers, `c-0` to `c-2`, with more lines under `webhook:` and at the top. */
  writeCampaign(name: string, parts?: { readonly webhook?: string; readonly top?: string }): void
  /** Starts a run of a campaign, and waits for its end. */
  ran(campaign: string): Promise<RunReport>
  /** Waits until no run goes on in this process. */
  untilIdle(): Promise<void>
  audit(): readonly AuditEntry[]
}

export const DOCUMENT = JSON.parse(
  readFileSync(fileURLToPath(new URL('../../schemas/openapi.json', import.meta.url)), 'utf8'),
) as object
const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } })
ajv.addSchema(strict(DOCUMENT) as Record<string, unknown>, 'openapi')

export const test = base.extend<{ openDesk: (setup?: ApiSetup) => Promise<ApiDesk>; desk: ApiDesk }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads the fixtures that are needed from this pattern.
  openDesk: async ({}, use) => {
    await using stack = new AsyncDisposableStack()
    await use((setup = {}) => createDesk(setup, stack))
  },
  desk: async ({ openDesk }, use) => use(await openDesk()),
})

async function createDesk(setup: ApiSetup, stack: AsyncDisposableStack): Promise<ApiDesk> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'api-')))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const receiver = stack.use(await createReceiver(setup.receiver))
  const data = join(folder, 'data')
  const store = stack.use(new ServiceStore(data, systemClock))
  const surroundings: Surroundings = {
    env: {},
    wiring: wire(),
    settings: () => ({ ...plainSettings, data }),
    senders: () => 1,
    ...setup.surroundings,
  }
  const runs = new ActiveRuns(surroundings)
  stack.defer(() => runs.stop())
  const unexpected: unknown[] = []
  const campaigns = join(folder, 'campaigns')
  mkdirSync(campaigns)
  const starters = setup.isStarting === true ? triggersOf({ store, data, campaigns, clock: systemClock }) : null
  if (starters !== null) {
    await starters.start()
    stack.use(starters)
  }
  const app = createApi({
    surroundings,
    store,
    campaigns,
    starters:
      starters === null
        ? null
        : {
            campaigns: starters.campaigns,
            nextDue: (name) => starters.scheduler.nextDue(name),
            firings: starters.scheduler.firings,
            events: starters,
          },
    runs,
    triggerSources: setup.triggerSources ?? new Map(),
    addressOf: (context) => context.req.header('X-Test-Address') ?? '127.0.0.1',
    onUnexpected: (error) => unexpected.push(error),
    limits: setup.limits ?? {},
  })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  stack.defer(() => new Promise((resolve) => server.close(() => resolve())))
  stack.defer(() => (server as { closeAllConnections?: () => void }).closeAllConnections?.())
  await new Promise((resolve) => server.once('listening', () => resolve(null)))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issued = new Tokens(store, systemClock)
  const issue = async (who: Who): Promise<[Who, string]> => {
    const role: Role = who === 'granted' ? 'viewer' : who
    const grants = who === 'granted' ? (['personal_data'] as const) : []
    return [who, (await issued.issue({ name: who, role, grants, expiresAt: null }, null)).text]
  }
  const tokens = Object.fromEntries(await Promise.all(WHO.map(issue))) as Record<Who, string>
  const audit = new AuditLog(store, systemClock)
  const write: ApiDesk['write'] = (name, content) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
    return path
  }
  const desk: ApiDesk = {
    url,
    folder,
    data,
    receiver,
    tokens,
    unexpected,
    client: (who = 'admin') => {
      const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${tokens[who]}` } })
      client.use({
        onResponse: ({ response, request, schemaPath }) => fitsDocument(response, request.method, schemaPath),
      })
      return client
    },
    send: (path, { who = 'admin', headers, ...options } = {}) =>
      fetch(`${url}${path}`, {
        ...options,
        headers: { Authorization: `Bearer ${tokens[who]}`, ...(headers as object) },
      }),
    write,
    writeCampaign: (name, { webhook = '', top = '' } = {}) => {
      const added = webhook.split('\n').map((line) => `  ${line}`)
      const body = /^body:/m.test(webhook) ? '' : `  body: '{"id": "{{ customer.id }}"}'`
      const lines = [
        `name: ${name}`,
        'audience: customers.csv',
        top,
        'webhook:',
        `  url: "${receiver.url}/v1/messages"`,
        body,
      ]
      write(`campaigns/${name}/campaign.yaml`, [...lines, ...added, ''].join('\n'))
      write(`campaigns/${name}/customers.csv`, 'id,name\nc-0,Ada\nc-1,Bob\nc-2,Eve\n')
    },
    ran: async (campaign) => {
      const client = desk.client()
      const { data: started } = await client.POST('/v1/campaigns/{campaign}/runs', { params: { path: { campaign } } })
      await desk.untilIdle()
      const { data: report } = await client.GET('/v1/runs/{run_id}', { params: { path: { run_id: started!.run_id } } })
      return report as RunReport
    },
    untilIdle: () => expect.poll(() => runs.size, { timeout: 60_000, interval: 20 }).toBe(0),
    audit: () => audit.list({ after: null, limit: 100 }),
  }
  return desk
}

type Responses = Readonly<Record<string, { readonly content: object }>>

/** Fails the test when an answer is none that the document promises. */
export async function fitsDocument(response: Response, method: string, path: string): Promise<undefined> {
  const type = response.headers.get('Content-Type')?.split(';')[0] ?? ''
  const { paths } = DOCUMENT as { paths: Record<string, Record<string, { responses: Responses }>> }
  const { responses } = paths[path]![method.toLowerCase()]!
  const status = String(response.status)
  const isProblem = !(status in responses)
  if (isProblem) expect(type, `${method} ${path}`).toBe('application/problem+json')
  else expect(Object.keys(responses[status]!.content)).toContain(type)
  if (!type.endsWith('json') || (!isProblem && path.endsWith('export'))) return
  const place = encodeURIComponent(path.replaceAll('/', '~1'))
  const pointer = isProblem
    ? '#/components/schemas/Problem'
    : `#/paths/${place}/${method.toLowerCase()}/responses/${status}/content/application~1json/schema`
  const check = ajv.getSchema(`openapi${pointer}`)!
  const body: unknown = await response.clone().json()
  const told = `${method} ${path} → ${status} ${JSON.stringify(body).slice(0, 300)}`
  expect(check(body) === true ? [] : check.errors, told).toEqual([])
}

/** What an answer has and the document does not is a mistake here; clients are told to expect it of later versions. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, part]) => [key, strict(part)])
  const isClosed =
    'type' in value && value.type === 'object' && 'properties' in value && !('additionalProperties' in value)
  return Object.fromEntries([...entries, ...(isClosed ? [['additionalProperties', false]] : [])]) as unknown
}
