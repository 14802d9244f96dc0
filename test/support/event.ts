import type { EventRow } from '../../src/audience/audience.ts'

/** An event that happened just now, to customer `c-<n>`. */
export function eventOf(n: number, more: Partial<EventRow> = {}): EventRow {
  const customer = { customer_id: `c-${n}` }
  return { id: `t-${n}`, type: 'user.registered', occurredAt: Date.now(), customer, event: { plan: 'free' }, ...more }
}

export function eventsOf(count: number, from = 0): EventRow[] {
  return Array.from({ length: count }, (_, i) => eventOf(from + i))
}
