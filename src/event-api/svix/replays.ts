import { z } from 'zod'
import type { ReplayKind } from '../../events/events.ts'
import { DELIVERY_STATUS, STATUS_CODE_CLASS, statesOf } from './delivery-status.ts'
import { INSTANT } from './paging.ts'
import { checkBody } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'
import { taskOut } from './tasks.ts'

const PATH = '/app/:app/endpoint/:endpoint'
const AGAIN = { method: 'post', access: 'app', capability: 'CreateAttempts' } as const

export const replays: readonly Route[] = [
  { ...AGAIN, path: `${PATH}/recover`, handle: (call) => begin(call, 'recover') },
  { ...AGAIN, path: `${PATH}/replay-missing`, handle: (call) => begin(call, 'replay') },
  { ...AGAIN, path: `${PATH}/bulk-replay`, handle: beginBulk },
  { ...AGAIN, path: `${PATH}/restart`, handle: restart },
]

const RANGE = z.object({ since: INSTANT, until: INSTANT.nullish() })
const BULK = RANGE.extend({
  eventTypes: z.array(z.string()).nullish(),
  channel: z.string().nullish(),
  tag: z.string().nullish(),
  status: DELIVERY_STATUS.nullish(),
  statusCodeClass: STATUS_CODE_CLASS.nullish(),
})

/** Messages that have failed since then, or that never were for this endpoint, are sent on a lane of their own. */
async function begin({ events, endpoint, body }: Call, kind: ReplayKind): Promise<Answer> {
  const { since, until = null } = checkBody(RANGE, body)
  return { status: 202, body: taskOut(await events.replays.begin(kind, endpoint, { since, until })) }
}

/** The same for those that have come to their end there, also the ones that arrived. */
async function beginBulk({ events, endpoint, body }: Call): Promise<Answer> {
  const { since, until = null, eventTypes, channel, tag, status, statusCodeClass } = checkBody(BULK, body)
  const filter = {
    eventTypes: eventTypes ?? null,
    channel: channel ?? null,
    tag: tag ?? null,
    states: status == null ? null : statesOf(status),
    statusClass: statusCodeClass == null ? null : statusCodeClass / 100,
  }
  return { status: 202, body: taskOut(await events.replays.begin('bulk', endpoint, { since, until, filter })) }
}

/** hookcast's own: a suspended endpoint is tried with one message, and gets what was kept when that has arrived. */
async function restart({ events, endpoint }: Call): Promise<Answer> {
  await events.endpoints.happen(endpoint.key, { kind: 'restart' })
  return { status: 204, body: null }
}
