import { z } from 'zod'
import { GRANTS, ROLES, type TokenRecord } from '../access/access.ts'
import { ApiError } from '../errors.ts'
import { instantOf } from '../report/report.ts'
import { operation } from './operation.ts'
import { nextCursor, PAGE_QUERY, pageOf } from './page.ts'

const instant = z.iso.datetime()
const role = z.enum(ROLES)
const grants = z.array(z.enum(GRANTS))

const token = z
  .object({
    id: z.string(),
    name: z.string(),
    role,
    grants: grants.describe('`personal_data`: a viewer sees customers, too'),
    prefix: z.string().describe('How the token begins'),
    made_at: instant,
    made_by: z.string().nullable().describe('Id of the token that made it'),
    expires_at: instant.nullable(),
    revoked_at: instant.nullable(),
    used_at: instant.nullable().describe('To about a minute'),
  })
  .meta({ id: 'Token' })

const newToken = z
  .strictObject({
    name: z.string().trim().min(1).max(100).describe('Who or what has it'),
    role,
    grants: grants.max(GRANTS.length).default([]),
    expires_at: instant.nullish().describe('Null: never'),
  })
  .meta({ id: 'NewToken' })

export const tokenOperations = [
  operation({
    id: 'showActor',
    method: 'get',
    path: '/v1/me',
    tag: 'Access',
    summary: 'Who the token of this request is',
    roles: ROLES,
    answer: z.object({ token_id: z.string(), name: z.string(), role, grants }).meta({ id: 'Actor' }),
    handle: async ({ actor: { id, name, role, grants } }) => ({ token_id: id, name, role, grants }),
  }),
  operation({
    id: 'listTokens',
    method: 'get',
    path: '/v1/tokens',
    tag: 'Access',
    summary: 'The tokens, newest first',
    roles: ['admin'],
    query: PAGE_QUERY,
    answer: z.object({ tokens: z.array(token), next_cursor: nextCursor }).meta({ id: 'TokenPage' }),
    handle: async ({ query: { limit, cursor = null }, services: { tokens } }) => {
      const found = tokens.list({ after: cursor, limit: limit + 1 }).map(shownToken)
      const { entries, next_cursor } = pageOf(found, limit, ({ id }) => id)
      return { tokens: entries, next_cursor }
    },
  }),
  operation({
    id: 'makeToken',
    method: 'post',
    path: '/v1/tokens',
    tag: 'Access',
    summary: 'Make a token',
    description:
      'The answer shows the token, once: it is kept nowhere, and a repeat under the same `Idempotency-Key` shows null.',
    roles: ['admin'],
    body: newToken,
    status: 201,
    answer: token
      .extend({ token: z.string().nullable().describe('The token itself, `hc_…`') })
      .meta({ id: 'MadeToken' }),
    kept: (made) => ({ ...made, token: null }),
    handle: async ({ body, actor, services: { tokens, audit, clock } }) => {
      const expiresAt = body.expires_at == null ? null : Date.parse(body.expires_at)
      if (expiresAt !== null && expiresAt <= clock.now()) {
        const message = 'expected `expires_at` to be in the future, got a time that has passed'
        throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 400, problems: [{ at: '/expires_at', message }] })
      }
      const { name, role, grants } = body
      const { text, record } = await tokens.issue({ name, role, grants, expiresAt }, actor.id)
      await audit.record(actor, 'token.made', { subject: record.id, detail: { name, role, grants } })
      return { ...shownToken(record), token: text }
    },
  }),
  operation({
    id: 'revokeToken',
    method: 'delete',
    path: '/v1/tokens/{token_id}',
    tag: 'Access',
    summary: 'Revoke a token, from the next request on',
    roles: ['admin'],
    params: { token_id: z.string().max(100) },
    answer: token,
    handle: async ({ params: { token_id: id }, actor, services: { tokens, audit } }) => {
      if (await tokens.revoke(id)) await audit.record(actor, 'token.revoked', { subject: id })
      const record = tokens.get(id)
      if (record !== null) return shownToken(record)
      throw new ApiError('HOOKCAST_API_UNKNOWN', `No such token: ${JSON.stringify(id)}`, { status: 404 })
    },
  }),
]

function shownToken(record: TokenRecord): z.output<typeof token> {
  const { id, name, role, grants, prefix, madeAt, madeBy, expiresAt, revokedAt, usedAt } = record
  return {
    id,
    name,
    role,
    grants: [...grants],
    prefix,
    made_at: new Date(madeAt).toISOString(),
    made_by: madeBy,
    expires_at: instantOf(expiresAt),
    revoked_at: instantOf(revokedAt),
    used_at: instantOf(usedAt),
  }
}
