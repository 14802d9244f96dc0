import { Hono, type Context } from 'hono'
import { routePath } from 'hono/route'
import type { Session } from '../access/access.ts'
import { problemFrom, type AnsweredRequest, type ApiServices } from '../api/api.ts'
import { ApiError, HookcastError } from '../errors.ts'
import type { Events } from '../events/events.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { accessPages } from './access/access.ts'
import { campaignPages } from './campaigns/campaigns.ts'
import { eventPages } from './events/events.ts'
import { answerable } from './frame/event-refusal.ts'
import { serveAssets } from './frame/assets.ts'
import { framed, problemContent } from './frame/frame.ts'
import { ownPath, signInContent, SignIn } from './frame/sign-in.ts'
import { readForm, seeOther } from './frame/page-request.ts'
import { Visit, type PageRoute } from './frame/visit.ts'
import { holdPages } from './holds/holds.ts'
import { runPages } from './runs/runs.ts'
import { BOARD_PATH, WorkerBoard } from './workers/worker-board.ts'
import { words } from './words.ts'

export { createPortal } from './portal/portal.ts'

export interface DashboardOptions {
  readonly services: ApiServices
  readonly events: Events
  readonly store: ServiceStore
  /** Where people reach it; null when nobody said so. */
  readonly publicUrl: string | null
  /** Told of defects: whoever visits got no word of them. */
  readonly onUnexpected?: (error: unknown) => void
  readonly onAnswered?: (answered: AnsweredRequest) => void
}

const PAGES: readonly PageRoute[] = [...runPages, ...campaignPages, ...holdPages, ...eventPages, ...accessPages]

/** Nothing from elsewhere, nothing inline: what strangers wrote stays text, whatever we forget. */
const HEADERS = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
}

const HTML = { 'Content-Type': 'text/html; charset=utf-8' }

/**
 * Makes the pages for people: what the control API does, to be read and pressed.
 *
 * How it is served is not its matter. Reading works without the script.
 */
export function createDashboard({ services, events, store, publicUrl, ...told }: DashboardOptions): Hono {
  const signIn = new SignIn(store, services, publicUrl?.startsWith('https:') === true)
  const ownHost = publicUrl === null ? null : new URL(publicUrl).host
  const app = new Hono()
  app.use(async (context, next) => {
    const startedAt = services.clock.now()
    await next()
    const { req, res } = context
    const waitMs = services.clock.now() - startedAt
    told.onAnswered?.({ method: req.method, route: routePath(context, -1), status: res.status, waitMs })
    for (const [name, value] of Object.entries(HEADERS)) if (!res.headers.has(name)) res.headers.set(name, value)
  })
  serveAssets(app)
  app.get('/', () => seeOther('/runs'))
  app.get('/sign-in', (context) => {
    const to = ownPath(context.req.query('to'))
    return context.html(framed({ title: words.signIn.title, content: signInContent(to, null), who: null }))
  })
  app.post('/sign-in', async (context) => {
    refuseOthers(context, { ownHost })
    const form = await readForm(context)
    const to = ownPath(form.get('to') ?? undefined)
    const begun = await signIn.begin(context, form.get('token')?.trim() ?? '')
    if (begun === 'begun') return context.redirect(to, 303)
    const message = begun === 'limited' ? words.errors.limit : words.signIn.unknown
    const page = framed({ title: words.signIn.title, content: signInContent(to, message), who: null })
    return context.html(page, begun === 'limited' ? 429 : 401)
  })
  app.post('/sign-out', async (context) => {
    refuseOthers(context, { ownHost })
    await signIn.end(context)
    return context.redirect('/sign-in', 303)
  })
  const takeTurn = ({ actor }: Session): void => {
    const retryAfterMs = services.callRate.take(actor.id)
    if (retryAfterMs > 0) throw new ApiError('HOOKCAST_API_LIMIT', words.errors.rate, { status: 429, retryAfterMs })
  }
  const { remote } = services.surroundings
  const board = remote === undefined ? null : new WorkerBoard(remote)
  app.get(`${BOARD_PATH}/*`, async (context, next) => {
    if (board === null) return await next()
    const session = signIn.sessionOf(context)
    if (session === null) return toSignIn(context)
    takeTurn(session)
    return await board.show(context.req.raw, session.actor)
  })
  for (const { method, path, isUpload = false, handle } of PAGES) {
    app.on(method, [path], async (context) => {
      const session = signIn.sessionOf(context)
      if (session === null) return method === 'get' ? toSignIn(context) : sessionEnded(context)
      takeTurn(session)
      const form = method === 'get' ? new URLSearchParams() : isUpload ? fieldsBeside(context) : await readForm(context)
      if (method === 'post') refuseOthers(context, { ownHost, form, session })
      const answer = await handle(new Visit(context, { services, events }, { session, form }))
      if (answer instanceof Response) return answer
      return context.html(framed({ ...answer, who: session }), answer.status ?? 200)
    })
  }
  const answerProblem = (error: unknown, context: Context): Response => {
    const problem = problemFrom(error)
    const back = ownPath(pathOf(context.req.header('Referer')))
    const content = problemContent(problem, back)
    const page = framed({ title: words.errors.title, content, who: signIn.sessionOf(context) })
    return new Response(page, { status: problem.status, headers: HTML })
  }
  app.notFound((context) => {
    return answerProblem(new ApiError('HOOKCAST_API_UNKNOWN', words.errors.unknown, { status: 404 }), context)
  })
  app.onError((thrown, context) => {
    const error = answerable(thrown)
    if (!(error instanceof HookcastError) || problemFrom(error).status === 500) told.onUnexpected?.(error)
    return answerProblem(error, context)
  })
  return app
}

/** What a form has besides a file: our script puts it there. */
function fieldsBeside({ req }: Context): URLSearchParams {
  return new URLSearchParams({ ...req.query(), form_token: req.header('X-Form-Token') ?? '' })
}

function toSignIn({ req }: Context): Response {
  const { pathname, search } = new URL(req.url)
  return seeOther(`/sign-in?to=${encodeURIComponent(pathname + search)}`)
}

function sessionEnded(context: Context): Response {
  const to = ownPath(pathOf(context.req.header('Referer')))
  const content = signInContent(to, words.signIn.ended)
  const page = framed({ title: words.signIn.title, content, who: null })
  return new Response(page, { status: 401, headers: HTML })
}

function pathOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined
  const { pathname, search } = new URL(url)
  return pathname + search
}

/**
 * Refuses a form that a page of others has sent: by where it comes from, and by what only our pages know.
 *
 * @throws {ApiError} HOOKCAST_API_DENIED.
 * @see OWASP Cross-Site Request Forgery Prevention Cheat Sheet
 */
function refuseOthers(
  { req }: Context,
  {
    ownHost,
    form = null,
    session = null,
  }: { readonly ownHost: string | null; readonly form?: URLSearchParams | null; readonly session?: Session | null },
): void {
  const origin = req.header('Origin')
  const host = origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null
  const isOwn = host !== null && (host === req.header('Host') || host === ownHost)
  if (!isOwn) throw new ApiError('HOOKCAST_API_DENIED', words.errors.origin, { status: 403 })
  if (session !== null && form?.get('form_token') !== session.formToken) {
    throw new ApiError('HOOKCAST_API_DENIED', words.errors.form, { status: 403 })
  }
}
