import { z } from 'zod'
import type { EventObject } from '../../events/events.ts'
import {
  dateOf,
  INSTANT,
  listOut,
  notFound,
  pageQuery,
  readQuery,
  type Answer,
  type Call,
  type Route,
} from '../svix/svix.ts'
import { partnerFrom, partnerIdOf, partnersFrom } from './partner.ts'

const PATH = '/webhooks/v1/events'
/** An event may have 50,000 resources. */
const MOST = 50
const MOST_RESOURCES = 50_000

const LISTED = z.object({
  partnerId: z.string().optional(),
  registrationId: z.string().optional(),
  eventName: z.string().optional(),
  status: z.enum(['Pending', 'Success', 'Failed']).optional(),
  createdFrom: INSTANT.optional(),
  createdTo: INSTANT.optional(),
  limit: z.coerce.number().int().min(1).max(MOST).default(MOST),
  iterator: z.string().max(512).optional(),
  order: z.enum(['ascending', 'descending']).optional(),
})
const POLLED = z.object({ partnerId: z.string().optional() })

const acknowledged = { access: 'app', capability: 'CreateAttempts', handle: acknowledge } as const

export const events: readonly Route[] = [
  { method: 'get', path: PATH, access: 'app', handle: list },
  { method: 'get', path: `${PATH}/poll`, access: 'app', handle: poll },
  { method: 'get', path: `${PATH}/:event`, access: 'app', handle: async (call) => await answer(call, found(call)) },
  { method: 'post', path: `${PATH}/:event/resend`, access: 'app', capability: 'CreateAttempts', handle: resend },
  { method: 'post', path: `${PATH}/:event/acknowledge`, ...acknowledged },
  { method: 'put', path: `${PATH}/:event/acknowledge`, ...acknowledged },
]

const STATUS = { pending: 'Pending', sent: 'Success', failed: 'Failed' } as const

/** A page ends early when its events have many resources. */
async function list(call: Call): Promise<Answer> {
  const query = readQuery(LISTED, call.context)
  const { partnerId = null, registrationId, eventName, status, createdFrom = null, createdTo = null } = query
  const endpoints = partnersFrom(call, partnerId)
    .flatMap((app) => call.events.endpoints.ofApp(app))
    .filter(
      ({ id, eventTypes }) =>
        id === (registrationId ?? id) && (eventTypes?.includes(eventName ?? eventTypes[0]!) ?? true),
    )
  const asked = Object.entries(STATUS).find(([, name]) => name === status)?.[0] ?? null
  const page = call.events.objects.list(endpoints, {
    ...pageQuery(query, 'descending'),
    after: createdFrom,
    before: createdTo,
    status: asked as EventObject['status'] | null,
  })
  const rows: EventObject[] = []
  const results: object[] = []
  let resources = 0
  for (const row of page.rows) {
    if (resources >= MOST_RESOURCES) break
    const out = await eventOut(call, row)
    resources += out.resources.length
    rows.push(row)
    results.push(out)
  }
  const isWhole = rows.length === page.rows.length
  const [isDone, passed] = [page.isDone && isWhole, isWhole ? page.passed : null]
  const { iterator, prevIterator, done } = listOut(
    { rows, isDone, passed },
    { idOf: ({ id }) => id, out: ({ id }) => id },
  )
  return { status: 200, body: { results, iterator, prevIterator, done } }
}

/** The oldest that waits; the same again until it was acknowledged. */
async function poll(call: Call): Promise<Answer> {
  const { partnerId = null } = readQuery(POLLED, call.context)
  const endpoints = call.events.endpoints.ofApp(partnerFrom(call, partnerId))
  const next = call.events.objects.nextPolled(endpoints)
  return next === null ? { status: 204, body: null } : await answer(call, next)
}

async function acknowledge(call: Call): Promise<Answer> {
  const object = found(call)
  await call.events.objects.acknowledge(object)
  return await answer(call, found(call))
}

async function resend(call: Call): Promise<Answer> {
  const { message, endpoint } = found(call)
  await call.events.resend(message, endpoint)
  return { status: 202, body: await eventOut(call, found(call)) }
}

/** @throws {Failure} 404, also for another app's. */
function found(call: Call): EventObject {
  const id = call.param('event')
  const app = partnersFrom(call, null).find((app) => call.events.messages.find(app, id) !== null)
  if (app === undefined) throw notFound()
  return call.events.objects.get(app, id)
}

async function answer(call: Call, object: EventObject): Promise<Answer> {
  return { status: 200, body: await eventOut(call, object) }
}

interface EventOut {
  readonly id: string
  readonly registrationId: string
  readonly eventName: string
  readonly status: 'Pending' | 'Success' | 'Failed'
  readonly partnerId: string | null
  readonly createdAt: string
  readonly lastAttemptedAt: string | null
  readonly resources: readonly string[]
  readonly details?: readonly unknown[]
}

/** As it is pushed, but with what has become of it: a push says Pending always. */
export async function eventOut(call: Call, object: EventObject): Promise<EventOut> {
  const { id, endpoint, message, status, createdAt, attemptedAt } = object
  const app = call.events.apps.of(endpoint.app)
  const { resources, details } = await call.events.objects.pileOf(object)
  return {
    id,
    registrationId: endpoint.id,
    eventName: message.eventType,
    status: STATUS[status],
    partnerId: app === null ? null : partnerIdOf(app),
    createdAt: dateOf(createdAt),
    lastAttemptedAt: attemptedAt === null ? null : dateOf(attemptedAt),
    resources,
    ...(details === null ? {} : { details }),
  }
}
