import { z } from 'zod'
import type { Reply } from '../answer.ts'
import type { Customer, Customers } from '../customers.ts'
import { defineRoute } from '../route.ts'
import type { Route } from '../route.ts'
import { Phone } from './messages.ts'

const CustomerBody = z.strictObject({
  phone: Phone.nullable(),
  language: z.string().regex(/^[a-z]{2,3}$/, '1006 language has to be a code such as cs or pt.'),
  vip: z.boolean('1007 vip has to be true or false.'),
})

const PATH = '/v1/customers/:id'

/**
 * The other methods that a campaign can call. All may be repeated without harm: what they leave behind is the same.
 *
 * A customer that is not known is *not* a 404: that status stops a whole campaign, and only this one customer is missing.
 */
export function customerRoutes(customers: Customers): readonly Route[] {
  const withCustomer = (id: string, use: (customer: Customer) => object): Reply => {
    const customer = customers.find(id)
    if (customer) return { success: true, fields: { result: use(customer) } }
    return { success: false, errors: [{ code: 1005, description: 'This customer is not known.' }] }
  }
  return [
    defineRoute({
      method: 'GET',
      path: PATH,
      summary: 'Read a customer',
      body: null,
      handle: ({ params: { id = '' } }) => withCustomer(id, (customer) => ({ customer_id: id, ...customer })),
    }),
    defineRoute({
      method: 'PUT',
      path: PATH,
      summary: 'Create or replace a customer',
      body: CustomerBody,
      handle({ params: { id = '' }, body }) {
        customers.save(id, body)
        return { success: true, fields: { result: { customer_id: id, ...body } } }
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: PATH,
      summary: 'Change some fields of a customer',
      body: CustomerBody.partial(),
      handle({ params: { id = '' }, body }) {
        return withCustomer(id, (customer) => {
          const changed = { ...customer, ...(body as Partial<Customer>) }
          customers.save(id, changed)
          return { customer_id: id, ...changed }
        })
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: PATH,
      summary: 'Forget a customer; one that is not known is forgotten already',
      body: null,
      handle: ({ params: { id = '' } }) => ({
        success: true,
        fields: { result: { customer_id: id, deleted: customers.remove(id) } },
      }),
    }),
  ]
}
