import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { defineRoute } from '../route.ts'
import type { Route } from '../route.ts'

const Newsletter = z.strictObject({
  customer_id: z.string().min(1, '1001 customer_id is empty.').max(256, '1001 customer_id is over 256 characters.'),
  email: z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, '1020 email is not an e-mail address.'),
  subject: z.string().refine((subject) => subject.trim() !== '', '1021 subject is empty.'),
  text: z.string().refine((text) => text.trim() !== '', '1003 text is empty.'),
})

/** A route that takes XML: all else is as with JSON, and so are its answers. */
export const newsletterRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/newsletters',
    summary: 'Send a newsletter to one customer (XML)',
    body: Newsletter,
    format: 'xml',
    handle({ body }) {
      const id = `nws_${randomUUID()}`
      const result = { code: 1, status: 'sent', message: 'Newsletter accepted for sending', id }
      return { success: true, fields: { result }, work: [{ kind: 'newsletter', id, payload: body }] }
    },
  }),
]
