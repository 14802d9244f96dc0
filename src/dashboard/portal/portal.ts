import { Hono, type Context } from 'hono'
import { routePath } from 'hono/route'
import { AuditLog, CallRate, FailedLogins, formTokenOf, isPortalLink, Tokens } from '../../access/access.ts'
import { problemFrom, type AnsweredRequest } from '../../api/api.ts'
import type { Clock } from '../../clock.ts'
import { ApiError, HookcastError } from '../../errors.ts'
import type { Events } from '../../events/events.ts'
import type { ServiceStore } from '../../ledger/service-store.ts'
import { serveAssets } from '../frame/assets.ts'
import { answerable, noSuchPage } from '../frame/event-refusal.ts'
import { readForm } from '../frame/page-request.ts'
import { words } from '../words.ts'
import { closedPage, portalPage, problemPart } from './portal-frame.ts'
import { PORTAL_ROUTES } from './portal-routes.ts'
import { PortalVisit, type Holder, type PortalRoute } from './portal-visit.ts'
import { portalWords } from './words.ts'

export interface PortalOptions {
  readonly events: Events
  readonly store: ServiceStore
  readonly clock: Clock
  /** Origins whose pages may show the portal in a frame. */
  readonly frameAncestors: readonly string[]
  readonly addressOf: (context: Context) => string
  /** Of one link. Default: see `CallRate`. */
  readonly callsPerSecond?: number
  /** Told of defects: whoever visits got no word of them. */
  readonly onUnexpected?: (error: unknown) => void
  readonly onAnswered?: (answered: AnsweredRequest) => void
}

/** Of one address: nobody guesses a link, and whoever tries is not to fill the log. */
const UNKNOWN_PER_MINUTE = 10

/**
 * Makes the pages on which an app's own people look after its endpoints: by a link, and without any cookie.
 *
 * All paths begin with the link's token, so that it works in a frame of other origins, where browsers keep no cookies.
 * A page sends no `Referer`, is kept by no cache, and no log line has its path.
 */
export function createPortal(options: PortalOptions): Hono {
  const { clock, store, events, addressOf } = options
  const tokens = new Tokens(store, clock)
  const unknown = new FailedLogins(clock, UNKNOWN_PER_MINUTE)
  const callRate = new CallRate(clock, options.callsPerSecond)
  const holderOf = (token: string): Holder | null => {
    const actor = tokens.verify(token)
    const app = actor !== null && isPortalLink(actor) ? events.apps.find(actor.app ?? '') : null
    const expiresAt = actor === null ? null : (tokens.get(actor.id)?.expiresAt ?? null)
    return actor === null || app === null || expiresAt === null ? null : { token, actor, app, expiresAt }
  }
  const services = { events, clock, holderOf, followers: new Map<string, number>(), audit: new AuditLog(store, clock) }
  const headers = headersFor(options.frameAncestors)
  const app = new Hono({ strict: false })
  app.use(async (context, next) => {
    const startedAt = clock.now()
    await next()
    const { req, res } = context
    const waitMs = clock.now() - startedAt
    options.onAnswered?.({ method: req.method, route: routePath(context, -1), status: res.status, waitMs })
    for (const [name, value] of Object.entries(headers)) if (!res.headers.has(name)) res.headers.set(name, value)
  })
  serveAssets(app)
  const closed = (context: Context): Response => {
    const address = addressOf(context)
    const retryAfterMs = unknown.waitMs(address)
    unknown.note(address)
    return retryAfterMs === 0 ? pageOf(closedPage(), 404) : pageOf(closedPage(words.errors.limit), 429, retryAfterMs)
  }
  const visitOf = async (context: Context): Promise<PortalVisit | null> => {
    const holder = holderOf(context.req.param('token') ?? '')
    if (holder === null) return null
    const retryAfterMs = callRate.take(holder.actor.id)
    if (retryAfterMs > 0) throw new ApiError('HOOKCAST_API_LIMIT', portalWords.rate, { status: 429, retryAfterMs })
    const form = context.req.method === 'POST' ? await readForm(context) : new URLSearchParams()
    return new PortalVisit(context, services, { holder, form, formToken: formTokenOf(holder.token) })
  }
  for (const route of PORTAL_ROUTES) {
    app.on(route.method, [`/portal/:token${route.path}`], async (context) => {
      const visit = await visitOf(context)
      return visit === null ? closed(context) : await answer(route, visit)
    })
  }
  const answerProblem = (error: unknown, context: Context): Response => {
    const problem = problemFrom(error)
    const holder = holderOf(tokenIn(context))
    if (holder === null) return closed(context)
    const visit = new PortalVisit(context, services, { holder, form: new URLSearchParams(), formToken: '' })
    // What is ours to mend may name folders of this machine.
    const detail = problem.status >= 500 ? portalWords.problem.ours : problem.detail
    const content = problemPart(detail, visit.at(''))
    const retryAfterMs = error instanceof ApiError ? error.retryAfterMs : null
    return pageOf(
      portalPage(visit, { title: portalWords.problem.title, place: null, content }),
      problem.status,
      retryAfterMs,
    )
  }
  app.notFound((context) => answerProblem(noSuchPage(), context))
  app.onError((thrown, context) => {
    const error = answerable(thrown)
    if (!(error instanceof HookcastError) || problemFrom(error).status >= 500) options.onUnexpected?.(error)
    return answerProblem(error, context)
  })
  return app
}

async function answer(route: PortalRoute, visit: PortalVisit): Promise<Response> {
  if (route.method === 'post') refuseOthers(visit)
  const page = await route.handle(visit)
  return page instanceof Response ? page : pageOf(portalPage(visit, page), page.status ?? 200)
}

const denied = (message: string): ApiError => new ApiError('HOOKCAST_API_DENIED', message, { status: 403 })

/**
 * Refuses a form that a page of others has sent. They would have to know the link's token: this is the second lock.
 *
 * Pages without a `Referer` have the origin `null`; where a page of ours is, browsers say by `Sec-Fetch-Site`, over HTTPS
 * and to loopback.
 * @throws {ApiError} HOOKCAST_API_DENIED.
 * @see Fetch Standard, "Append a request `Origin` header"; W3C Fetch Metadata
 */
function refuseOthers({ context: { req }, form, formToken }: PortalVisit): void {
  const [site, origin] = [req.header('Sec-Fetch-Site'), req.header('Origin')]
  const isOwnOrigin = origin === undefined || origin === 'null' || URL.parse(origin)?.host === req.header('Host')
  if ((site !== undefined && site !== 'same-origin') || !isOwnOrigin) throw denied(words.errors.origin)
  if (form.get('form_token') !== formToken) throw denied(words.errors.form)
}

/** Nothing from elsewhere, nothing inline, and in no frame but those that were named. */
function headersFor(frameAncestors: readonly string[]): Readonly<Record<string, string>> {
  const ancestors = frameAncestors.length === 0 ? "'none'" : frameAncestors.join(' ')
  return {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors ${ancestors}`,
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex',
  }
}

function pageOf(text: string, status: number, retryAfterMs: number | null = null): Response {
  const headers = new Headers({ 'Content-Type': 'text/html; charset=utf-8' })
  if (retryAfterMs !== null) headers.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  return new Response(text, { status, headers })
}

/** Of a path that is none of ours there are no parameters. */
function tokenIn({ req }: Context): string {
  return /^\/portal\/([^/]+)/.exec(req.path)?.[1] ?? ''
}
