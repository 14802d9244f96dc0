import { testEventOf } from '../profile/profile.ts'
import type { App } from './apps.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import type { EventTypes } from './event-types.ts'
import type { Message, Messages } from './messages.ts'

/** Marks a message as a test: some profiles send it otherwise. */
const TEST_TAG = 'hookcast.test'

export function isTest({ tags }: Pick<Message, 'tags'>): boolean {
  return tags.includes(TEST_TAG)
}

/**
 * Sends a profile's test event to one endpoint, whatever that has asked for: an example of the event type, a ping.
 *
 * `example`: which of those that the newest schema of the event type has; the first without a word.
 * @throws {EventsError} conflict, when the endpoint is disabled; invalid, when there is no such example.
 */
export async function sendTest(
  {
    endpoints,
    eventTypes,
    messages,
  }: { readonly endpoints: Endpoints; readonly eventTypes: EventTypes; readonly messages: Messages },
  { app, endpoint }: { readonly app: App; readonly endpoint: Endpoint },
  { eventType, example = null }: { readonly eventType: string; readonly example?: number | null },
): Promise<Message> {
  if (endpoint.state === 'disabled') {
    throw new EventsError('conflict', 'The endpoint is disabled: enable it, then send again')
  }
  const examples = examplesOf(eventTypes, eventType)
  const chosen = examples[example ?? 0]
  if (example !== null && examples.length > 0 && chosen === undefined) {
    throw new EventsError('invalid', `expected \`exampleIndex\` to be less than ${examples.length}, got ${example}`)
  }
  const bytes = chosen === undefined ? null : Buffer.from(JSON.stringify(chosen))
  const test = testEventOf(endpoints.profileOf(endpoint), { eventType, example: bytes })
  const input = { ...test, eventId: null, channels: [], tags: [TEST_TAG], headers: {}, only: endpoint }
  return (await messages.accept(app, input)).message
}

function examplesOf(eventTypes: EventTypes, name: string): readonly unknown[] {
  const schemas = eventTypes.find(name)?.schemas ?? {}
  const newest = Object.keys(schemas)
    .toSorted((a, b) => Number(a) - Number(b))
    .at(-1)
  return newest === undefined ? [] : examplesIn(schemas[newest])
}

/** Of a JSON Schema; OpenAPI has another word for the only one. */
export function examplesIn(schema: unknown): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { examples, example } = schema as { readonly examples?: unknown; readonly example?: unknown }
  if (Array.isArray(examples)) return examples as readonly unknown[]
  return example === undefined ? [] : [example]
}
