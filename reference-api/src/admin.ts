import { Hono } from 'hono'
import { docsPage } from './docs-page.ts'
import type { Metrics } from './metrics.ts'
import { openApi } from './openapi.ts'
import type { Route } from './route.ts'
import type { Store } from './store/store.ts'

export interface AdminParts {
  readonly routes: readonly Route[]
  readonly metrics: Metrics
  readonly store: Store
  readonly isKeyRequired: boolean
  heldBytes(): number
  /** False from the moment the process is asked to stop. */
  isServing(): boolean
}

/** The page loads nothing and runs nothing. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
}

/** For the people who run the API: on a port of its own, so that a firewall can tell it from the rest. It asks for no credentials. */
export function createAdminApp(parts: AdminParts): Hono {
  const { routes, metrics, store } = parts
  const specification = openApi(routes, parts)
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'ok' }))
  app.get('/readyz', async (c) => {
    if (!parts.isServing()) return c.json({ status: 'stopping' }, 503)
    return store.ping().then(
      () => c.json({ status: 'ok' }),
      () => c.json({ status: 'store unreachable' }, 503),
    )
  })
  app.get('/metrics', async (c) => {
    const size = await store.size().catch(() => ({ keys: null, keyBytes: null, queued: null }))
    const text = metrics.print({
      api_queue_length: { help: 'Work that is promised and not done yet.', value: size.queued },
      api_idempotency_keys: { help: 'Keys held in memory.', value: size.keys },
      api_idempotency_key_bytes: { help: 'Memory that their answers take.', value: size.keyBytes },
      api_held_body_bytes: { help: 'Bytes of bodies being received.', value: parts.heldBytes() },
    })
    return c.text(text, 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  app.get('/openapi.json', (c) => c.json(specification))
  app.get('/docs', (c) => c.html(docsPage(routes, specification), 200, PAGE_HEADERS))
  app.get('/', (c) => c.redirect('/docs'))
  return app
}
