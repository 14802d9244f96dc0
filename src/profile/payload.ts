import type { Profile } from './definition.ts'

/** What a profile's test event is made of. */
export interface TestEvent {
  readonly eventType: string
  readonly payload: Uint8Array
}

/**
 * The event with which an endpoint is tried.
 *
 * Svix sends the event type's example; Bridge its `TEST_EVENT`; Cross River pings without resources; receeve has none of its own.
 */
export function testEventOf(
  { envelope }: Profile,
  { eventType, example }: { readonly eventType: string; readonly example: Uint8Array | null },
): TestEvent {
  switch (envelope) {
    case 'payload':
      return { eventType, payload: example ?? Buffer.from(JSON.stringify({ type: eventType, data: {} })) }
    case 'bridge':
      return { eventType: 'TEST_EVENT', payload: Buffer.from(JSON.stringify(BRIDGE_TEST)) }
    case 'crossriver':
      return { eventType, payload: Buffer.from('{"resources":[]}') }
    case 'receeve':
      return { eventType: 'event.test', payload: Buffer.from('{}') }
  }
}

/** @see Bridge API, "Webhooks", "Test your webhook". */
const BRIDGE_TEST = { item_id: 1_234_567_890, status: 0, user_uuid: '9a95b38f-f98b-417a-988b-9d0d584893e7' }

/** Says in words what keeps a payload from being sent in this profile's envelope; null when nothing does. */
export function checkPayload(profile: Profile, payload: Uint8Array): string | null {
  if (payload.byteLength > profile.payloadBytes) {
    return `expected \`payload\` to be at most ${profile.payloadBytes} bytes, got ${payload.byteLength}`
  }
  if (profile.envelope === 'payload') return null
  const value = jsonFrom(payload)
  if (value === undefined) return `expected \`payload\` to be JSON for the profile ${profile.name}, got something else`
  if (profile.envelope === 'bridge') return null
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return `expected \`payload\` to be an object for the profile ${profile.name}, got ${nameOf(value)}`
  }
  return profile.envelope === 'crossriver' ? checkResources(value as Record<string, unknown>, profile) : null
}

function checkResources({ resources, details }: Record<string, unknown>, { gathering }: Profile): string | null {
  if (!Array.isArray(resources) || !resources.every((resource) => typeof resource === 'string')) {
    return `expected \`payload.resources\` to be a list of texts, got ${nameOf(resources)}`
  }
  const isExtended = details !== undefined || gathering?.isExtended === true
  const most = (isExtended ? gathering?.mostExtended : gathering?.most) ?? Infinity
  if (resources.length > most)
    return `expected \`payload.resources\` to have at most ${most} entries, got ${resources.length}`
  if (details === undefined || (Array.isArray(details) && details.length === resources.length)) return null
  return `expected \`payload.details\` to be a list as long as \`payload.resources\`, got ${nameOf(details)}`
}

function jsonFrom(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  return Array.isArray(value) ? `a list of ${value.length}` : `a ${typeof value}`
}
