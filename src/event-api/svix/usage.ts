import type { Answer, Call, Route } from './route.ts'

/** hookcast's own: what an app takes of its ceilings (`events.per_app`). */
export const usage: readonly Route[] = [{ method: 'get', path: '/app/:app/usage', access: 'app', handle: get }]

function get({ app, events }: Call): Answer {
  const { backlog, bytes } = events.ceilings.usageOf(app)
  const { most } = events.ceilings
  return {
    status: 200,
    body: {
      messagesPerSecond: { most: most.perSecond },
      backlog: { now: backlog, most: most.backlog },
      bytes: { now: bytes, most: most.bytes },
    },
  }
}
