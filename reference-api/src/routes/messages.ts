import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { CODES, Refusal } from '../answer.ts'
import { checkValue } from '../check-value.ts'
import { defineRoute } from '../route.ts'
import type { Route } from '../route.ts'
import type { Work } from '../store/store.ts'

const MESSAGE_LIMIT = 160
/** Messages in a batch; the queue has room for as many at least. */
export const BATCH_LIMIT = 1000

export const Phone = z
  .string('1002 The phone number has to be a string.')
  .regex(/^\+[1-9]\d{6,14}$/, '1002 The phone number has to be in E.164, such as +420601123456.')

/** One message to one customer. Add your own field here: checks, documentation and OpenAPI follow. */
const Message = z.strictObject({
  customer_id: z
    .string('1001 customer_id has to be a string.')
    .min(1, '1001 customer_id is empty.')
    .max(256, '1001 customer_id is over 256 characters.'),
  to: Phone,
  text: z
    .string('1003 text has to be a string.')
    .refine((text) => text.trim() !== '', '1003 text is empty.')
    .refine((text) => characters(text) <= MESSAGE_LIMIT, '1004 SMS message too long. Limit is 160 characters.')
    .meta({ description: 'At most 160 characters.' }),
})
type Message = z.output<typeof Message>

const { $schema: _version, ...messageSchema } = z.toJSONSchema(Message, { io: 'input' })

/** Messages are checked one by one, so that one that is wrong leaves the others alone; the documentation shows them all the same. */
const Batch = z.strictObject({ messages: z.array(z.unknown().meta(messageSchema)) })

/** Characters as people count them, near enough: code points. Counted only where the length leaves a doubt. */
function characters(text: string): number {
  return text.length <= MESSAGE_LIMIT || text.length > 2 * MESSAGE_LIMIT ? text.length : Array.from(text).length
}

/** The provider is called by the worker, after the answer: a slow provider never makes the sender wait. */
function workFor(message: Message): Work {
  return { kind: 'message', id: `msg_${randomUUID()}`, payload: message }
}

function acceptedResult(work: Work): Readonly<Record<string, unknown>> {
  return { code: 1, status: 'sent', message: 'SMS message accepted for sending', id: work.id }
}

export const messageRoutes: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/v1/messages',
    summary: 'Send one SMS message to one customer',
    body: Message,
    handle({ body }) {
      const work = workFor(body)
      return { success: true, fields: { result: acceptedResult(work) }, work: [work] }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/v1/messages/batch',
    summary: 'Send up to 1,000 SMS messages, each judged by itself',
    body: Batch,
    bodyLimitBytes: 16 * 1024 * 1024,
    handle({ body }) {
      if (body.messages.length > BATCH_LIMIT) {
        throw new Refusal(400, { code: CODES.batchSize, description: `A batch holds at most ${BATCH_LIMIT} messages.` })
      }
      const work: Work[] = []
      const results = body.messages.map((item) => {
        const checked = checkValue(Message, item)
        const customer_id = (item as { customer_id?: unknown }).customer_id ?? null
        if (!checked.ok) return { customer_id, success: false, errors: checked.errors }
        const each = workFor(checked.value)
        work.push(each)
        return { customer_id, success: true, result: acceptedResult(each) }
      })
      return { success: true, fields: { results }, work }
    },
  }),
]
