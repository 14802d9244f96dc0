import { OPERATIONAL_UID } from '../../events/events.ts'
import { endpoints } from './endpoints.ts'
import { listOut } from './paging.ts'
import type { Answer, Call, Route } from './route.ts'

const BASE = '/operational-webhook/endpoint'

/** Where those who run the instance hear what becomes of it: the endpoints of an app that is theirs, made with the first. */
export const operationalWebhooks: readonly Route[] = endpoints
  .filter(({ method }) => method !== 'patch')
  .map(({ method, path, handle }) => ({
    method,
    path: path.replace('/app/:app/endpoint', BASE),
    access: 'admin',
    handle: async (call) => await handleOwn(call, { method, path, handle }),
  }))

async function handleOwn(call: Call, { method, handle }: Pick<Route, 'method' | 'path' | 'handle'>): Promise<Answer> {
  const own = call.within(OPERATIONAL_UID)
  if (own.findApp() === null) {
    if (method === 'get' && call.param('endpoint') === '') return { status: 200, body: listOut(NONE, NOTHING) }
    if (method === 'post' || method === 'put') await call.events.apps.create(OPERATIONAL_APP)
  }
  return await handle(own)
}

const OPERATIONAL_APP = {
  name: 'Operational webhooks',
  uid: OPERATIONAL_UID,
  throttleRate: null,
  metadata: {},
} as const
const NONE = { rows: [], isDone: true, passed: null } as const
const NOTHING = { idOf: String, out: String } as const
