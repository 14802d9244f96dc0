import { z } from 'zod'
import { eraseCustomers, exportCustomer } from '../privacy/privacy.ts'
import { operation } from './operation.ts'
import { streamResponse } from './stream.ts'

const count = z.number().int()
const customerId = z.string().min(1).max(1000).describe('As reports show it')

/** Ids stand in bodies: what stands in a path is written into logs along the way. */
export const customerOperations = [
  operation({
    id: 'exportCustomer',
    method: 'post',
    path: '/v1/customers/export',
    tag: 'Personal data',
    summary: 'Everything that is held of a customer, over all runs and in the inbox',
    roles: ['admin', 'operator'],
    isPersonal: true,
    isHarmless: true,
    body: z.strictObject({ customer_id: customerId }).meta({ id: 'Export' }),
    stream: ['application/json'],
    handle: async ({ body, actor, services: { settings, clock, audit } }) => {
      const { pieces } = exportCustomer(settings.data, { customerId: body.customer_id, now: clock.now() })
      await audit.record(actor, 'customer.exported')
      return streamResponse(pieces, { 'Content-Type': 'application/json' })
    },
  }),
  operation({
    id: 'eraseCustomers',
    method: 'post',
    path: '/v1/customers/erase',
    tag: 'Personal data',
    summary: 'Erase customers from all runs and from the inbox, for good',
    description:
      'Counts stay what they were. An open run of events lets go for a moment, and goes on; any other run that goes on is left, and named in the answer: erase again when it has ended.',
    roles: ['admin'],
    body: z.strictObject({ customer_ids: z.array(customerId).min(1).max(10_000) }).meta({ id: 'Erase' }),
    answer: z
      .object({
        schema: z.literal(1),
        customers: count.describe('Ids that were asked for'),
        found: count.describe('Those of them that something was held of'),
        runs: z.array(
          z.object({
            run_id: z.string(),
            rows: count,
            named_by_row_number: count,
            is_named_in_campaign: z.boolean(),
          }),
        ),
        triggers: count.nullable().describe('Of them that waited in the inbox, and were dropped; never null here'),
        left: z.array(z.object({ run_id: z.string(), error: z.object({ code: z.string(), message: z.string() }) })),
      })
      .meta({ id: 'Erased' }),
    handle: async ({ body, actor, services: { settings, clock, audit, erasure } }) => {
      const customerIds = new Set(body.customer_ids)
      const report = await eraseCustomers(settings.data, { customerIds, now: clock.now(), service: erasure })
      const detail = { customers: report.customers, found: report.found, left: report.left.length }
      await audit.record(actor, 'customers.erased', { detail })
      return report
    },
  }),
]
