import { matchesFilter, type PayloadFilter } from './payload-filter.ts'

/** What an endpoint wants to hear of. */
export interface Subscription {
  /** Exact names, or `prefix.*`; null for all. */
  readonly eventTypes: readonly string[] | null
  /** Null: whatever the channels of a message. */
  readonly channels: readonly string[] | null
  readonly filter: PayloadFilter | null
}

export interface Offer {
  readonly eventType: string
  readonly channels: readonly string[]
  /** The payload as JSON, read once for all endpoints; undefined when it is none. */
  readonly content: () => unknown
}

/**
 * Tells whether a message is for an endpoint.
 *
 * An endpoint with channels hears messages of one of them; one with a filter hears no payload that is not JSON.
 * @example wants({ eventTypes: ['user.*'], channels: null, filter: null }, { eventType: 'user.created', channels: [], content: () => ({}) }) // true
 */
export function wants({ eventTypes, channels, filter }: Subscription, offer: Offer): boolean {
  if (eventTypes !== null && !eventTypes.some((pattern) => isOfType(offer.eventType, pattern))) return false
  if (channels !== null && !offer.channels.some((channel) => channels.includes(channel))) return false
  return filter === null || matchesFilter(filter, offer.content())
}

function isOfType(eventType: string, pattern: string): boolean {
  return pattern.endsWith('.*') ? eventType.startsWith(pattern.slice(0, -1)) : eventType === pattern
}
