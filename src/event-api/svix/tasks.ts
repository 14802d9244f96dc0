import { z } from 'zod'
import type { AppDeliveries, AppEventTypes, Task, TaskKind } from '../../events/events.ts'
import { notFound } from './failure.ts'
import { dateOf } from './fields.ts'
import { INSTANT, PAGING, listOut, pageQuery } from './paging.ts'
import { checkBody, readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

export const tasks: readonly Route[] = [
  { method: 'get', path: '/background-task', access: 'admin', handle: list },
  { method: 'get', path: '/background-task/:task', access: 'admin', handle: get },
  { method: 'post', path: '/stats/usage/app', access: 'admin', handle: countDeliveries },
  { method: 'put', path: '/stats/usage/event-types', access: 'admin', handle: collectEventTypes },
]

const TASK = {
  recover: 'endpoint.recover',
  replay: 'endpoint.replay',
  bulk: 'endpoint.bulk-replay',
  app_stats: 'application.stats',
  event_types: 'event-type.aggregate',
} as const satisfies Record<TaskKind, string>
const KINDS = Object.keys(TASK) as readonly TaskKind[]

const LISTED = z.object({
  ...PAGING,
  status: z.enum(['running', 'finished', 'failed']).optional(),
  task: z.string().optional(),
})

function list({ context, events }: Call): Answer {
  const query = readQuery(LISTED, context)
  const { status, task } = query
  const page = events.tasks.list({
    ...pageQuery(query, 'descending'),
    states: status === undefined ? null : STATES[status],
    kinds: task === undefined ? null : KINDS.filter((kind) => TASK[kind] === task),
  })
  return { status: 200, body: listOut(page, { idOf: ({ id }) => id, out: taskOut }) }
}

/** A task that was cancelled is finished for Svix's clients, and none fails: what is in its way holds it up. */
const STATES = { running: ['running'], finished: ['finished', 'cancelled'], failed: [] } as const

function get({ context, events }: Call): Answer {
  const task = events.tasks.find(context.req.param('task') ?? '')
  if (task === null) throw notFound()
  return { status: 200, body: taskOut(task) }
}

const USAGE = z.object({ since: INSTANT, until: INSTANT, appIds: z.array(z.string().max(256)).max(10_000).nullish() })

async function countDeliveries({ events, body }: Call): Promise<Answer> {
  const { since, until, appIds } = checkBody(USAGE, body)
  const asked = appIds?.map((ref) => ({ ref, app: events.apps.find(ref) }))
  const apps = asked?.flatMap(({ app }) => app?.id ?? []) ?? null
  const task = await events.summaries.countDeliveries(apps, { since, until })
  const unresolvedAppIds = asked?.flatMap(({ ref, app }) => (app === null ? [ref] : [])) ?? []
  return { status: 202, body: { ...taskOut(task), unresolvedAppIds } }
}

async function collectEventTypes({ events }: Call): Promise<Answer> {
  return { status: 202, body: taskOut(await events.summaries.collectEventTypes()) }
}

export function taskOut(task: Task): object {
  const { id, kind, state, changedAt } = task
  const status = state === 'running' ? 'running' : 'finished'
  return { id, status, task: TASK[kind], data: dataOf(task), updatedAt: dateOf(changedAt) }
}

function dataOf({ kind, done, found }: Task): object {
  const rows = found ?? []
  switch (kind) {
    case 'app_stats':
      return { appStats: (rows as readonly AppDeliveries[]).map(usageOut) }
    case 'event_types':
      return { event_types: (rows as readonly AppEventTypes[]).map(askedOut) }
    case 'recover':
    case 'replay':
    case 'bulk':
      return { messagesSent: done }
  }
}

const usageOut = ({ app, uid, deliveries }: AppDeliveries): object => ({
  messageDestinations: deliveries,
  appId: app,
  appUid: uid,
})

const askedOut = ({ app, eventTypes, wantsAll }: AppEventTypes): object => ({
  appId: app,
  explicitlySubscribedEventTypes: eventTypes,
  hasCatchAllEndpoint: wantsAll,
})
