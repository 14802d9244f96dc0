import type { HmacProof, Profile } from './definition.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** @see Standard Webhooks, "Webhook headers" and "Signature scheme"; Svix sends the same under its own names. */
const standardProof = (name: 'svix' | 'webhook'): HmacProof => ({
  kind: 'hmac',
  header: `${name}-signature`,
  content: '{id}.{timestamp}.{body}',
  hash: 'sha256',
  encoding: 'base64',
  prefix: 'v1,',
  separator: ' ',
  keyEncoding: 'whsec',
  headers: { [`${name}-id`]: '{id}', [`${name}-timestamp`]: '{timestamp}' },
})

/**
 * Svix as its users know it: 8 attempts over 27 h 35 min, a dead endpoint is disabled after 5 days.
 *
 * @see docs.svix.com, "Retry schedule" and "Disabling failing endpoints".
 */
const svix: Profile = {
  name: 'svix',
  envelope: 'payload',
  proof: standardProof('svix'),
  success: [[200, 299]],
  timeoutMs: 15 * SECOND,
  payloadBytes: 1024 ** 2,
  retry: { delaysMs: [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR], jitter: 0.2 },
  life: { kind: 'disable', afterMs: 5 * DAY, spreadMs: 12 * HOUR },
  onGone: 'fail',
  heedsControl: true,
  managedBy: 'app',
  limits: { endpoints: null, eventTypes: null },
  rotation: { overlapMs: DAY, longestOverlapMs: 7 * DAY, mostSecrets: 11 },
  gathering: null,
  isPolled: false,
}

/** The same under the headers of Standard Webhooks, which takes 410 for a wish to hear no more. */
const standard: Profile = { ...svix, name: 'standard', proof: standardProof('webhook'), onGone: 'disable' }

/** The payload and nothing else. */
const raw: Profile = { ...svix, name: 'raw', proof: { kind: 'none' } }

/**
 * Bridge API (bridgeapi.io). Its retries are exponential over one to two days; the numbers are not published, these are ours.
 *
 * @see Bridge API, "Webhooks" and "Secure your webhooks".
 */
const bridge: Profile = {
  ...svix,
  name: 'bridge',
  envelope: 'bridge',
  proof: {
    kind: 'hmac',
    header: 'BridgeApi-Signature',
    content: '{body}',
    hash: 'sha256',
    encoding: 'HEX',
    prefix: 'v1=',
    separator: ',',
    keyEncoding: 'utf8',
    headers: {},
  },
  retry: { delaysMs: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 833].map((wait) => wait * MINUTE), jitter: 0.2 },
  life: { kind: 'keep' },
  heedsControl: false,
  managedBy: 'admin',
  limits: { endpoints: 10, eventTypes: null },
  rotation: { overlapMs: DAY, longestOverlapMs: 7 * DAY, mostSecrets: 2 },
}

/**
 * Cross River's COS webhooks: Basic credentials, 3 retries 30 to 60 s apart, then suspended with everything kept.
 *
 * @see Cross River COS API, "Webhook overview", "Webhook events" and "Webhook registrations".
 */
const crossriver: Profile = {
  ...svix,
  name: 'crossriver',
  envelope: 'crossriver',
  proof: { kind: 'basic' },
  success: [[200, 200]],
  retry: { delaysMs: [45 * SECOND, 45 * SECOND, 45 * SECOND], jitter: 1 / 3 },
  life: { kind: 'suspend' },
  heedsControl: false,
  limits: { endpoints: null, eventTypes: 1 },
  rotation: { overlapMs: 0, longestOverlapMs: 0, mostSecrets: 1 },
  gathering: { leastMs: 30 * SECOND, mostMs: 120 * SECOND, most: 50_000, mostExtended: 1_000, isExtended: false },
}

/**
 * receeve (InDebted Receive): signed in the body with RSA. Its retries are not published, these are Svix's.
 *
 * @see InDebted Receive, "Webhooks in detail" and "Webhook validation use case".
 */
const receeve: Profile = {
  ...svix,
  name: 'receeve',
  envelope: 'receeve',
  proof: { kind: 'rsa' },
  life: { kind: 'keep' },
  heedsControl: false,
  rotation: { overlapMs: DAY, longestOverlapMs: 7 * DAY, mostSecrets: 2 },
}

/** The profiles that hookcast brings along, by name. */
export const PROFILES: Readonly<Record<string, Profile>> = { svix, standard, bridge, crossriver, receeve, raw }
