import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { CODES, Refusal } from './answer.ts'
import { unauthorized } from './auth.ts'
import type { Customers } from './customers.ts'
import { BODY_LIMIT_BYTES, createHandler, serveRoute } from './pipeline.ts'
import type { AppContext, Parts } from './pipeline.ts'
import type { Route } from './route.ts'
import { customerRoutes } from './routes/customers.ts'
import { messageRoutes } from './routes/messages.ts'
import { newsletterRoutes } from './routes/newsletters.ts'
import type { Verifier, WebhookSource } from './webhooks/verifier.ts'
import { receiveEvent } from './webhooks/webhooks.ts'

/** Every route of the API, in the order of its documentation. Add yours here. */
export function createRoutes({ customers }: { readonly customers: Customers }): readonly Route[] {
  return [...messageRoutes, ...customerRoutes(customers), ...newsletterRoutes]
}

export interface AppParts extends Parts {
  readonly routes: readonly Route[]
  /** How to know a vendor's events; a vendor that is not here has no route. */
  readonly verifiers: ReadonlyMap<WebhookSource, Verifier>
}

/** Puts the routes together; whatever they do not cover is 404 or 405, after the credentials were checked. */
export function createApp(parts: AppParts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  for (const route of parts.routes) {
    app.on(route.method, route.path, createHandler(route, parts, serveRoute(route, parts)))
  }
  for (const [source, verify] of parts.verifiers) {
    const path = `/webhooks/${source}`
    const serve = createHandler({ method: 'POST', path }, parts, async ({ c }) => {
      const { incoming } = c.env
      const raw = await parts.bodies.read(incoming, BODY_LIMIT_BYTES)
      return receiveEvent({ source, verify, store: parts.store }, { raw, headers: incoming.headers, at: Date.now() })
    })
    app.post(path, serve)
  }
  // Not by `app.all`: two handlers on a path cost every request a walk through Hono's middleware chain.
  const refuse = createHandler({ method: 'GET', path: '*' }, parts, async ({ c }) => {
    parts.checkAddress(c.env.incoming)
    if (parts.authenticate(c.env.incoming.headers.authorization) === null) throw unauthorized()
    throw outside(parts.routes, c.req.path)
  })
  app.notFound((c) => refuse(c as AppContext))
  return app
}

function outside(routes: readonly Route[], path: string): Refusal {
  const segments = path.split('/')
  const methods = routes.filter((route) => fits(route.path.split('/'), segments)).map((route) => route.method)
  if (methods.length === 0) {
    return new Refusal(404, { code: CODES.unknownRoute, description: 'There is no such route.' })
  }
  const problem = { code: CODES.method, description: `This route takes ${methods.join(', ')}.` }
  return new Refusal(405, problem, { Allow: methods.join(', ') })
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  if (pattern.length !== segments.length) return false
  return pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]))
}
