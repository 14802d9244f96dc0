import { z } from 'zod'
import type { Endpoint, EndpointIn } from '../../events/events.ts'
import { sharedSecret } from '../../profile/profile.ts'
import { uidKept, uidOfPath } from './applications.ts'
import { Failure, invalid } from './failure.ts'
import { METADATA, TEXT, THROTTLE, UID, dateOf, ownMetadata } from './fields.ts'
import { FLAG, PAGING, listOut, pageQuery } from './paging.ts'
import { checkBody, checkValue, readQuery } from './read-request.ts'
import type { Answer, Call, Route } from './route.ts'

const NAMES = z.array(z.string().min(1).max(258)).min(1).max(1000)
const CHANNELS = z
  .array(
    z.string().regex(/^[a-zA-Z0-9\-_.]{1,128}$/, 'expected 1 to 128 letters, digits and - _ ., got something else'),
  )
  .min(1, 'Channels must have at least 1 and at most 10 items, or be set to null.')
  .max(10, 'Channels must have at least 1 and at most 10 items, or be set to null.')
const HEADERS = z.record(z.string().min(1).max(256), z.string().max(4096))

/** `filterTypes` and `rateLimit` are what clients of the first major say; `filter` is hookcast's own. */
const ENDPOINT_UPDATE = z.object({
  url: z.string().min(1).max(65_536),
  uid: UID.nullish(),
  description: TEXT.default(''),
  disabled: z.boolean().default(false),
  eventTypes: NAMES.nullish(),
  filterTypes: NAMES.nullish(),
  channels: CHANNELS.nullish(),
  filter: z.record(z.string(), z.unknown()).nullish(),
  throttleRate: THROTTLE.nullish(),
  rateLimit: THROTTLE.nullish(),
  metadata: METADATA.default({}),
})
const ENDPOINT_IN = ENDPOINT_UPDATE.extend({ secret: z.string().max(8192).nullish(), headers: HEADERS.nullish() })
const ENDPOINT_PATCH = ENDPOINT_UPDATE.extend({
  url: ENDPOINT_UPDATE.shape.url.optional(),
  description: TEXT.optional(),
  disabled: z.boolean().optional(),
  metadata: METADATA.optional(),
})

const PATH = '/app/:app/endpoint/:endpoint'

export const endpoints: readonly Route[] = [
  { method: 'get', path: '/app/:app/endpoint', access: 'app', handle: list },
  { method: 'post', path: '/app/:app/endpoint', access: 'app', capability: 'ManageEndpoint', handle: create },
  { method: 'get', path: PATH, access: 'app', handle: (call) => answer(call, call.endpoint) },
  { method: 'put', path: PATH, access: 'app', capability: 'ManageEndpoint', handle: replace },
  { method: 'patch', path: PATH, access: 'app', capability: 'ManageEndpoint', handle: change },
  { method: 'delete', path: PATH, access: 'app', capability: 'ManageEndpoint', handle: remove },
  { method: 'get', path: `${PATH}/secret`, access: 'app', capability: 'ViewEndpointSecret', handle: secret },
  { method: 'post', path: `${PATH}/secret/rotate`, access: 'app', capability: 'ManageEndpointSecret', handle: rotate },
  { method: 'get', path: `${PATH}/headers`, access: 'app', handle: headers },
  { method: 'put', path: `${PATH}/headers`, access: 'app', capability: 'ManageEndpoint', handle: setHeaders },
  { method: 'patch', path: `${PATH}/headers`, access: 'app', capability: 'ManageEndpoint', handle: patchHeaders },
]

function list(call: Call): Answer {
  const page = call.events.endpoints.list(call.app, pageQuery(readQuery(z.object(PAGING), call.context), 'descending'))
  const out = (endpoint: Endpoint): object => endpointOut(call, endpoint)
  return { status: 200, body: listOut(page, { idOf: ({ id }) => id, out }) }
}

async function create(call: Call): Promise<Answer> {
  const { app, events, body } = call
  const input = checkBody(ENDPOINT_IN, body)
  refuseUnmanaged(call, null)
  const { secret = null, headers, disabled } = input
  const metadata = ownMetadata(call, input.metadata, {})
  const fields = { ...endpointIn(input), headers: headers ?? {}, metadata }
  const endpoint = await events.endpoints.create(app, fields, { secret, isDisabled: disabled })
  return answer(call, endpoint, 201)
}

async function replace(call: Call): Promise<Answer> {
  const { app, events } = call
  const known = events.endpoints.find(app, call.param('endpoint'))
  if (known === null) return await createNamed(call)
  refuseUnmanaged(call, known)
  const input = checkBody(ENDPOINT_UPDATE, call.body)
  const metadata = ownMetadata(call, input.metadata, known.metadata)
  const uid = input.uid === undefined ? uidKept(call.param('endpoint'), known) : input.uid
  const endpoint = await events.endpoints.update(app, known.id, { ...endpointIn(input), uid, metadata })
  return answer(call, await setDisabled(call, endpoint, input.disabled))
}

async function createNamed(call: Call): Promise<Answer> {
  const input = checkBody(ENDPOINT_IN, call.body)
  refuseUnmanaged(call, null)
  const { secret = null, headers, disabled } = input
  const metadata = ownMetadata(call, input.metadata, {})
  const uid = uidOfPath(call.param('endpoint'), input.uid ?? null)
  const fields = { ...endpointIn(input), uid, headers: headers ?? {}, metadata }
  return answer(call, await call.events.endpoints.create(call.app, fields, { secret, isDisabled: disabled }), 201)
}

async function change(call: Call): Promise<Answer> {
  const { app, events, endpoint: known } = call
  refuseUnmanaged(call, known)
  const { filterTypes, rateLimit, disabled, ...patch } = checkBody(ENDPOINT_PATCH, call.body)
  const eventTypes = patch.eventTypes === undefined ? filterTypes : patch.eventTypes
  const throttleRate = patch.throttleRate === undefined ? rateLimit : patch.throttleRate
  const metadata = patch.metadata === undefined ? undefined : ownMetadata(call, patch.metadata, known.metadata)
  const changes = Object.entries({ ...patch, eventTypes, throttleRate, metadata }).filter(
    ([, value]) => value !== undefined,
  )
  const endpoint = await events.endpoints.update(app, known.id, Object.fromEntries(changes))
  return answer(call, disabled === undefined ? endpoint : await setDisabled(call, endpoint, disabled))
}

const REMOVAL = z.object({ force: FLAG.default(false) })

/** What is kept for an endpoint goes with it, and only if that is meant. */
async function remove(call: Call): Promise<Answer> {
  const { app, endpoint, events, context } = call
  refuseUnmanaged(call, endpoint)
  const { force } = readQuery(REMOVAL, context)
  const kept = force ? 0 : events.keptFor(endpoint)
  if (kept > 0) {
    const detail = `${kept} messages are kept for this endpoint and would go with it: add force=true if they may`
    throw new Failure(409, { code: 'messages_kept', detail })
  }
  await events.endpoints.remove(app, endpoint.id)
  return { status: 204, body: null }
}

async function secret({ events, endpoint, caller, doors }: Call): Promise<Answer> {
  await doors.audit.record(caller, 'secret.revealed', { subject: endpoint.id })
  const key = sharedSecret(events.endpoints.profileOf(endpoint), events.secrets.current(endpoint))
  return { status: 200, body: { key } }
}

const LONGEST_GRACE_S = 7 * 86_400
const ROTATION = z.object({
  key: z.string().max(8192).nullish(),
  gracePeriodSeconds: z.number().int().min(0).max(LONGEST_GRACE_S).nullish(),
})

async function rotate(call: Call): Promise<Answer> {
  const { endpoint, events, body } = call
  refuseUnmanaged(call, endpoint)
  const { key = null, gracePeriodSeconds } = checkBody(ROTATION, body)
  const overlapMs = gracePeriodSeconds == null ? null : gracePeriodSeconds * 1000
  await events.secrets.rotate(endpoint, { secret: key, overlapMs, profile: events.endpoints.profileOf(endpoint) })
  return { status: 204, body: null }
}

/** Values of such headers are shown to nobody. */
const SENSITIVE = /^(?:authorization|proxy-authorization|cookie|x-.*(?:auth|key|secret|token).*)$/i

function headers({ endpoint }: Call): Answer {
  const entries = Object.entries(endpoint.headers)
  const shown = Object.fromEntries(entries.filter(([name]) => !SENSITIVE.test(name)))
  const sensitive = entries.flatMap(([name]) => (SENSITIVE.test(name) ? [name] : []))
  return { status: 200, body: { headers: shown, sensitive } }
}

async function setHeaders(call: Call): Promise<Answer> {
  const { endpoint, events, app, body } = call
  refuseUnmanaged(call, endpoint)
  const { headers } = checkBody(z.object({ headers: HEADERS }), body)
  await events.endpoints.update(app, endpoint.id, { headers })
  return { status: 204, body: null }
}

const HEADERS_PATCH = z.object({
  headers: z.record(z.string().min(1).max(256), z.string().max(4096).nullable()),
  deleteHeaders: z.array(z.string()).optional(),
})

async function patchHeaders(call: Call): Promise<Answer> {
  const { endpoint, events, app, body } = call
  refuseUnmanaged(call, endpoint)
  const { headers, deleteHeaders = [] } = checkBody(HEADERS_PATCH, body)
  const removed = new Set([
    ...deleteHeaders.map((name) => name.toLowerCase()),
    ...Object.keys(headers).map((name) => name.toLowerCase()),
  ])
  const kept = Object.entries(endpoint.headers).filter(([name]) => !removed.has(name.toLowerCase()))
  const added = Object.entries(headers).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  await events.endpoints.update(app, endpoint.id, { headers: Object.fromEntries([...kept, ...added]) })
  return { status: 204, body: null }
}

/** @throws {Failure} 403, where the profile leaves endpoints to those who run the instance. */
function refuseUnmanaged(call: Call, endpoint: Endpoint | null): void {
  if (call.isAdmin) return
  const { endpoints } = call.events
  const profile = endpoint === null ? endpoints.profileOfApp(call.app) : endpoints.profileOf(endpoint)
  if (profile.managedBy === 'app') return
  const detail = `Endpoints of the profile ${profile.name} are managed by administrators.`
  throw new Failure(403, { code: 'insufficient access', detail })
}

async function setDisabled({ events }: Call, endpoint: Endpoint, isDisabled: boolean): Promise<Endpoint> {
  if ((endpoint.state === 'disabled') === isDisabled) return endpoint
  return (await events.endpoints.happen(endpoint.key, { kind: isDisabled ? 'disable' : 'enable' })) ?? endpoint
}

export type EndpointFields = Omit<EndpointIn, 'headers' | 'metadata'>

/** What is said of an endpoint, checked as this API checks it. @throws {Failure} 422 */
export function endpointFields(said: Readonly<Record<string, unknown>>): EndpointFields {
  return endpointIn(checkValue(ENDPOINT_UPDATE, { value: said, place: 'body' }))
}

function endpointIn(input: z.infer<typeof ENDPOINT_UPDATE>): EndpointFields {
  const { url, uid = null, description, eventTypes, filterTypes, channels = null, filter = null } = input
  if (eventTypes != null && filterTypes != null) {
    throw invalid(['body', 'filterTypes'], 'expected `filterTypes` to be left out beside `eventTypes`, got both')
  }
  const throttleRate = input.throttleRate ?? input.rateLimit ?? null
  return { url, uid, description, eventTypes: eventTypes ?? filterTypes ?? null, channels, filter, throttleRate }
}

function answer(
  call: Call,
  endpoint: Endpoint,
  status: 200 | 201 = 200,
): { readonly status: 200 | 201; readonly body: object } {
  return { status, body: endpointOut(call, endpoint) }
}

/** Both majors' names for the same; `filter`, `profile` and `state` are hookcast's own. */
export function endpointOut({ events }: Pick<Call, 'events'>, endpoint: Endpoint): object {
  const { id, uid, url, description, eventTypes, channels, filter, throttleRate, metadata, state } = endpoint
  return {
    id,
    uid,
    url,
    description,
    disabled: state === 'disabled',
    eventTypes,
    filterTypes: eventTypes,
    channels,
    throttleRate,
    rateLimit: throttleRate,
    version: 1,
    metadata,
    createdAt: dateOf(endpoint.madeAt),
    updatedAt: dateOf(endpoint.changedAt),
    filter,
    profile: events.endpoints.profileOf(endpoint).name,
    state,
  }
}
