import {
  bytes,
  choice,
  duration,
  list,
  mapping,
  optional,
  rate,
  record,
  required,
  text,
  wholeNumber,
} from './schema-part.ts'
import type { z } from 'zod'

const headerTexts = (): z.ZodRecord<z.ZodString, z.ZodString> =>
  record(text('a text with {id}, {timestamp} or {type}', { most: 1000 }), { of: 'names of headers and texts' })

/** How a home-made or another vendor's webhooks prove who sent them. */
const profile = mapping({
  header: required(text('the name of a header', { most: 200 }), {
    description: 'The header that holds the signature.',
    examples: ['X-Hub-Signature-256'],
  }),
  content: required(text('a text with {body}', { most: 1000 }), {
    description: 'What is signed: `{body}` once, and `{id}`, `{timestamp}` (s) and `{type}` as one likes.',
    examples: ['{timestamp}.{body}'],
  }),
  hash: required(choice(['sha1', 'sha256', 'sha512']), { description: 'The hash of the HMAC.' }),
  encoding: required(choice(['base64', 'hex', 'HEX']), {
    description: 'How the signature is written; `HEX` in capitals.',
  }),
  key_encoding: required(choice(['whsec', 'base64', 'hex', 'utf8']), {
    description: 'How a secret becomes the key; `whsec` as in Standard Webhooks.',
  }),
  prefix: optional(text('a text', { most: 200 }), {
    description: 'What stands before the signature; may hold `{timestamp}`.',
    examples: ['sha256='],
  }),
  separator: optional(choice([' ', ',']), {
    description: 'What stands between signatures while a secret is replaced. Without it, the newest signs alone.',
  }),
  headers: optional(headerTexts(), { description: 'Headers beside it; may hold `{id}`, `{timestamp}` and `{type}`.' }),
})

/** The section `events` of hookcast.yaml. */
export const eventSettingsSchema = mapping({
  retry: optional(list(duration({ least: '0ms', most: '7d', example: '5s' }), { most: 50, of: 'durations' }), {
    description: "Waits before the second, third … attempt, in place of every profile's own.",
  }),
  default_profile: optional(text('the name of a profile', { most: 100 }), {
    description: 'Wire format of apps and endpoints that name none.',
    default: 'svix',
  }),
  profiles: optional(record(profile, { of: 'names and profiles' }), { description: 'More wire formats, by name.' }),
  retention: optional(
    mapping({
      payloads: optional(duration({ least: '1d', most: '3650d', example: '30d' }), {
        description: 'How long payloads are kept.',
        default: '30d',
      }),
      attempts: optional(duration({ least: '1d', most: '3650d', example: '30d' }), {
        description: 'How long messages and attempts are kept: at least as long as payloads.',
        default: '30d',
      }),
    }),
    { description: 'How long event webhooks are kept.' },
  ),
  storage: optional(bytes(), {
    description: 'What all of it may take on the disk: no message is accepted beyond (507).',
    default: '20GiB',
    examples: ['500GiB'],
  }),
  disk_reserve: optional(bytes(), {
    description: 'What is left free on the disk: no message is accepted beyond (507). Without it, 5 %, at most 1GiB.',
    examples: ['2GiB'],
  }),
  most_held: optional(wholeNumber(1, 10_000_000), {
    description: 'Messages that may be held for one endpoint: of more, the oldest expire.',
    default: 500_000,
  }),
  per_app: optional(
    mapping({
      rate: optional(rate(), { description: 'Messages accepted from an app.', default: '5000/s' }),
      backlog: optional(wholeNumber(1, 1_000_000_000), {
        description: 'Deliveries of an app that wait.',
        default: 1_000_000,
      }),
      storage: optional(bytes(), { description: "What an app's messages may take.", default: '10GiB' }),
      endpoints: optional(wholeNumber(1, 100_000), { description: 'Endpoints of an app.', default: 1000 }),
    }),
    { description: 'What one app may bring: beyond, its messages are refused (429).' },
  ),
})
