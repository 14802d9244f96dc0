import { z } from 'zod'
import type { Attempt, AttemptQuery, Endpoint } from '../../events/events.ts'
import { Failure, notFound } from './failure.ts'
import { dateOf } from './fields.ts'
import { MESSAGE_FILTERS, messageOut, messageQuery } from './messages.ts'
import { FLAG, PAGING, listOut } from './paging.ts'
import { readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const ATTEMPT = '/app/:app/msg/:message/attempt/:attempt'

export const attempts: readonly Route[] = [
  { method: 'get', path: '/app/:app/attempt/endpoint/:endpoint', access: 'app', handle: listByEndpoint },
  { method: 'get', path: '/app/:app/attempt/msg/:message', access: 'app', handle: listByMessage },
  { method: 'get', path: ATTEMPT, access: 'app', handle: get },
  { method: 'delete', path: `${ATTEMPT}/content`, access: 'admin', handle: expunge },
  {
    method: 'post',
    path: '/app/:app/msg/:message/endpoint/:endpoint/resend',
    access: 'app',
    capability: 'CreateAttempts',
    handle: resend,
  },
]

/** As Svix numbers them. */
const STATUS = { succeeded: 0, failed: 2 } as const

const LISTED = z.object({
  ...PAGING,
  ...MESSAGE_FILTERS,
  status: z.coerce.number().int().min(0).max(4).optional(),
  status_code_class: z.coerce.number().int().min(0).max(500).optional(),
  endpoint_id: z.string().optional(),
  with_content: FLAG.default(true),
  with_msg: FLAG.default(false),
})

function attemptQuery(query: z.infer<typeof LISTED>): AttemptQuery {
  const { status, status_code_class: statusClass } = query
  const hasSucceeded = status === undefined ? null : status === STATUS.succeeded
  return { ...messageQuery(query), hasSucceeded, statusClass: statusClass === undefined ? null : statusClass / 100 }
}

/** Attempts are written when they have ended: none is pending or being sent. */
function isOfNone({ status }: z.infer<typeof LISTED>): boolean {
  return status !== undefined && status !== STATUS.succeeded && status !== STATUS.failed
}

const NONE = { rows: [], isDone: true, passed: null } as const

function listByEndpoint(call: Call): Answer {
  const { endpoint } = call
  const query = readQuery(LISTED, call.context)
  const page = isOfNone(query) ? NONE : call.events.attempts.ofEndpoint(endpoint, attemptQuery(query))
  return listed(call, page, query)
}

function listByMessage(call: Call): Answer {
  const { message, app, events } = call
  const query = readQuery(LISTED, call.context)
  const endpoint = query.endpoint_id === undefined ? null : events.endpoints.find(app, query.endpoint_id)
  if (query.endpoint_id !== undefined && endpoint === null) throw notFound()
  const asked = { ...attemptQuery(query), endpoint: endpoint?.key ?? null }
  return listed(call, isOfNone(query) ? NONE : events.attempts.ofMessage(message, asked), query)
}

function listed(
  call: Call,
  page: Parameters<typeof listOut<Attempt, object>>[0],
  { with_content: withContent, with_msg: withMessage }: z.infer<typeof LISTED>,
): Answer {
  const out = (attempt: Attempt): object => attemptOut(call, attempt, { withContent, withMessage })
  return { status: 200, body: listOut(page, { idOf: ({ id }) => id, out }) }
}

function get(call: Call): Answer {
  const attempt = call.events.attempts.get(call.message, call.param('attempt'))
  return { status: 200, body: attemptOut(call, attempt, { withContent: true, withMessage: false }) }
}

async function expunge({ events, message, context }: Call): Promise<Answer> {
  await events.attempts.expunge(events.attempts.get(message, context.req.param('attempt') ?? ''))
  return { status: 204, body: null }
}

async function resend({ events, message, endpoint }: Call): Promise<Answer> {
  if (events.messages.payloadOf(message) === null) {
    const detail = 'Unable to resend message. Payload is missing (probably expired).'
    throw new Failure(400, { code: 'missing_payload', detail })
  }
  if (endpoint.state === 'disabled') {
    throw new Failure(400, { code: 'endpoint_disabled', detail: 'Unable to resend message. The endpoint is disabled.' })
  }
  await events.resend(message, endpoint)
  return { status: 202, body: {} }
}

function attemptOut(
  call: Call,
  attempt: Attempt,
  { withContent, withMessage }: { readonly withContent: boolean; readonly withMessage: boolean },
): object {
  const { events } = call
  const { id, at, url, hasSucceeded, httpStatus, latencyMs, trigger, answer } = attempt
  const message = events.messages.at(attempt.message)
  const endpoint: Endpoint | null = events.endpoints.of(attempt.endpoint)
  return {
    id,
    msgId: message?.id ?? '',
    endpointId: endpoint?.id ?? '',
    url,
    response: withContent ? (answer ?? '') : '',
    responseStatusCode: httpStatus ?? 0,
    responseDurationMs: latencyMs,
    status: hasSucceeded ? STATUS.succeeded : STATUS.failed,
    statusText: hasSucceeded ? 'success' : 'fail',
    triggerType: trigger === 'manual' ? 1 : 0,
    timestamp: dateOf(at),
    ...(withMessage && message !== null ? { msg: messageOut(call, message, withContent) } : {}),
  }
}
