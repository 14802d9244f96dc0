import { z } from 'zod'
import { ANSWER_MEANINGS, METHODS, PAYLOADS } from './campaign.ts'
import { LONGEST_INLINE, WEBHOOK_DEFAULTS, abort, batch, retry, template } from './delivery-rule-schema.ts'
import {
  choice,
  duration,
  flag,
  list,
  mapping,
  optional,
  pointer,
  rate,
  record,
  required,
  text,
  wholeNumber,
} from './schema-part.ts'

const D = WEBHOOK_DEFAULTS

const headerName = (): z.ZodString =>
  text('a header name such as "X-Campaign"', { most: 100, pattern: /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/ })

const header = mapping(
  {
    name: required(headerName(), {
      description:
        'Name of the header (RFC 9110, section 5.1). Names that belong to the connection, to hookcast or to `auth` are refused, and so is a second header of the same name.',
      examples: ['X-Campaign'],
    }),
    value: required(z.string({ error: 'a text' }).max(8192, { error: 'a text of at most 8192 characters' }), {
      description:
        'Public: a template, rendered for each customer; must render to visible ASCII. Secret: a text with at least one `${NAME}`, read from the environment and never parsed as a template.',
    }),
    type: optional(choice(['public', 'secret']), {
      description: 'A secret header is never logged, stored or visible to a template.',
      default: 'public',
    }),
  },
  'a header such as { name: X-Campaign, value: "…" }',
)

const secret = (): z.ZodString =>
  z.string({ error: 'a text with "${NAME}"' }).max(8192, { error: 'a text of at most 8192 characters' })

/** Written out in a campaign, or under a name in hookcast.yaml. */
export const CREDENTIALS = {
  basic: {
    type: required(z.literal('basic'), { description: 'HTTP Basic Auth (RFC 7617), encoded as UTF-8.' }),
    username: required(secret(), {
      description: 'User name; may be written out or hold `${NAME}`. It must not hold a colon.',
      examples: ['acme'],
    }),
    password: required(secret(), {
      description: 'Password, as `${NAME}`: a literal one is refused, since campaign files get shared.',
      examples: ['${SMS_PASSWORD}'],
    }),
  },
  bearer: {
    type: required(z.literal('bearer'), { description: 'A bearer token (RFC 6750).' }),
    token: required(secret(), {
      description: 'Token, as `${NAME}`: a literal one is refused, since campaign files get shared.',
      examples: ['${SMS_TOKEN}'],
    }),
  },
} as const

const credentials = z.discriminatedUnion('type', [mapping(CREDENTIALS.basic), mapping(CREDENTIALS.bearer)], {
  error: 'basic or bearer',
})

const status = (): z.ZodString => z.string().regex(/^[1-5]\d\d$/, { error: 'a status from 100 to 599' })

export const webhookSchema = mapping({
  url: required(text('a URL such as "https://sms.example.com/v1/messages"', { most: 8192 }), {
    description:
      'Where to call. Templates are allowed in path and query, each printed value is percent-encoded; scheme, host and port are constant and may hold `${NAME}`.',
    trap: 'With a template in the path, a 404 for one customer stops everybody; `answers: { 404: failed }` makes it one customer’s.',
    examples: ['https://sms.example.com/v1/messages'],
  }),
  method: optional(choice(METHODS), { description: 'HTTP method. GET has no body.', default: D.method }),
  payload: optional(choice(PAYLOADS), {
    description:
      'What the body is, and so how printed values are escaped. Default: by a Content-Type header of the campaign, else json.',
  }),
  json_escape: optional(choice(['auto', 'off']), {
    description: '`off`: nothing is escaped in a JSON body, every place must be made safe by hand (`| tojson`).',
    trap: 'A single quotation mark in a name breaks the body then, and that customer fails.',
    default: D.json_escape,
  }),
  body: optional(template('a template'), {
    description: 'The body: an inline template, or `{ file: … }`. Left out: no body.',
    examples: [{ file: 'sms.json.j2' }],
  }),
  headers: optional(list(header, { most: 100, of: 'headers' }), {
    description: 'Extra headers. Together at most 16 KiB.',
  }),
  auth: optional(
    z.union([text('the name of credentials in hookcast.yaml', { most: 200 }), credentials], {
      error: 'credentials, or the name of some in hookcast.yaml',
    }),
    {
      description:
        'Credentials: written out, or the name of some in hookcast.yaml. They are sent to the origin of the URL only, or at and below the URL prefix they are bound to.',
    },
  ),
  response_handling: optional(choice(['discard', 'text', 'json']), {
    description:
      '`json`: read for its meaning and kept for `event_properties`; `text`: kept as a text; `discard`: judged, not kept.',
    default: D.response_handling,
  }),
  response: optional(
    mapping({
      success: optional(pointer(), {
        description: 'Where `false` means that this customer was refused although the status is 2xx.',
        default: D.response.success,
      }),
      code: optional(pointer(), { description: "The receiver's error code.", default: D.response.code }),
      message: optional(pointer(), { description: "The receiver's message.", default: D.response.message }),
    }),
    { description: 'JSON pointers (RFC 6901) into the body of an answer.' },
  ),
  answers: optional(record(choice(ANSWER_MEANINGS), { key: status(), of: 'statuses and their meanings' }), {
    description:
      'Overrides the meaning of a status: `sent`; `failed`, for this customer only; `retry`; `chunk`, a client error; `webhook`, a hard stop. The report lists overrides that were used.',
    trap: '`sent` for a 4xx also hides the day when your credentials expire.',
    default: {},
    examples: [{ 400: 'failed', 404: 'failed' }],
  }),
  event_properties: optional(
    record(z.string({ error: 'a text' }).max(LONGEST_INLINE, { error: 'a text of at most 1 MiB' }), {
      of: 'names and templates',
    }),
    {
      description:
        'Properties of the result: templates, rendered after the answer, which is `response.status` and `response.body` there. One that fails is a warning, never a failed send.',
      examples: [{ channel: 'sms', provider_id: '{{ response.body.id }}' }],
    },
  ),
  concurrency: optional(wholeNumber(1, 2000), {
    description: 'Requests in flight, over all runs and senders of this campaign. 1 keeps the order of the audience.',
    trap: 'It is a ceiling: the receiver has to take as many connections at once.',
    default: D.concurrency,
  }),
  rate: optional(rate(), {
    description: 'Requests per second, minute or hour, retries included. Default: no limit.',
    examples: ['100/s'],
  }),
  throughput: optional(text('the name of a throughput policy in hookcast.yaml', { most: 200 }), {
    description: 'A ceiling shared by all campaigns that name it.',
  }),
  timeout: optional(duration({ least: '100ms', most: '60s', example: '10s' }), {
    description: 'For the whole attempt, from connect to the last byte.',
    trap: 'A receiver that takes longer may have done its work: what comes then is a repetition, with the same key.',
    default: D.timeout,
  }),
  retry: optional(retry, { description: 'When a delivery is tried again.' }),
  idempotency: optional(
    mapping({
      header: optional(headerName(), {
        description: 'The header that carries the request id, the same on every attempt.',
        default: D.idempotency.header,
      }),
      lifetime: optional(duration({ least: '1m', most: '365d', example: '24h' }), {
        description: 'How long the receiver remembers a key: after it, a send in doubt is not repeated by itself.',
        trap: 'Longer than the receiver really remembers, and somebody is served twice.',
        default: D.idempotency.lifetime,
      }),
    }),
    { description: 'How a receiver recognises a repeated request.' },
  ),
  batch: optional(batch, { description: 'Up to 1000 customers in one request, in place of `body`.' }),
  static_ips: optional(
    z.union([flag(), text('the name of an egress pool', { most: 200 })], {
      error: 'true, false or the name of an egress pool in hookcast.yaml',
    }),
    {
      description:
        'Leave from fixed addresses: `true` for the pool named static of hookcast.yaml, or the name of another.',
      trap: 'A few thousand calls are fine; for more, use batches.',
      default: false,
    },
  ),
  insecure_http: optional(flag(), {
    description:
      'Allows plain http to other hosts than loopback. Everything, the credentials included, then crosses the network readable; the report says so.',
    default: false,
  }),
  abort: optional(abort, { description: 'When failures of some stop the rest. Each rule may be `never`.' }),
  tls: optional(
    mapping({
      ca: optional(text('the path of a PEM file', { most: 100_000 }), {
        description:
          'Certificates to trust besides the usual ones: a PEM file beside the campaign, or `${NAME}` with such a path or with the PEM text. Verification cannot be switched off.',
        examples: ['./ca.pem'],
      }),
    }),
    { description: 'TLS settings.' },
  ),
  general_consent: optional(flag(), {
    description:
      'From a webhook node of Bloomreach: refused when true, until `consent:` maps it or `consent: handled` is stated.',
  }),
  consent_category: optional(z.string({ error: 'a text' }).max(500, { error: 'a text of at most 500 characters' }), {
    description:
      'From a webhook node of Bloomreach: refused when set, until `consent:` maps it or `consent: handled` is stated.',
  }),
  frequency_policy: optional(z.string({ error: 'a text' }).max(500, { error: 'a text of at most 500 characters' }), {
    description: 'From a webhook node of Bloomreach: refused when set, until `consent: handled` is stated.',
  }),
})

export type WebhookInput = z.input<typeof webhookSchema>
export type CredentialsInput = z.input<typeof credentials>
