import { z } from 'zod'
import type { EventType, EventTypeIn } from '../../events/events.ts'
import { TEXT, dateOf } from './fields.ts'
import { FLAG, PAGING, listOut, pageQuery } from './paging.ts'
import { checkBody, readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const FIELDS = {
  description: TEXT,
  archived: z.boolean().default(false),
  deprecated: z.boolean().default(false),
  schemas: z.record(z.string(), z.unknown()).nullish(),
  featureFlag: z.string().nullish(),
  featureFlags: z.array(z.string()).nullish(),
  groupName: z.string().max(256).nullish(),
} as const
const EVENT_TYPE_IN = z.object({ name: z.string(), ...FIELDS })
const EVENT_TYPE_UPDATE = z.object(FIELDS)
const EVENT_TYPE_PATCH = EVENT_TYPE_UPDATE.extend({
  description: FIELDS.description.optional(),
  archived: z.boolean().optional(),
  deprecated: z.boolean().optional(),
})

export const eventTypes: readonly Route[] = [
  { method: 'get', path: '/event-type', access: 'app', handle: list },
  { method: 'post', path: '/event-type', access: 'admin', handle: create },
  { method: 'get', path: '/event-type/:name', access: 'app', handle: (call) => answer(named(call)) },
  { method: 'put', path: '/event-type/:name', access: 'admin', handle: replace },
  { method: 'patch', path: '/event-type/:name', access: 'admin', handle: change },
  { method: 'delete', path: '/event-type/:name', access: 'admin', handle: remove },
]

const LISTED = z.object({
  ...PAGING,
  include_archived: FLAG.default(false),
  with_content: FLAG.default(false),
})

function list({ context, events }: Call): Answer {
  const query = readQuery(LISTED, context)
  const page = events.eventTypes.list(pageQuery(query, 'ascending'), { withArchived: query.include_archived })
  const out = (eventType: EventType): object =>
    eventTypeOut(query.with_content ? eventType : { ...eventType, schemas: null })
  return { status: 200, body: listOut(page, { idOf: ({ name }) => name, out }) }
}

async function create({ events, body }: Call): Promise<Answer> {
  return answer(await events.eventTypes.create(eventTypeIn(checkBody(EVENT_TYPE_IN, body))), 201)
}

async function replace(call: Call): Promise<Answer> {
  const name = call.param('name')
  const { name: _, ...input } = eventTypeIn({ ...checkBody(EVENT_TYPE_UPDATE, call.body), name })
  const { eventTypes } = call.events
  if (eventTypes.find(name) === null) return answer(await eventTypes.create({ ...input, name }), 201)
  return answer(await eventTypes.update(name, input))
}

async function change(call: Call): Promise<Answer> {
  const known = named(call)
  const patch = checkBody(EVENT_TYPE_PATCH, call.body)
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined))
  const { name: _, ...input } = eventTypeIn({ ...bodyOf(known), ...given })
  return answer(await call.events.eventTypes.update(known.name, input))
}

/** Hidden, so that what was sent keeps its meaning; forgotten with `expunge`. */
async function remove(call: Call): Promise<Answer> {
  const { name } = named(call)
  const { expunge } = readQuery(z.object({ expunge: FLAG.default(false) }), call.context)
  if (expunge) await call.events.eventTypes.remove(name)
  else await call.events.eventTypes.update(name, { isArchived: true })
  return { status: 204, body: null }
}

function named(call: Call): EventType {
  return call.events.eventTypes.get(call.param('name'))
}

function answer(eventType: EventType, status: 200 | 201 = 200): { readonly status: 200 | 201; readonly body: object } {
  return { status, body: eventTypeOut(eventType) }
}

export function eventTypeIn(input: z.infer<typeof EVENT_TYPE_IN>): EventTypeIn {
  const { name, description, archived, deprecated, schemas = null, featureFlag, featureFlags, groupName = null } = input
  const flags = featureFlags ?? (featureFlag == null ? null : [featureFlag])
  return { name, description, schemas, featureFlags: flags, groupName, isArchived: archived, isDeprecated: deprecated }
}

function bodyOf(eventType: EventType): z.infer<typeof EVENT_TYPE_IN> {
  const { name, description, schemas, featureFlags, groupName, isArchived, isDeprecated } = eventType
  const flags = featureFlags === null ? null : [...featureFlags]
  return {
    name,
    description,
    schemas,
    featureFlags: flags,
    groupName,
    archived: isArchived,
    deprecated: isDeprecated,
  }
}

function eventTypeOut(eventType: EventType): object {
  const { madeAt, changedAt } = eventType
  const body = bodyOf(eventType)
  return {
    ...body,
    featureFlag: body.featureFlags?.[0] ?? null,
    createdAt: dateOf(madeAt),
    updatedAt: dateOf(changedAt),
  }
}
