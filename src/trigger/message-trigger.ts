import { parseObject, RowFault } from '../audience/audience.ts'
import { isObject, triggerFrom, type EventTrigger } from './parse-trigger.ts'

/**
 * Reads a trigger from the payload of an event webhook, or says what is wrong with it: `id` is that of the message.
 *
 * Either it is a trigger without its id, or what Standard Webhooks proposes, `{ type, timestamp, data }`: then `data` is
 * the customer; unless it has a `customer`, then that is, and the rest of `data` are attributes of the event.
 * @see Standard Webhooks, "Payload structure".
 */
export function triggerFromMessage(id: string, text: string): EventTrigger | RowFault {
  const object = parseObject(text)
  if (object instanceof RowFault) return object
  const { data, timestamp, ...others } = object
  if (data === undefined && timestamp === undefined) return triggerFrom({ ...object, id })
  if (!isObject(data)) return new RowFault('expected `data` to be an object, got something else')
  const { customer, ...event } = data
  const parts = isObject(customer) ? { customer, event } : { customer: data, event: {} }
  const trigger = triggerFrom({ ...others, id, ...parts, occurred_at: timestamp ?? null })
  return trigger instanceof RowFault ? new RowFault(trigger.message.replace('`occurred_at`', '`timestamp`')) : trigger
}
