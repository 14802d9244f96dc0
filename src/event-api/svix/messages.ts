import { z } from 'zod'
import type { Message, MessageQuery } from '../../events/events.ts'
import { APPLICATION_IN, ensureApp } from './applications.ts'
import { Failure, invalid } from './failure.ts'
import { UID, dateOf } from './fields.ts'
import { FLAG, INSTANT, LIST, PAGING, listOut, pageQuery } from './paging.ts'
import { bytesOfKey } from './payload-bytes.ts'
import { checkBody, readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const CHANNEL = z
  .string()
  .regex(/^[a-zA-Z0-9\-_.]{1,128}$/, 'expected 1 to 128 letters, digits and - _ ., got something else')

/** The payload itself is cut out of the body's bytes: this only tells that there is one. */
const MESSAGE_IN = z.object({
  eventType: z.string(),
  payload: z.unknown().optional(),
  data: z.unknown().optional(),
  eventId: UID.nullish(),
  channels: z.array(CHANNEL).nullish(),
  tags: z.array(z.string().min(1).max(256)).nullish(),
  application: APPLICATION_IN.nullish(),
  transformationsParams: z
    .object({ rawPayload: z.string().optional(), headers: z.record(z.string(), z.string()).optional() })
    .nullish(),
  deliverAt: INSTANT.nullish(),
  payloadRetentionPeriod: z.number().int().min(1).max(90).nullish(),
  payloadRetentionHours: z
    .number()
    .int()
    .min(1)
    .max(90 * 24)
    .nullish(),
})

type MessageIn = z.infer<typeof MESSAGE_IN>

const HOUR_MS = 3_600_000

const WITH_CONTENT = { with_content: FLAG.default(true) }

export const messages: readonly Route[] = [
  { method: 'get', path: '/app/:app/msg', access: 'app', handle: list },
  { method: 'post', path: '/app/:app/msg', access: 'admin', isRepeatable: true, handle: create },
  { method: 'get', path: '/app/:app/msg/:message', access: 'app', handle: get },
  { method: 'delete', path: '/app/:app/msg/:message/content', access: 'admin', handle: expunge },
  { method: 'post', path: '/app/:app/msg/bulk-expunge', access: 'admin', handle: expungeMany },
  { method: 'post', path: '/app/:app/msg/precheck/active', access: 'admin', handle: precheck },
]

/** Of what a list of messages can be asked for. */
export const MESSAGE_FILTERS = {
  before: INSTANT.optional(),
  after: INSTANT.optional(),
  channel: z.string().optional(),
  tag: z.string().optional(),
  event_types: LIST.optional(),
} as const

export function messageQuery(query: {
  readonly limit: number
  readonly iterator?: string | undefined
  readonly before?: number | undefined
  readonly after?: number | undefined
  readonly channel?: string | undefined
  readonly tag?: string | undefined
  readonly event_types?: readonly string[] | undefined
}): MessageQuery {
  const { before = null, after = null, channel = null, tag = null, event_types: eventTypes = null } = query
  return { ...pageQuery(query, 'descending'), before, after, channel, tag, eventTypes }
}

/** Made once: a schema takes longer to make than to use. */
const SHOWN = z.object(WITH_CONTENT)
const LISTED = z.object({ ...PAGING, ...MESSAGE_FILTERS, ...WITH_CONTENT })

function list(call: Call): Answer {
  const query = readQuery(LISTED, call.context)
  const page = call.events.messages.list(call.app, messageQuery(query))
  const out = (message: Message): object => messageOut(call, message, query.with_content)
  return { status: 200, body: listOut(page, { idOf: ({ id }) => id, out }) }
}

function get(call: Call): Answer {
  const { with_content: withContent } = readQuery(SHOWN, call.context)
  return { status: 200, body: messageOut(call, call.message, withContent) }
}

async function create(call: Call): Promise<Answer> {
  const { context, events, body, caller } = call
  const { with_content: withContent } = readQuery(SHOWN, context)
  const input = checkBody(MESSAGE_IN, body)
  const { eventType, eventId = null, channels, tags, transformationsParams, application, deliverAt = null } = input
  const app = await ensureApp(call, application ?? null)
  const raw = transformationsParams?.rawPayload
  const payload = raw === undefined ? (bytesOfKey(body, 'payload') ?? bytesOfKey(body, 'data')) : Buffer.from(raw)
  if (payload === null) throw invalid(['body', 'payload'], 'expected `payload` to be JSON, got nothing')
  const key = context.req.header('Idempotency-Key')
  const accepted = await events.messages.accept(app, {
    eventType,
    payload,
    eventId,
    channels: channels ?? [],
    tags: tags ?? [],
    headers: transformationsParams?.headers ?? {},
    deliverAt,
    requestKey: key === undefined ? null : `${caller.id} ${key}`,
    payloadKeptMs: payloadKeptMs(input),
  })
  if (!accepted.isNew && !accepted.isSameRequest) {
    const detail = 'A message with this eventId was accepted within the last day'
    throw new Failure(409, { code: 'conflict', detail })
  }
  return { status: 202, body: messageOut(call, accepted.message, withContent) }
}

function payloadKeptMs({ payloadRetentionPeriod: days, payloadRetentionHours: hours }: MessageIn): number | null {
  if (days != null && hours != null) {
    const message = 'expected `payloadRetentionHours` to be left out beside `payloadRetentionPeriod`, got both'
    throw invalid(['body', 'payloadRetentionHours'], message)
  }
  return days != null ? days * 24 * HOUR_MS : hours != null ? hours * HOUR_MS : null
}

async function expunge({ events, message }: Call): Promise<Answer> {
  await events.messages.expunge(message)
  return { status: 204, body: null }
}

const EXPUNGED = z.object({ ids: z.array(z.string().max(256)).max(1000).default([]) })

async function expungeMany({ app, events, body }: Call): Promise<Answer> {
  const results: Record<string, 'expunged' | 'not-found'> = {}
  for (const ref of checkBody(EXPUNGED, body).ids) {
    const message = events.messages.find(app, ref)
    results[ref] = message === null ? 'not-found' : 'expunged'
    if (message !== null) await events.messages.expunge(message)
  }
  return { status: 200, body: { results } }
}

const ASKED = z.object({ eventType: z.string(), channels: z.array(CHANNEL).nullish() })

/** Whether anybody listens. One with a filter may: what the payload will hold is not known. */
function precheck({ app, events, body }: Call): Answer {
  const { eventType, channels } = checkBody(ASKED, body)
  return { status: 200, body: { active: events.endpoints.isHeard(app, { eventType, channels: channels ?? [] }) } }
}

/** The payload as JSON; as a text when it is none, and empty when it was not asked for or expunged. */
export function messageOut({ events }: Pick<Call, 'events'>, message: Message, withContent: boolean): object {
  const { id, eventId, eventType, channels, tags, acceptedAt, deliverAt } = message
  const payload = withContent ? contentOf(events.messages.payloadOf(message)) : {}
  const lists = { channels: channels.length === 0 ? null : channels, tags: tags.length === 0 ? null : tags }
  return {
    id,
    eventId,
    eventType,
    payload,
    ...lists,
    timestamp: dateOf(acceptedAt),
    deliverAt: deliverAt === null ? null : dateOf(deliverAt),
  }
}

function contentOf(payload: Uint8Array | null): unknown {
  if (payload === null) return {}
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
