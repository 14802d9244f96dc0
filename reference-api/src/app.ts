import type { HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { CODES, Refusal } from './answer.ts'
import { unauthorized } from './auth.ts'
import { answerFrom, createHandler, toResponse } from './pipeline.ts'
import type { AppContext, Parts } from './pipeline.ts'
import type { Route } from './route.ts'
import { messageRoutes } from './routes/messages.ts'

/** Every route of the API, in the order of its documentation. Add yours here. */
export const ROUTES: readonly Route[] = [...messageRoutes]

/** Puts the routes together; whatever they do not cover is 404 or 405, after the credentials were checked. */
export function createApp(parts: Parts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>()
  const methods = new Map<string, string[]>()
  for (const route of ROUTES) {
    app.on(route.method, route.path, createHandler(route, parts))
    methods.set(route.path, [...(methods.get(route.path) ?? []), route.method])
  }
  for (const [path, allowed] of methods) {
    app.all(path, (c) => outside(c, parts, () => wrongMethod(allowed)))
  }
  app.notFound((c) => outside(c as AppContext, parts, unknownRoute))
  return app
}

function outside(c: AppContext, parts: Parts, refusal: () => Refusal): Response {
  const user = parts.authenticate(c.env.incoming.headers.authorization)
  const error = user === null ? unauthorized() : refusal()
  parts.log.write('warn', 'request.answered', { method: c.req.method, route: null, status: error.answer.status })
  return toResponse(answerFrom(error, { method: 'GET', path: '*' }, parts.log))
}

function unknownRoute(): Refusal {
  return new Refusal(404, { code: CODES.unknownRoute, description: 'There is no such route.' })
}

function wrongMethod(allowed: readonly string[]): Refusal {
  const problem = { code: CODES.method, description: `This route takes ${allowed.join(', ')}.` }
  return new Refusal(405, problem, { Allow: allowed.join(', ') })
}
