import { Hono, type Context } from 'hono'
import { routePath } from 'hono/route'
import { ApiError, HookcastError } from '../errors.ts'
import { completeHeaders } from './answer-headers.ts'
import { docsPage, PAGE_POLICY } from './docs-page.ts'
import { openApi } from './document.ts'
import { OPERATIONS } from './operations.ts'
import { problemFrom, problemResponse } from './problem.ts'
import { serveOperation } from './serve-operation.ts'
import { servicesFrom, type ApiOptions, type ApiServices } from './services.ts'

export { mayPerform, perform, performUpload, type AnswerOf, type Asked, type OperationId } from './perform.ts'
export { problemFrom, type ProblemDetails } from './problem.ts'
export { readAll } from './read-request.ts'
export { knownRun } from './runs.ts'
export { servicesFrom, type AnsweredRequest, type ApiLimits, type ApiOptions, type ApiServices } from './services.ts'

/**
 * Makes the control API: every operation under `/v1`, its OpenAPI document, and a page that shows it.
 *
 * How it is served is not its matter; it holds no connection and no timer, and what it starts belongs to `runs`.
 */
export function createApi(options: ApiOptions, services: ApiServices = servicesFrom(options)): Hono {
  const { clock, version } = options.surroundings.wiring
  const document = `${JSON.stringify(openApi(OPERATIONS, version, options.publicUrl ?? undefined), null, 2)}\n`
  const page = docsPage(OPERATIONS, version)
  const app = new Hono()
  app.use(async (context, next) => {
    const startedAt = clock.now()
    await next()
    const { req, res } = context
    const route = routePath(context, -1)
    options.onAnswered?.({ method: req.method, route, status: res.status, waitMs: clock.now() - startedAt })
    completeHeaders(context)
  })
  app.get('/openapi.json', (context) => context.body(document, 200, { 'Content-Type': 'application/json' }))
  app.get('/docs', (context) => {
    context.header('Content-Security-Policy', PAGE_POLICY)
    return context.html(page)
  })
  for (const operation of OPERATIONS) {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app.on(operation.method, [path], (context) => serveOperation(operation, context, services))
  }
  app.notFound(unknownRoute)
  app.onError((error) => {
    if (!(error instanceof HookcastError) || problemFrom(error).status === 500) options.onUnexpected?.(error)
    return problemResponse(error)
  })
  return app
}

const PATTERNS = OPERATIONS.map(({ path, method }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}))

function unknownRoute({ req: { method, path } }: Context): Response {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  if (methods.length === 0) {
    const message = `No such route: ${JSON.stringify(path)}`
    return problemResponse(new ApiError('HOOKCAST_API_UNKNOWN', message, { status: 404 }))
  }
  const message = `expected the method to be ${methods.join(' or ')}, got ${method}`
  const response = problemResponse(new ApiError('HOOKCAST_API_REQUEST', message, { status: 405 }))
  response.headers.set('Allow', methods.join(', '))
  return response
}
