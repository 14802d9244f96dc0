import { parseObject, RowFault, type CustomerRow } from '../audience/audience.ts'

/** Something that happened to a customer, and starts the campaigns that listen to its type. */
export interface EventTrigger {
  /** Given by whoever sends it: accepted once. */
  readonly id: string
  readonly type: string
  readonly customer: CustomerRow
  /** Its own attributes. */
  readonly event: Readonly<Record<string, unknown>>
  /** Null when it does not say: it happened when it was accepted. */
  readonly occurredAt: number | null
}

/** With its envelope, and in the longest way to write its numbers and quotes, a customer still is a row of a spool. */
export const TRIGGER_BYTES_LIMIT = 131_072

const KEYS = new Set(['id', 'type', 'customer', 'event', 'occurred_at'])
const LONGEST_NAME = 200
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

/** Reads a trigger from JSON text, or says what is wrong with it. */
export function parseTrigger(text: string): EventTrigger | RowFault {
  const object = parseObject(text)
  return object instanceof RowFault ? object : triggerFrom(object)
}

/** Reads a trigger from what its JSON says. */
export function triggerFrom(object: CustomerRow): EventTrigger | RowFault {
  const { id, type, customer, event = {}, occurred_at: occurredAt = null } = object
  if (!isName(id)) return expected('id', 'a text of 1 to 200 printable characters', id)
  if (!isName(type)) return expected('type', 'the type of an event, such as "user.registered"', type)
  if (!isObject(customer)) return expected('customer', 'an object', customer)
  if (!isObject(event)) return expected('event', 'an object', event)
  const unknown = Object.keys(object).find((key) => !KEYS.has(key))
  if (unknown !== undefined) return new RowFault(`expected no keys but ${[...KEYS].join(', ')}, got another`)
  if (occurredAt === null) return { id, type, customer, event, occurredAt }
  const at = typeof occurredAt === 'string' && INSTANT.test(occurredAt) ? Date.parse(occurredAt) : Number.NaN
  if (Number.isNaN(at)) return expected('occurred_at', 'an instant such as "2026-11-22T10:00:00Z"', occurredAt)
  return { id, type, customer, event, occurredAt: at }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME && !/\p{Cc}/u.test(value)
}

export function isObject(value: unknown): value is CustomerRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value may be a customer's: only its kind is told. */
function expected(key: string, what: string, value: unknown): RowFault {
  return new RowFault(`expected \`${key}\` to be ${what}, got ${kindOf(value)}`)
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return 'another text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
