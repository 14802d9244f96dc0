import { z } from 'zod'
import type { App, AppIn } from '../../events/events.ts'
import { METADATA, TEXT, THROTTLE, UID, dateOf } from './fields.ts'
import { Failure, notFound } from './failure.ts'
import { FLAG, PAGING, listOut, pageQuery } from './paging.ts'
import { checkBody, readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const NAME = TEXT.min(1, 'Application names must be at least one character')

/** `rateLimit` is what clients of the first major call `throttleRate`. */
export const APPLICATION_IN = z.object({
  name: NAME,
  uid: UID.nullish(),
  throttleRate: THROTTLE.nullish(),
  rateLimit: THROTTLE.nullish(),
  metadata: METADATA.default({}),
})
const APPLICATION_PATCH = APPLICATION_IN.extend({ name: NAME.optional(), metadata: METADATA.optional() })

export const applications: readonly Route[] = [
  { method: 'get', path: '/app', access: 'admin', handle: list },
  { method: 'post', path: '/app', access: 'admin', handle: create },
  {
    method: 'get',
    path: '/app/:app',
    access: 'app',
    handle: ({ app }) => ({ status: 200, body: applicationOut(app) }),
  },
  { method: 'put', path: '/app/:app', access: 'admin', handle: replace },
  { method: 'patch', path: '/app/:app', access: 'admin', handle: change },
  { method: 'delete', path: '/app/:app', access: 'admin', handle: remove },
]

function list({ context, events }: Call): Answer {
  const page = events.apps.list(pageQuery(readQuery(z.object(PAGING), context), 'ascending'))
  return { status: 200, body: listOut(page, { idOf: ({ id }) => id, out: applicationOut }) }
}

/** With `get_if_exists` the app of that uid, if there is one: the clients' `getOrCreate`. */
async function create({ context, events, body }: Call): Promise<Answer> {
  const { get_if_exists: mayExist } = readQuery(z.object({ get_if_exists: FLAG.default(false) }), context)
  const input = applicationIn(checkBody(APPLICATION_IN, body))
  const known = input.uid === null ? null : events.apps.find(input.uid)
  if (known !== null && mayExist) return { status: 200, body: applicationOut(known) }
  return { status: 201, body: applicationOut(await events.apps.create(input)) }
}

async function replace(call: Call): Promise<Answer> {
  const { events, body } = call
  const asked = checkBody(APPLICATION_IN, body)
  const input = applicationIn(asked)
  const known = call.findApp()
  if (known !== null) {
    const uid = asked.uid === undefined ? uidKept(call.param('app'), known) : input.uid
    return { status: 200, body: applicationOut(await events.apps.update(known.id, { ...input, uid })) }
  }
  const uid = uidOfPath(call.param('app'), input.uid)
  return { status: 201, body: applicationOut(await events.apps.create({ ...input, uid })) }
}

async function change({ app, events, body }: Call): Promise<Answer> {
  const { rateLimit, ...patch } = checkBody(APPLICATION_PATCH, body)
  const throttleRate = patch.throttleRate === undefined ? rateLimit : patch.throttleRate
  const changes = Object.entries({ ...patch, throttleRate }).filter(([, value]) => value !== undefined)
  return { status: 200, body: applicationOut(await events.apps.update(app.id, Object.fromEntries(changes))) }
}

async function remove({ app, events }: Call): Promise<Answer> {
  await events.removeApp(app.id)
  return { status: 204, body: null }
}

function applicationIn(input: z.infer<typeof APPLICATION_IN>): AppIn {
  const { name, uid = null, throttleRate, rateLimit, metadata } = input
  return { name, uid, throttleRate: throttleRate ?? rateLimit ?? null, metadata }
}

/** The app of the path, made as described when there is none. @throws {Failure} 404, 422 */
export async function ensureApp(call: Call, application: z.infer<typeof APPLICATION_IN> | null): Promise<App> {
  const known = call.findApp()
  if (known !== null) return known
  if (application === null) throw notFound()
  const input = applicationIn(application)
  return await call.events.apps.create({ ...input, uid: uidOfPath(call.param('app'), input.uid) })
}

/** What is put under its uid again keeps it, also when the body does not repeat it. */
export function uidKept(ref: string, { uid }: { readonly uid: string | null }): string | null {
  return ref === uid ? uid : null
}

/** What is made under a path has the path's name. @throws {Failure} 422 */
export function uidOfPath(name: string, uid: string | null): string {
  if (UID.safeParse(name).success && !/^(app|ep)_[0-9A-Za-z]{27}$/.test(name) && (uid === null || uid === name)) {
    return name
  }
  const mistake = {
    loc: ['body', 'uid'],
    msg: 'expected the uid to be the one in the path, got another',
    type: 'value_error',
  }
  throw new Failure(422, { code: 'validation', detail: [mistake] })
}

function applicationOut({ id, uid, name, throttleRate, metadata, madeAt, changedAt }: App): object {
  return {
    id,
    uid,
    name,
    throttleRate,
    rateLimit: throttleRate,
    metadata,
    createdAt: dateOf(madeAt),
    updatedAt: dateOf(changedAt),
  }
}
