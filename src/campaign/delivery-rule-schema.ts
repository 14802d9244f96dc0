import { z } from 'zod'
import { LARGE_BATCH, defaultDelaysMs } from './default-delays.ts'
import {
  choice,
  duration,
  flag,
  list,
  mapping,
  optional,
  orNever,
  pointer,
  required,
  share,
  text,
  wholeNumber,
} from './schema-part.ts'

/** Every default of `webhook:`, as it would be written in the file; the normalised form is made from these. */
export const WEBHOOK_DEFAULTS = {
  method: 'POST',
  json_escape: 'auto',
  response_handling: 'json',
  response: { success: '/success', code: '/errors/0/code', message: '/errors/0/description' },
  concurrency: 200,
  timeout: '10s',
  retry: {
    delays: defaultDelaysMs(null).map((delayMs) => `${delayMs / 1000}s`),
    jitter: 0.1,
    on_timeout: true,
    conflict: 'accepted',
  },
  batch: { on_client_error: 'abort' },
  idempotency: { header: 'Idempotency-Key', lifetime: '24h' },
  abort: {
    client_error: 1,
    exhausted: { least: 10, share: 0.2, of: 100 },
    connection: '5m',
    render: { in_a_row: 50, share: 0.5, of: 1000 },
    chunks: 3,
  },
} as const

const D = WEBHOOK_DEFAULTS

/** The longest template that a person writes by hand; the template room has its own limits for what it makes. */
export const LONGEST_INLINE = 1_048_576

const templateFile = mapping({
  file: required(text('the path of a template file'), {
    description:
      'A template file. Relative to the campaign file, and inside its folder (symbolic links are followed first).',
    examples: ['sms.json.j2'],
  }),
})

export const template = (what: string): z.ZodUnion<[z.ZodString, typeof templateFile]> =>
  z.union(
    [
      z
        .string({ error: what })
        .max(LONGEST_INLINE, { error: `${what} of at most 1 MiB` })
        .meta({ values: 'template' }),
      templateFile,
    ],
    { error: `${what} or { file: … }` },
  )

export const batch = mapping({
  size: required(wholeNumber(1, 1000), {
    description: 'Customers in one request, at most. A batch never crosses a chunk.',
    trap: 'A 4xx is the outcome of everyone in the request, unless `on_client_error: split` looks for the one to blame.',
    examples: [100],
  }),
  root: required(template('a template'), {
    description:
      'The body: rendered once per batch, with `customers` = the list of rendered customer templates. At most 8 MiB.',
  }),
  customer: required(template('a template'), {
    description:
      'Rendered for each customer of the batch; its result is always a text. One for whom it fails or aborts is left out.',
  }),
  outcomes: optional(
    mapping({
      items: required(pointer(), {
        description: 'JSON pointer to the list of items in the answer.',
        examples: ['/results'],
      }),
      key: required(z.union([z.literal('position'), pointer()], { error: '"position" or a JSON pointer' }), {
        description:
          'JSON pointer to the customer id within an item, or `position`: item k is customer k of the batch.',
        trap: '`position` is wrong for everybody behind an item that the receiver leaves out.',
      }),
      ok: optional(pointer(), {
        description:
          'JSON pointer within an item: `false` there means that this customer failed. Without it items list errors only.',
      }),
      code: optional(pointer(), {
        description: "JSON pointer within an item to the receiver's error code.",
        default: D.response.code,
      }),
      message: optional(pointer(), {
        description: "JSON pointer within an item to the receiver's message.",
        default: D.response.message,
      }),
      missing: optional(choice(['failed', 'sent']), {
        description:
          'What a customer is that the answer does not name. Default: `failed` when `ok` is given, else `sent`.',
      }),
    }),
    {
      description: 'Maps the items of an answer to the customers of the batch, so that each gets a result of its own.',
    },
  ),
  on_client_error: optional(choice(['abort', 'split']), {
    description:
      'On 400, 413 or 422: `abort` as for one customer; `split` halves the batch to find the one customer that it was refused for, who is `failed`, and sends the others; when both halves are refused, it is one client error.',
    trap: 'A receiver that half-processed a refused batch sees those customers again, under another key.',
    default: D.batch.on_client_error,
  }),
})

export const retry = mapping({
  delays: optional(list(duration({ least: '0ms', most: '24h', example: '7s' }), { most: 10, of: 'durations' }), {
    description: `Waits before the second, third … attempt, from the end of the one before; their number (0 to 10) is the number of retries. Batches with a size of ${LARGE_BATCH} or more have ${defaultDelaysMs(LARGE_BATCH).length} by default, the further ones ${(defaultDelaysMs(LARGE_BATCH).at(-1) ?? 0) / 1000} s each.`,
    trap: 'With `[]` a single 503 fails its customer.',
    default: D.retry.delays,
  }),
  jitter: optional(share(0, 0.5), {
    description: 'Share by which each wait varies to both sides, uniformly: 0.1 is ± 10 %.',
    default: D.retry.jitter,
  }),
  on_timeout: optional(flag(), {
    description:
      '`false` makes a timeout final. Use it for a receiver that neither knows idempotency keys nor may see a customer twice.',
    default: D.retry.on_timeout,
  }),
  conflict: optional(choice(['accepted', 'failed']), {
    description:
      'What a 409 to a send in doubt means: `accepted`, the receiver has it already; `failed` for receivers whose 409 means something else.',
    default: D.retry.conflict,
  }),
})

export const abort = mapping({
  client_error: optional(orNever(wholeNumber(1, 1_000_000), 'a whole number from 1 to 1000000 or never'), {
    description:
      'The Nth client error (4xx other than 400, 404, 408, 410, 412, 413, 418 and 429) in a chunk stops the chunk.',
    default: D.abort.client_error,
  }),
  exhausted: optional(
    orNever(
      mapping({
        least: optional(wholeNumber(1, 1000), {
          description: 'Deliveries, at least.',
          default: D.abort.exhausted.least,
        }),
        share: optional(share(0, 1), {
          description: 'Share of the deliveries looked at, more than.',
          default: D.abort.exhausted.share,
        }),
        of: optional(wholeNumber(1, 1000), {
          description: 'How many of the last ended deliveries are looked at.',
          default: D.abort.exhausted.of,
        }),
      }),
      '{ least, share, of } or never',
    ),
    {
      description: 'Stops the chunk when that many of the last ended deliveries ran out of retries.',
      default: D.abort.exhausted,
    },
  ),
  connection: optional(
    orNever(duration({ least: '1s', most: '7d', example: '5m' }), 'a duration such as "5m" or never'),
    {
      description:
        'Stops the webhook after so long without any HTTP answer, while it probes with one delivery at a time (it does so after 20 connection issues in a row).',
      default: D.abort.connection,
    },
  ),
  render: optional(
    orNever(
      mapping({
        in_a_row: optional(wholeNumber(1, 1_000_000), {
          description: 'Customers in a row.',
          default: D.abort.render.in_a_row,
        }),
        share: optional(share(0, 1), {
          description: 'Share of the first customers, more than.',
          default: D.abort.render.share,
        }),
        of: optional(wholeNumber(1, 1_000_000), {
          description: 'How many of the first customers are looked at.',
          default: D.abort.render.of,
        }),
      }),
      '{ in_a_row, share, of } or never',
    ),
    { description: 'Stops the chunk when the template fails for that many customers.', default: D.abort.render },
  ),
  chunks: optional(orNever(wholeNumber(1, 1_000_000), 'a whole number from 1 to 1000000 or never'), {
    description: 'Stops the webhook when so many chunks were stopped by the same rule.',
    default: D.abort.chunks,
  }),
})
