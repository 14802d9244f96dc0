import { z } from 'zod'
import { COLUMN_TYPES } from './campaign.ts'
import { choice, duration, flag, list, mapping, optional, record, required, text, wholeNumber } from './schema-part.ts'
import { webhookSchema } from './webhook-schema.ts'

/** Every default outside `webhook:`, as it would be written in the file. */
export const CAMPAIGN_DEFAULTS = {
  delimiter: 'auto',
  encoding: 'utf-8',
  timezone: 'UTC',
  retain: '90d',
} as const

const D = CAMPAIGN_DEFAULTS

const audiencePath = (): z.ZodString => text('a file such as "customers.csv", or "-" for standard input')

const audience = z.union(
  [
    audiencePath(),
    mapping({
      file: required(audiencePath(), {
        description:
          '.csv, .tsv, .ndjson or .jsonl, also with .gz. Relative to this file and inside its folder; `-` is standard input.',
        examples: ['customers.csv'],
      }),
      format: optional(choice(['csv', 'tsv', 'ndjson']), {
        description: 'Default: by the ending of the file; NDJSON on standard input.',
      }),
      delimiter: optional(text('auto or one character', { most: 4, pattern: /^(auto|tab|[^"\r\n])$/ }), {
        description: 'Between the cells of a CSV file: one character, `tab`, or `auto` (looks at the header line).',
        default: D.delimiter,
      }),
      encoding: optional(text('an encoding such as "utf-8" or "windows-1252"', { most: 40 }), {
        description: 'A label of the WHATWG Encoding Standard. For CSV and TSV; NDJSON is always UTF-8.',
        default: D.encoding,
      }),
    }),
  ],
  { error: 'a file such as "customers.csv", or { file, delimiter, encoding }' },
)

const trigger = z.union(
  [
    z.literal('now', { error: 'now' }),
    mapping({
      schedule: required(text('a cron expression such as "0 9 * * 1"', { most: 200 }), {
        description: 'A cron expression.',
        examples: ['0 9 * * 1'],
      }),
      timezone: optional(text('a time zone such as "Europe/Prague"', { most: 100 }), {
        description: 'Time zone of the expression.',
        default: 'UTC',
      }),
      on_missed: optional(choice(['skip', 'once']), {
        description: 'What happens to firings that were missed while the service was down.',
        default: 'once',
      }),
      on_overlap: optional(choice(['skip', 'queue', 'allow']), {
        description: 'What happens when the last run is still going.',
        default: 'skip',
      }),
      on_unchanged: optional(choice(['skip', 'send']), {
        description: 'What happens when the audience is the very file of the last firing.',
        default: 'skip',
      }),
    }),
    mapping({
      event: required(text('an event type such as "user.registered"', { most: 200 }), {
        description: 'The type of event that starts the campaign for its customer.',
        examples: ['user.registered'],
      }),
      max_age: optional(duration({ least: '1s', most: '365d', example: '24h' }), {
        description: 'Older triggers are suppressed (`expired`).',
        default: '24h',
      }),
    }),
  ],
  { error: 'now, { schedule: … } or { event: … }' },
)

/** A campaign file. Unknown keys are refused everywhere but below `params`. */
export const campaignSchema = mapping({
  version: optional(z.literal(1, { error: '1' }), { description: 'Version of this format.', default: 1 }),
  name: required(
    // Control characters would let a name forge lines of a terminal or a log.
    text('a name without line breaks and control characters', { most: 200, pattern: /^\P{Cc}+$/u }),
    {
      description:
        'Name of the campaign: in reports, logs and templates (`campaign.name`). Runs of the same name share `concurrency`.',
      examples: ['welcome-sms'],
    },
  ),
  audience: optional(audience, {
    description: 'The customers, one a row. May be left out when the command line names a file.',
    trap: 'A run reads it once, when it starts; what changes in the file afterwards reaches the next run only.',
    examples: ['customers.csv'],
  }),
  columns: optional(record(choice(COLUMN_TYPES), { of: 'column names and types' }), {
    description: 'Types of CSV and TSV columns; unlisted ones are strings. An empty cell is a missing value.',
    trap: '`false` in a column without a type is a text, and `{% if customer.vip %}` holds for it.',
    default: {},
    examples: [{ points: 'int', vip: 'bool', tags: 'json' }],
  }),
  customer_id: optional(text('the name of a column'), {
    description:
      'The column that names a customer. Default: customer_id, else id, else registered, else the number of the row.',
    trap: 'Duplicates, exclusions, replays and erasure know a customer by this alone.',
  }),
  unique: optional(flag(), {
    description:
      '`true`: later rows of a customer id are suppressed (`duplicate`). Else they are sent, and a warning counts them.',
    default: false,
  }),
  consent: optional(
    z.union(
      [
        z.literal('handled', { error: 'handled' }),
        mapping({
          column: required(text('the name of a column'), {
            description: 'Customers in whose row this column is not true are suppressed (`consent`).',
          }),
        }),
      ],
      { error: '{ column: … } or handled' },
    ),
    {
      description:
        'Which column says that a customer may be contacted; `handled` states that the audience holds nobody else.',
    },
  ),
  exclude: optional(list(text('a file'), { most: 100, of: 'files' }), {
    description: 'Files of customer ids that are suppressed (`excluded`): CSV with a header, or one id a line.',
    trap: 'Ids are compared as texts: 007 is not 7.',
    examples: [['unsubscribed.csv']],
  }),
  trigger: optional(trigger, { description: 'What starts a run.', default: 'now' }),
  chunk_size: optional(wholeNumber(1, 10_000_000), {
    description: 'Customers in a chunk: what is aborted together. Default: everyone who entered together.',
    trap: 'One chunk for all means that the first 401 stops them all.',
  }),
  timezone: optional(text('a time zone such as "Europe/Prague"', { most: 100 }), {
    description: 'Time zone of `from_timestamp`, from the IANA database.',
    default: D.timezone,
  }),
  max_customers: optional(wholeNumber(1, 1_000_000_000), {
    description: 'A larger audience is refused before anything is sent. Default: no limit.',
  }),
  webhook: required(webhookSchema, { description: 'What to call, with what, and how.' }),
  params: optional(record(z.unknown(), { key: text('a name', { most: 100 }), of: 'names and values' }), {
    description: 'Values for the templates (`params.shop`). `--param shop=Other` replaces one for a run.',
    trap: 'What `--param` sets is a text, also where the file has a number.',
    default: {},
    examples: [{ shop: 'Acme' }],
  }),
  legacy_loop_scope: optional(flag(), {
    description: '`true`: a `set` in a loop lasts after it, as before Jinja 2.9.',
    default: false,
  }),
  retain: optional(duration({ least: '1h', most: '3650d', example: '90d' }), {
    description: "How long a run's folder is kept: rows, results and report.",
    default: D.retain,
  }),
})

export type CampaignInput = z.input<typeof campaignSchema>
