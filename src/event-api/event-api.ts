import { createHash } from 'node:crypto'
import { Hono, type Context } from 'hono'
import { routePath } from 'hono/route'
import { AuditLog, CallRate, FailedLogins, Repeats, Tokens, type Actor } from '../access/access.ts'
import type { Clock } from '../clock.ts'
import { ApiError } from '../errors.ts'
import { EventsError, type Events } from '../events/events.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { BLOOM_ROUTES } from './bloom.ts'
import { CROSS_RIVER_ROUTES } from './cross-river/cross-river.ts'
import {
  answerFrom,
  authorize,
  Call,
  defectFrom,
  Failure,
  failureFrom,
  readBytes,
  SVIX_ROUTES,
  type Doors,
  type Route,
} from './svix/svix.ts'

export { endpointFields, Failure, type EndpointFields } from './svix/svix.ts'

export interface EventApiOptions {
  readonly events: Events
  readonly store: ServiceStore
  readonly clock: Clock
  /** Where people reach this service, for the links that it gives; null for where the request went. */
  readonly publicUrl?: string | null
  readonly addressOf: (context: Context) => string
  /** Told of what is ours to mend. */
  readonly onUnexpected: (error: unknown) => void
  /** Told of every answer; `route` is the pattern, never what somebody has put into it. */
  readonly onAnswered?: (answered: {
    readonly method: string
    readonly route: string
    readonly status: number
    readonly waitMs: number
  }) => void
}

const ROOT = '/api/v1'
/** A token's requests a second: those of a sender of messages. */
const CALLS_PER_S = 5000

/**
 * Makes the API of event webhooks, which is Svix's own: its official clients work with it; with what two vendors have besides.
 *
 * How it is served is not its matter; it holds no connection and no timer.
 */
export function createEventApi(options: EventApiOptions): Hono {
  const { clock, store } = options
  const repeats = new Repeats(store, { clock, isRefusal: (error) => statusOf(error) < 500 })
  const callRate = new CallRate(clock, CALLS_PER_S)
  const tokens = new Tokens(store, clock)
  const parts = {
    ...options,
    repeats,
    callRate,
    tokens,
    doors: { tokens, audit: new AuditLog(store, clock), publicUrl: options.publicUrl ?? null },
    failedLogins: new FailedLogins(clock),
  }
  // Svix takes a slash at the end.
  const app = new Hono({ strict: false })
  app.use(async (context, next) => {
    const startedAt = clock.now()
    await next()
    const { req, res } = context
    const route = routePath(context, -1)
    options.onAnswered?.({ method: req.method, route, status: res.status, waitMs: clock.now() - startedAt })
  })
  app.get(`${ROOT}/health`, (context) => context.body(null, 204))
  for (const route of SVIX_ROUTES) {
    app.on(route.method, [ROOT + route.path], (context) => serve(route, context, parts))
  }
  for (const route of [...CROSS_RIVER_ROUTES, ...BLOOM_ROUTES]) {
    app.on(route.method, [route.path], (context) => serve(route, context, parts))
  }
  app.notFound(() => answerFrom(new Failure(404, { code: 'not_found', detail: 'No such operation' })))
  app.onError((error) => {
    const failure = failureOf(error)
    if (failure !== null) return answerFrom(failure)
    options.onUnexpected(error)
    return answerFrom(defectFrom(error))
  })
  return app
}

interface Parts extends EventApiOptions {
  readonly repeats: Repeats
  readonly callRate: CallRate
  readonly tokens: Tokens
  readonly doors: Doors
  readonly failedLogins: FailedLogins
}

async function serve(route: Route, context: Context, parts: Parts): Promise<Response> {
  const caller = authenticate(context, parts)
  authorize(route, caller)
  const body = route.method === 'get' || route.method === 'delete' ? Buffer.alloc(0) : await readBytes(context)
  const call = new Call({ context, caller, events: parts.events, doors: parts.doors, body })
  const key = route.method === 'post' && route.isRepeatable !== true ? context.req.header('Idempotency-Key') : undefined
  if (key === undefined) return responseFrom(await route.handle(call))
  let first: Response | null = null
  const { pathname, search } = new URL(context.req.url)
  const request = `POST ${pathname}${search} ${createHash('sha256').update(body).digest('hex')}`
  const kept = await parts.repeats.once({ token: caller.id, key, request }, async () => {
    const answer = await route.handle(call)
    first = responseFrom(answer)
    return { status: answer.status, location: null, body: JSON.stringify(answer.body) }
  })
  if (kept === null) return first!
  return responseFrom({ status: kept.status, body: kept.body === 'null' ? null : kept.body })
}

/** @throws {Failure} 401, 429 */
function authenticate(context: Context, { tokens, failedLogins, callRate, addressOf }: Parts): Actor {
  const address = addressOf(context)
  const waitMs = failedLogins.waitMs(address)
  if (waitMs > 0) throw limited(waitMs)
  const [, text] = /^Bearer +(\S+) *$/i.exec(context.req.header('Authorization') ?? '') ?? []
  const caller = text === undefined ? null : tokens.verify(text)
  if (caller === null) {
    if (text !== undefined) failedLogins.note(address)
    const detail = 'Incorrect authentication credentials.'
    throw new Failure(401, { code: 'authentication_failed', detail })
  }
  const retryAfterMs = callRate.take(caller.id)
  if (retryAfterMs > 0) throw limited(retryAfterMs)
  return caller
}

const limited = (retryAfterMs: number): Failure =>
  new Failure(429, { code: 'rate_limited', detail: 'Too many requests.', retryAfterMs })

function responseFrom({ status, body }: { readonly status: number; readonly body: object | string | null }): Response {
  if (body === null) return new Response(null, { status })
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return new Response(text, { status, headers: { 'Content-Type': 'application/json' } })
}

const statusOf = (error: unknown): number => failureOf(error)?.status ?? 500

/** Null for what is ours to mend. */
function failureOf(error: unknown): Failure | null {
  if (error instanceof EventsError) return failureFrom(error)
  if (!(error instanceof ApiError)) return error instanceof Failure ? error : null
  // Of a key that was used for another request, or is in use.
  const { status, message, retryAfterMs } = error
  return new Failure(status, { code: 'idempotency_key', detail: message, retryAfterMs, cause: error })
}
