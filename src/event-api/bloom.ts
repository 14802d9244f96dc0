import { z } from 'zod'
import { isPortalLink, PORTAL_LONGEST_MS, portalUrl } from '../access/access.ts'
import { checkBody, type Answer, type Call, type Route } from './svix/svix.ts'

/**
 * Bloom's one call: the link to the portal of an organisation's app, good for 7 days.
 *
 * GraphQL of one field needs no GraphQL: it is known by its text, and any other is answered with an error.
 *
 * @see Bloom Credit, "Enablement webhooks"; GraphQL over HTTP
 */
export const BLOOM_ROUTES: readonly Route[] = [
  { method: 'post', path: '/graphql', access: 'app', isRepeatable: true, handle: answer },
]

const REQUEST = z.object({
  query: z.string().max(10_000),
  /** For those who run the instance: the app. */
  variables: z.object({ app: z.string().optional() }).nullish(),
})
const WANTED = /^\s*(?:query(?:\s+\w+)?\s*)?\{\s*(?:(\w+)\s*:\s*)?webhookDashboardUrl\s*\}\s*$/

async function answer(call: Call): Promise<Answer> {
  const { query, variables } = checkBody(REQUEST, call.body)
  const [isWanted, name = 'webhookDashboardUrl'] = WANTED.exec(query) ?? []
  if (isWanted === undefined) return failed('expected `query` to be query { webhookDashboardUrl }, got another')
  const { caller, context, doors, events } = call
  // Whoever has a link cannot make it last longer.
  if (isPortalLink(caller)) return failed('expected the token of an organisation, got that of a link')
  const app = events.apps.find(caller.app ?? variables?.app ?? '')
  if (app === null) return failed('expected the token of an app, or `variables.app` to name one, got neither')
  const access = { app: app.id, lastsMs: PORTAL_LONGEST_MS, capabilities: null, session: null }
  const token = await doors.tokens.openPortal(access, caller.id)
  await doors.audit.record(caller, 'portal.opened', { subject: app.id })
  return {
    status: 200,
    body: { data: { [name]: portalUrl(doors.publicUrl ?? new URL(context.req.url).origin, token) } },
  }
}

const failed = (message: string): Answer => ({ status: 200, body: { errors: [{ message }] } })
