import { z } from 'zod'
import type { ReplayTask } from '../../events/events.ts'
import { notFound } from './failure.ts'
import { dateOf } from './fields.ts'
import { INSTANT } from './paging.ts'
import { checkBody } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const PATH = '/app/:app/endpoint/:endpoint'

export const replays: readonly Route[] = [
  {
    method: 'post',
    path: `${PATH}/recover`,
    access: 'app',
    capability: 'CreateAttempts',
    handle: (call) => begin(call, 'recover'),
  },
  {
    method: 'post',
    path: `${PATH}/replay-missing`,
    access: 'app',
    capability: 'CreateAttempts',
    handle: (call) => begin(call, 'replay'),
  },
  { method: 'post', path: `${PATH}/restart`, access: 'app', capability: 'CreateAttempts', handle: restart },
  { method: 'get', path: '/background-task/:task', access: 'admin', handle: get },
]

const RANGE = z.object({ since: INSTANT, until: INSTANT.nullish() })

/** Messages that have failed since then, or that never were for this endpoint, are sent on a lane of their own. */
async function begin({ events, endpoint, body }: Call, kind: ReplayTask['kind']): Promise<Answer> {
  const { since, until = null } = checkBody(RANGE, body)
  return { status: 202, body: taskOut(await events.replays.begin(kind, endpoint, { since, until })) }
}

/** hookcast's own: a suspended endpoint is tried with one message, and gets what was kept when that has arrived. */
async function restart({ events, endpoint }: Call): Promise<Answer> {
  await events.endpoints.happen(endpoint.key, { kind: 'restart' })
  return { status: 204, body: null }
}

function get({ events, context }: Call): Answer {
  const task = events.replays.find(context.req.param('task') ?? '')
  if (task === null) throw notFound()
  return { status: 200, body: taskOut(task) }
}

/** A task that was cancelled is finished for Svix's clients. */
function taskOut({ id, kind, state, done, changedAt }: ReplayTask): object {
  return {
    id,
    status: state === 'running' ? 'running' : 'finished',
    task: kind === 'recover' ? 'endpoint.recover' : 'endpoint.replay',
    data: { messagesSent: done },
    updatedAt: dateOf(changedAt),
  }
}
