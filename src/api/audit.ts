import { z } from 'zod'
import type { AuditEntry } from '../access/access.ts'
import { operation } from './operation.ts'
import { nextCursor, PAGE_QUERY, pageOf } from './page.ts'

const entry = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.object({ token_id: z.string(), name: z.string() }),
    action: z.string().describe('Such as `run.started`'),
    subject: z.string().nullable().describe('The id or name of what it was done to; never that of a customer'),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'AuditEntry' })

export const auditOperations = [
  operation({
    id: 'listAudit',
    method: 'get',
    path: '/v1/audit',
    tag: 'Access',
    summary: 'Who did what, newest first',
    roles: ['admin'],
    query: PAGE_QUERY,
    answer: z.object({ entries: z.array(entry), next_cursor: nextCursor }).meta({ id: 'AuditPage' }),
    handle: async ({ query: { limit, cursor }, services: { audit } }) => {
      const after = cursor === undefined ? null : Number(cursor) || 0
      const found = audit.list({ after, limit: limit + 1 }).map(shownEntry)
      return pageOf(found, limit, ({ id }) => id)
    },
  }),
]

function shownEntry({ id, at, actor, action, subject, detail }: AuditEntry): z.output<typeof entry> {
  return {
    id: String(id),
    at: new Date(at).toISOString(),
    actor: { token_id: actor.id, name: actor.name },
    action,
    subject,
    detail: { ...detail },
  }
}
