import type { Profile } from './definition.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * Svix as its users know it: 8 attempts over 27 h 35 min, a dead endpoint is disabled after 5 days.
 *
 * @see docs.svix.com, "Retry schedule" and "Disabling failing endpoints".
 */
const svix: Profile = {
  name: 'svix',
  envelope: 'payload',
  proof: { kind: 'standard', prefix: 'svix' },
  success: [[200, 299]],
  timeoutMs: 15 * SECOND,
  payloadBytes: 1024 ** 2,
  retry: { delaysMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR], jitter: 0.2 },
  life: { kind: 'disable', afterMs: 5 * DAY, spreadMs: 12 * HOUR },
  onGone: 'fail',
  heedsControl: true,
  limits: { endpoints: null, eventTypes: null },
  rotation: { overlapMs: DAY, longestOverlapMs: 7 * DAY, mostSecrets: 11 },
}

/** The same under the headers of Standard Webhooks, which takes 410 for a wish to hear no more. */
const standard: Profile = {
  ...svix,
  name: 'standard',
  proof: { kind: 'standard', prefix: 'webhook' },
  onGone: 'disable',
}

/** The payload and nothing else. */
const raw: Profile = { ...svix, name: 'raw', proof: { kind: 'none' } }

/** The profiles that hookcast brings along, by name. */
export const PROFILES: Readonly<Record<string, Profile>> = { svix, standard, raw }
