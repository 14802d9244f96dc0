import { z } from 'zod'
import { CAPABILITIES, PORTAL_LONGEST_MS, portalUrl } from '../../access/access.ts'
import { APPLICATION_IN, ensureApp } from './applications.ts'
import { Failure } from './failure.ts'
import { checkBody } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

export const authentication: readonly Route[] = [
  // Nothing is kept of the answer: it holds the token. A second link does no harm.
  { method: 'post', path: '/auth/app-portal-access/:app', access: 'admin', isRepeatable: true, handle: openFor },
  { method: 'post', path: '/auth/dashboard-access/:app', access: 'admin', isRepeatable: true, handle: openFor },
  { method: 'post', path: '/auth/app/:app/expire-all', access: 'admin', handle: expireAll },
  { method: 'post', path: '/auth/logout', access: 'app', handle: logout },
]

const LONGEST_S = PORTAL_LONGEST_MS / 1000
const SHORTEST_S = 3600
const SESSION = z.string().min(1).max(256)
const PORTAL_ACCESS_IN = z.object({
  application: APPLICATION_IN.nullish(),
  readOnly: z.boolean().nullish(),
  capabilities: z.array(z.enum(CAPABILITIES)).nullish(),
  expiry: z.number().int().min(SHORTEST_S).max(LONGEST_S).nullish(),
  sessionId: SESSION.nullish(),
})

/** A link to the portal of an app, which is made if need be. Feature flags hide nothing here: there is no word about them. */
async function openFor(call: Call): Promise<Answer> {
  const { body, caller, context, doors } = call
  const { application, readOnly, capabilities, expiry, sessionId } = checkBody(PORTAL_ACCESS_IN, body)
  const app = await ensureApp(call, application ?? null)
  const access = {
    app: app.id,
    lastsMs: (expiry ?? LONGEST_S) * 1000,
    capabilities: readOnly === true ? (['ViewBase'] as const) : (capabilities ?? null),
    session: sessionId ?? null,
  }
  const token = await doors.tokens.openPortal(access, caller.id)
  await doors.audit.record(caller, 'portal.opened', { subject: app.id })
  return { status: 200, body: { url: portalUrl(doors.publicUrl ?? new URL(context.req.url).origin, token), token } }
}

const EXPIRE_IN = z.object({
  expiry: z.number().int().min(0).max(LONGEST_S).nullish(),
  sessionIds: z.array(SESSION).max(1000).nullish(),
})

async function expireAll({ app, body, caller, doors }: Call): Promise<Answer> {
  const { expiry, sessionIds } = checkBody(EXPIRE_IN, body)
  const sessions = sessionIds == null || sessionIds.length === 0 ? null : sessionIds
  await doors.tokens.expireOf(app.id, { inMs: (expiry ?? 0) * 1000, sessions })
  await doors.audit.record(caller, 'portal.closed', { subject: app.id })
  return { status: 204, body: null }
}

/** Ends the token that it was called with, when that is an app's. */
async function logout({ caller, doors }: Call): Promise<Answer> {
  if (caller.app === null)
    throw new Failure(403, { code: 'insufficient access', detail: 'Only tokens of apps log out.' })
  await doors.tokens.revoke(caller.id)
  return { status: 204, body: null }
}
