import { Hono } from 'hono'
import type { Telemetry } from '../telemetry.ts'

export interface FrontOptions {
  readonly api: Hono
  /** Of event webhooks. */
  readonly eventApi: Hono
  /** Pages for people who run the service. */
  readonly dashboard: Hono
  /** Pages for subscribers. */
  readonly portal: Hono
  readonly telemetry: Telemetry
  /** Null when the service can take work; else why it cannot, in our own words. */
  readonly whyNotReady: () => string | null
}

/** What strangers may reach besides, with a token or a signature. */
const TRIGGERS = '/v1/triggers'
/** Svix's, Cross River's, Bloom's. */
const EVENT_API = ['/api/v1/*', '/webhooks/v1/*', '/graphql'] as const

/** A page of the portal has the address of a link, or is one of the files that it names. */
const PORTAL = ['/portal/*', '/assets/*'] as const

const CONTROL_API = ['/v1/*', '/docs', '/openapi.json']

/** Puts what a machine asks beside APIs and dashboard: alive, ready, metrics. None of it asks for a token. */
export function createFront(
  { api, eventApi, dashboard, portal, telemetry, whyNotReady }: FrontOptions,
  audience: 'admin' | 'public',
): Hono {
  const app = new Hono()
  app.get('/healthz', (context) => context.json({ status: 'alive' }))
  app.get('/readyz', (context) => {
    const reason = whyNotReady()
    return reason === null ? context.json({ status: 'ready' }) : context.json({ status: 'not ready', reason }, 503)
  })
  for (const path of EVENT_API) app.all(path, (context) => eventApi.fetch(context.req.raw, context.env))
  for (const path of PORTAL) app.all(path, (context) => portal.fetch(context.req.raw, context.env))
  if (audience === 'public') {
    for (const path of [TRIGGERS, `${TRIGGERS}/:source`])
      app.all(path, (context) => api.fetch(context.req.raw, context.env))
    return app
  }
  app.get('/metrics', async (context) => {
    const { contentType, text } = await telemetry.exposition()
    return context.body(text, 200, { 'Content-Type': contentType })
  })
  for (const path of CONTROL_API) app.all(path, (context) => api.fetch(context.req.raw, context.env))
  app.all('*', (context) => dashboard.fetch(context.req.raw, context.env))
  return app
}
