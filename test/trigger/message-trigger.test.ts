import { describe, expect, it } from 'vitest'
import { RowFault } from '../../src/audience/audience.ts'
import { triggerFromMessage } from '../../src/trigger/message-trigger.ts'

const read = (payload: unknown): unknown => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload)
  const trigger = triggerFromMessage('msg_1', text)
  return trigger instanceof RowFault ? trigger.message : trigger
}
const timestamp = '2026-11-22T10:00:00Z'
const common = { id: 'msg_1', type: 'a', occurredAt: Date.parse(timestamp) }

describe('the payload of an event webhook', () => {
  it('may be a trigger; its id is that of the message, whatever it says', () => {
    const trigger = { type: 'a', customer: { id: 'c-1' }, event: { plan: 'pro' }, occurred_at: timestamp }
    const expected = { ...common, customer: { id: 'c-1' }, event: { plan: 'pro' } }
    expect(read(trigger)).toEqual(expected)
    expect(read({ ...trigger, id: 'other' })).toEqual(expected)
  })

  it('may be what the standard proposes: its data are the customer', () => {
    expect(read({ type: 'a', timestamp, data: { id: 'c-1', customer: 'no object' } })).toEqual({
      ...common,
      customer: { id: 'c-1', customer: 'no object' },
      event: {},
    })
    expect(read({ type: 'a', data: { id: 'c-1' } })).toMatchObject({ occurredAt: null })
  })

  it('may have a customer in its data: then the rest is of the event', () => {
    const data = { customer: { id: 'c-1' }, order: 7, lines: [1] }
    expect(read({ type: 'a', timestamp, data })).toEqual({
      ...common,
      customer: { id: 'c-1' },
      event: { order: 7, lines: [1] },
    })
  })

  it.each([
    ['', 'expected JSON, got a text that ends here'],
    [[], 'expected one JSON object on each line, got a list'],
    [{ type: 'a' }, 'expected `customer` to be an object, got nothing'],
    [{ type: 'a', data: [] }, 'expected `data` to be an object, got something else'],
    [{ timestamp, type: 'a' }, 'expected `data` to be an object, got something else'],
    [{ data: {} }, 'expected `type` to be the type of an event, such as "user.registered", got nothing'],
    [
      { type: 'a', timestamp: 'yesterday', data: {} },
      'expected `timestamp` to be an instant such as "2026-11-22T10:00:00Z", got another text',
    ],
    [{ type: 'a', data: {}, version: 2 }, 'expected no keys but id, type, customer, event, occurred_at, got another'],
    [
      '{"type":"a","data":{"__proto__":{}}}',
      'expected keys other than __proto__, constructor and prototype, got `__proto__`',
    ],
  ])('is refused when it is neither: %j', (payload, message) => {
    expect(read(payload)).toBe(message)
  })
})
