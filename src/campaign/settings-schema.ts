import { z } from 'zod'
import { eventSettingsSchema } from './event-settings-schema.ts'
import { NOTICE_TYPES } from './notice.ts'
import { choice, flag, list, mapping, optional, rate, record, required, text, wholeNumber } from './schema-part.ts'
import { MOST_SENDERS } from './settings.ts'
import { CREDENTIALS } from './webhook-schema.ts'

const urlPrefix = {
  url_prefix: required(text('a URL such as "https://sms.example.com/v1"', { most: 2000 }), {
    description: 'The credentials are sent to URLs at or below this one, and nowhere else. May hold `${NAME}`.',
    examples: ['https://sms.example.com/v1'],
  }),
}

const credentials = z.discriminatedUnion(
  'type',
  [mapping({ ...urlPrefix, ...CREDENTIALS.basic }), mapping({ ...urlPrefix, ...CREDENTIALS.bearer })],
  { error: 'basic or bearer' },
)

const cidrs = (): z.ZodArray<z.ZodString> =>
  list(text('a range such as "10.0.0.0/8"', { most: 50 }), { most: 1000, of: 'ranges such as "10.0.0.0/8"' })

const poolCeiling = {
  concurrency: optional(wholeNumber(1, 2000), {
    description: 'Requests in flight, over all runs of the data folder that leave by this pool.',
    default: 200,
  }),
}

const pool = z.union(
  [
    mapping({
      ...poolCeiling,
      addresses: required(list(text('an IP address', { most: 50 }), { most: 256, of: 'IP addresses' }), {
        description: 'Addresses of this machine that connections leave from, in turn.',
        examples: [['203.0.113.10', '203.0.113.11']],
      }),
    }),
    mapping({
      ...poolCeiling,
      proxy: required(text('a URL such as "http://proxy:3128"', { most: 2000 }), {
        description:
          'A proxy that connections go through (CONNECT, for plain http too); credentials in it as `${NAME}`. It is asked for addresses that the network guard has seen, never for names.',
        examples: ['http://user:${PROXY_PASSWORD}@proxy:3128'],
      }),
    }),
  ],
  { error: '{ addresses: […] } or { proxy: … }' },
)

/** hookcast.yaml. */
export const settingsSchema = mapping({
  data: optional(text('a folder'), {
    description: 'The data folder, relative to this file. `HOOKCAST_DATA` and `--data` win.',
    default: '.hookcast',
  }),
  senders: optional(wholeNumber(1, MOST_SENDERS), {
    description: 'Sender processes. Default: one per core to spare. `--senders` wins.',
  }),
  redis: optional(text('a URL such as "redis://127.0.0.1:6379"', { most: 2000 }), {
    description: 'Redis for the distributed queue; may hold `${NAME}`. `--redis` wins.',
  }),
  auth: optional(record(credentials, { of: 'names and credentials' }), {
    description: 'Credentials that campaigns name, each bound to a URL prefix.',
  }),
  throughput: optional(
    record(
      mapping({
        concurrency: optional(wholeNumber(1, 2000), {
          description: 'Requests in flight, over all campaigns that name this policy.',
        }),
        rate: optional(rate(), {
          description: 'Requests per second, minute or hour, over all campaigns that name this policy.',
          examples: ['100/s'],
        }),
      }),
      { of: 'names and policies' },
    ),
    { description: 'Ceilings that campaigns share by naming them.' },
  ),
  network: optional(
    mapping({
      campaigns: optional(
        mapping({ allow: optional(cidrs(), { description: 'Private ranges that campaigns may call.', default: [] }) }),
        { description: 'What campaigns may call.' },
      ),
      events: optional(
        mapping({
          allow: optional(cidrs(), { description: 'Private ranges that event endpoints may be in.', default: [] }),
          http: optional(flag(), { description: '`true`: plain http endpoints too.', default: false }),
          ports: optional(list(wholeNumber(1, 65_535), { most: 100, of: 'ports' }), {
            description: 'The only ports that event endpoints may use.',
            default: [443, 8443],
          }),
        }),
        { description: 'What event webhooks may call: strangers register these endpoints.' },
      ),
    }),
    { description: 'The network guard.' },
  ),
  project: optional(record(z.unknown(), { of: 'names and values' }), {
    description: 'The template variable `project`.',
    default: {},
  }),
  env: optional(
    list(text('the name of an environment variable', { most: 200, pattern: /^[A-Za-z_][A-Za-z0-9_]*$/ }), {
      most: 1000,
      of: 'names',
    }),
    {
      description: 'The variables that campaign files may read under `serve`.',
      default: [],
    },
  ),
  egress: optional(record(pool, { of: 'names and pools' }), { description: 'Pools of fixed addresses to leave from.' }),
  server: optional(
    mapping({
      public_url: optional(text('a URL such as "https://hookcast.example.com"', { most: 2000 }), {
        description: 'Where people reach the service: for links in notices and the document of the API.',
      }),
      listen: optional(
        mapping({
          admin: optional(text('an address such as "127.0.0.1:8081"'), {
            description: 'Where the whole service listens. `--port` wins.',
            default: '127.0.0.1:8080',
          }),
          public: optional(text('an address such as ":8080"'), {
            description:
              'Where besides it takes triggers, and says whether it is alive and ready: for callers from outside.',
          }),
        }),
        { description: 'Where the service listens: `address:port`, or `:port` for every address of the machine.' },
      ),
    }),
    { description: 'The service.' },
  ),
  notify: optional(
    mapping({
      on: optional(list(choice(NOTICE_TYPES), { most: 100, of: 'names of notices' }), {
        description: 'What operators are told about. Default: everything.',
        default: [...NOTICE_TYPES],
      }),
      url: required(text('a URL such as "https://ops.example.com/hookcast"', { most: 2000 }), {
        description: 'Where they are told, with a signed POST (Standard Webhooks); may hold `${NAME}`.',
      }),
      secret: required(text('a text with "${NAME}"', { most: 1000 }), {
        description: 'What notices are signed with, as `${NAME}`: `whsec_` and 24 to 64 random bytes in base64.',
      }),
    }),
    { description: 'Notices to operators.' },
  ),
  triggers: optional(
    record(
      mapping({
        secrets: required(list(text('a text with "${NAME}"', { most: 1000 }), { most: 10, of: 'secrets' }), {
          description:
            'What it signs with, each as `${NAME}`: `whsec_` and 24 to 64 random bytes in base64. Two while one takes the place of the other.',
          examples: [['${SHOP_SECRET}']],
        }),
      }),
      {
        key: text('a name of letters, digits, _ and -', { most: 100, pattern: /^[A-Za-z0-9_-]+$/ }),
        of: 'names of sources',
      },
    ),
    {
      description:
        'Who sends triggers with a signature in place of a token, as event webhooks (Standard Webhooks), to `/v1/triggers/<source>`.',
    },
  ),
  log: optional(
    mapping({
      attempts: optional(choice(['failed', 'all', 'none']), {
        description: 'Which attempts get a log line: those that were not sent, all, or none.',
        default: 'failed',
      }),
    }),
    { description: 'Logs of the service.' },
  ),
  events: optional(eventSettingsSchema, { description: 'Event webhooks.' }),
  portal: optional(
    mapping({
      frame_ancestors: optional(list(text('an origin'), { most: 100, of: 'origins' }), {
        description: 'Origins whose pages may show the portal in a frame.',
        examples: [['https://app.example.com']],
      }),
    }),
    { description: 'The portal of event subscribers.' },
  ),
})

export type SettingsInput = z.input<typeof settingsSchema>
