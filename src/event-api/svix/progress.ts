import { z } from 'zod'
import type { Endpoint, Message, Stand } from '../../events/events.ts'
import { DELIVERY_STATUS, statesOf, statusOut } from './delivery-status.ts'
import { endpointOut } from './endpoints.ts'
import { invalid } from './failure.ts'
import { dateOf } from './fields.ts'
import { MESSAGE_FILTERS, messageOut, messageQuery } from './messages.ts'
import { FLAG, INSTANT, PAGING, listOut, pageQuery } from './paging.ts'
import { checkBody, readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const ENDPOINT = '/app/:app/endpoint/:endpoint'

export const progress: readonly Route[] = [
  { method: 'get', path: `${ENDPOINT}/msg`, access: 'app', handle: listMessages },
  { method: 'get', path: '/app/:app/msg/:message/endpoint', access: 'app', handle: listEndpoints },
  { method: 'get', path: `${ENDPOINT}/stats`, access: 'app', handle: stats },
  {
    method: 'post',
    path: `${ENDPOINT}/send-example`,
    access: 'app',
    capability: 'CreateAttempts',
    handle: sendExample,
  },
]

const EXPANDED = { expanded_statuses: FLAG.default(false) } as const
const LISTED = z.object({
  ...PAGING,
  ...MESSAGE_FILTERS,
  ...EXPANDED,
  status: DELIVERY_STATUS.optional(),
  with_content: FLAG.default(true),
})

function listMessages(call: Call): Answer {
  const { events, endpoint, context } = call
  const query = readQuery(LISTED, context)
  const states = query.status === undefined ? null : statesOf(query.status)
  const page = events.progress.ofEndpoint(endpoint, { ...messageQuery(query), states })
  const out = ({ message, ...stand }: Stand & { readonly message: Message }): object => ({
    ...messageOut(call, message, query.with_content),
    ...standOut(stand, query.expanded_statuses),
  })
  return { status: 200, body: listOut(page, { idOf: ({ message }) => message.id, out }) }
}

function listEndpoints(call: Call): Answer {
  const { events, app, message, context } = call
  const query = readQuery(z.object({ ...PAGING, ...EXPANDED }), context)
  const page = events.progress.ofMessage(app, message, pageQuery(query, 'ascending'))
  const out = ({ endpoint, ...stand }: Stand & { readonly endpoint: Endpoint }): object => ({
    ...endpointOut(call, endpoint),
    ...standOut(stand, query.expanded_statuses),
  })
  return { status: 200, body: listOut(page, { idOf: ({ endpoint }) => endpoint.id, out }) }
}

function standOut({ state, nextAt }: Stand, isExpanded: boolean): object {
  return { ...statusOut(state, { isExpanded }), nextAttempt: nextAt === null ? null : dateOf(nextAt) }
}

const USUAL_STATS_MS = 28 * 86_400_000

async function stats({ events, endpoint, context }: Call): Promise<Answer> {
  const range = readQuery(z.object({ since: INSTANT.optional(), until: INSTANT.optional() }), context)
  const until = range.until ?? events.now
  const since = range.since ?? until - USUAL_STATS_MS
  if (since > until) throw invalid(['query', 'since'], 'expected `since` to be before `until`, got a later time')
  const { open, sent, failed, cancelled, expired } = await events.progress.tally(endpoint, { since, until })
  const sending = Math.min(open, events.progress.underWay(endpoint, { since, until }))
  return {
    status: 200,
    body: { success: sent, pending: open - sending, sending, fail: failed, canceled: cancelled + expired },
  }
}

const EXAMPLE = z.object({ eventType: z.string().min(1).max(256), exampleIndex: z.number().int().min(0).nullish() })

/** The example of the event type's newest schema, or what the vendor of the profile sends for a test. */
async function sendExample(call: Call): Promise<Answer> {
  const { app, endpoint, events, body } = call
  const { eventType, exampleIndex } = checkBody(EXAMPLE, body)
  const message = await events.sendTest({ app, endpoint }, { eventType, example: exampleIndex ?? null })
  return { status: 202, body: messageOut(call, message, true) }
}
