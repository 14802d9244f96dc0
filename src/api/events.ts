import { isUtf8 } from 'node:buffer'
import type { ReadableStream } from 'node:stream/web'
import type { Context } from 'hono'
import { z } from 'zod'
import { ApiError } from '../errors.ts'
import { verifyStandard } from '../profile/profile.ts'
import { listEventRuns } from '../runner/runner.ts'
import { TRIGGER_BYTES_LIMIT, type MessageOrigin, type Receipt } from '../trigger/trigger.ts'
import { startersOf } from './activations.ts'
import { CAMPAIGN_PARAMS } from './campaigns.ts'
import { operation } from './operation.ts'
import { mediaTypeOf, readAll } from './read-request.ts'
import { unknownCaller, type ApiServices, type EventStarter } from './services.ts'

const count = z.number().int()

const trigger = z
  .strictObject({
    id: z.string().min(1).max(200).describe('Accepted once within seven days'),
    type: z.string().min(1).max(200).describe('Such as `user.registered`'),
    customer: z.record(z.string(), z.unknown()),
    event: z.record(z.string(), z.unknown()).optional().describe('Its own attributes'),
    occurred_at: z.iso.datetime({ offset: true }).nullish().describe('When it happened. Default: now'),
  })
  .meta({ id: 'Trigger' })

const hold = z
  .object({
    campaign: z.string(),
    run_id: z.string().nullable().describe('Null when no run could be opened'),
    rule: z.string(),
    message: z.string(),
    held_at: z.iso.datetime(),
  })
  .meta({ id: 'Hold' })

const receipt = z
  .object({
    accepted: count,
    duplicate: count.describe('Of an id that was accepted within the last seven days'),
    unmatched: count.describe('No active campaign listens to their type: their ids may come again'),
    errors: z.array(z.object({ line: count, message: z.string() })),
    more_errors: count.describe('Beyond those listed'),
  })
  .meta({ id: 'Receipt' })

const message = z
  .looseObject({
    type: z.string().min(1).max(200),
    timestamp: z.iso.datetime({ offset: true }).nullish(),
    data: z.record(z.string(), z.unknown()).describe('The customer; or `customer`, and attributes of the event'),
  })
  .meta({ id: 'Message' })

export const eventOperations = [
  operation({
    id: 'acceptTriggers',
    method: 'post',
    path: '/v1/triggers',
    tag: 'Events',
    summary: 'Something happened to a customer: campaigns that listen to its type call for them',
    description:
      'One trigger, as JSON, or a stream of them, as NDJSON. Answers once what was accepted is on the disk. What is wrong with a line of a stream is told, and the others are accepted all the same; a stream that breaks off is sent again whole, and its beginning is `duplicate`.',
    roles: ['admin', 'operator'],
    isHarmless: true,
    isUnlimited: true,
    isRaw: true,
    body: trigger,
    uploads: { 'application/x-ndjson': 'ndjson' },
    status: 202,
    answer: receipt,
    handle: async ({ services, context }) => {
      const { inbox } = eventsOf(services)
      const mediaType = mediaTypeOf(context)
      if (mediaType === 'application/x-ndjson') return receiptFrom(await inbox.acceptStream(bodyOf(context)))
      if (mediaType === 'application/json') return receiptFrom(await inbox.accept(textFrom(await readAll(context))))
      const message = 'expected Content-Type to be application/json or application/x-ndjson, got another'
      throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 415 })
    },
  }),
  operation({
    id: 'acceptSignedTrigger',
    method: 'post',
    path: '/v1/triggers/{source}',
    tag: 'Events',
    summary: 'An event webhook triggers campaigns: its signature stands for a token',
    description:
      'In the format of Standard Webhooks, signed with a secret that hookcast.yaml names under `triggers`. `webhook-id` is the id of the trigger, accepted once within seven days; the body is a trigger, or `{ type, timestamp, data }`.',
    roles: [],
    isSigned: true,
    isHarmless: true,
    isRaw: true,
    params: { source: z.string().max(100) },
    body: message,
    status: 202,
    answer: receipt,
    handle: async ({ params: { source }, services, context }) => {
      const { text, ...origin } = await readSigned(source, context, services)
      return receiptFrom(await eventsOf(services).inbox.acceptMessage(text, origin))
    },
  }),
  operation({
    id: 'listHolds',
    method: 'get',
    path: '/v1/holds',
    tag: 'Events',
    summary: 'Campaigns of events that a stop keeps from calling, and why, the longest first',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    answer: z
      .object({
        holds: z.array(
          hold
            .extend({ waiting: count.describe('Triggers behind those that are in its run') })
            .meta({ id: 'WaitingHold' }),
        ),
      })
      .meta({ id: 'Holds' }),
    handle: async ({ services }) => ({
      holds: eventsOf(services)
        .router.holds()
        .map((held) => ({ ...shownHold(held), waiting: held.waiting })),
    }),
  }),
  operation({
    id: 'releaseHold',
    method: 'post',
    path: '/v1/campaigns/{campaign}/release',
    tag: 'Events',
    summary: 'Let a campaign on hold go on, in order; or drop what waits',
    roles: ['admin', 'operator'],
    params: CAMPAIGN_PARAMS,
    body: z
      .strictObject({
        discard: z
          .boolean()
          .default(false)
          .describe('End its run: whoever waits in it is aborted, and can be replayed'),
      })
      .meta({ id: 'Release' }),
    answer: hold
      .extend({
        run_version: count.nullable().describe('What those in its run are called with; null when it has none'),
        current_version: count.nullable().describe('What its files are now; null while they have problems'),
      })
      .meta({ id: 'ReleasedHold' }),
    handle: async ({ params, body, actor, services }) => {
      const { name: campaign, current } = await startersOf(services).campaigns.get(params.campaign)
      const released = await eventsOf(services).router.release(campaign, { by: actor.name, isDiscarded: body.discard })
      const action = body.discard ? 'hold.discarded' : 'hold.released'
      await services.audit.record(actor, action, { subject: campaign, detail: { run_id: released.runId } })
      const run = listEventRuns(services.settings.data).find(({ runId }) => runId === released.runId)
      return {
        ...shownHold(released),
        run_version: run?.version ?? null,
        current_version: current?.version ?? null,
      }
    },
  }),
]

/** What is larger than any trigger is not read, and what was not signed not looked into. */
async function readSigned(
  source: string,
  context: Context,
  services: ApiServices,
): Promise<MessageOrigin & { readonly text: string }> {
  const body = await readAll(context, TRIGGER_BYTES_LIMIT)
  const header = (name: string): string | null => context.req.header(name) ?? null
  const receivedAt = services.clock.now()
  // Which sources there are is told to nobody: one that is unknown has no secret.
  const verdict = verifyStandard({ header, body, receivedAt }, services.triggerSources.get(source) ?? [])
  if ('refusal' in verdict) throw unknownCaller(verdict.refusal, context, services)
  if (mediaTypeOf(context) === 'application/json') return { source, id: verdict.id, text: textFrom(body) }
  const message = 'expected Content-Type to be application/json, got another'
  throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 415 })
}

function bodyOf(context: Context): ReadableStream<Uint8Array> {
  return (context.req.raw.body ?? new Blob([]).stream()) as ReadableStream<Uint8Array>
}

/** Bytes that are no text would be kept as others than those that came. */
function textFrom(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  throw new ApiError('HOOKCAST_API_REQUEST', 'expected the body to be JSON in UTF-8, got something else', {
    status: 400,
  })
}

function eventsOf(services: ApiServices): EventStarter {
  return startersOf(services).events
}

type Held = ReturnType<EventStarter['router']['holds']>[number]

function shownHold({ campaign, runId, rule, message, heldAt }: Omit<Held, 'waiting'>): z.output<typeof hold> {
  return { campaign, run_id: runId, rule, message, held_at: new Date(heldAt).toISOString() }
}

interface ShownReceipt extends Pick<Receipt, 'accepted' | 'duplicate' | 'unmatched' | 'errors'> {
  readonly more_errors: number
}

function receiptFrom({ moreErrors, ...receipt }: Receipt): ShownReceipt {
  return { ...receipt, more_errors: moreErrors }
}
