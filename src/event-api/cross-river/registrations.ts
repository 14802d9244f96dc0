import { z } from 'zod'
import { FORMAT_KEY, TYPE_KEY, type App, type Endpoint } from '../../events/events.ts'
import {
  checkBody,
  dateOf,
  Failure,
  FLAG,
  invalid,
  notFound,
  readQuery,
  type Answer,
  type Call,
  type Route,
} from '../svix/svix.ts'
import { eventOut } from './events.ts'
import { partnerFrom, partnerIdOf, partnersFrom } from './partner.ts'

const PATH = '/webhooks/v1/registrations'
const CREDENTIAL = z.string().min(1).max(255)

const NAME = z
  .string()
  .regex(
    /^[a-zA-Z0-9\-_.]{1,256}$/,
    'expected `eventName` to be 1 to 256 letters, digits and - _ ., got something else',
  )

const CHANGE = z.object({
  callbackUrl: z.string().max(65_536).nullish(),
  authUsername: CREDENTIAL.regex(/^[^:]*$/, 'expected `authUsername` to be without a colon, got one').nullish(),
  authPassword: CREDENTIAL.nullish(),
  type: z.enum(['Push', 'Poll']).nullish(),
  format: z.enum(['Basic', 'Extended']).nullish(),
})
const NEW = CHANGE.extend({ partnerId: z.string().nullish(), eventName: NAME })
const LISTED = z.object({
  partnerId: z.string().optional(),
  eventName: z.string().optional(),
  callbackUrl: z.string().optional(),
  status: z.enum(['Active', 'Suspended', 'Restarting', 'Disabled']).optional(),
})

const REMOVAL = z.object({ force: FLAG.default(false) })

const managed = { access: 'app', capability: 'ManageEndpoint' } as const

export const registrations: readonly Route[] = [
  { method: 'get', path: PATH, access: 'app', handle: list },
  { method: 'post', path: PATH, ...managed, handle: create },
  { method: 'get', path: `${PATH}/:registration`, access: 'app', handle: (call) => answer(call, ...found(call)) },
  { method: 'put', path: `${PATH}/:registration`, ...managed, handle: change },
  { method: 'delete', path: `${PATH}/:registration`, ...managed, handle: remove },
  {
    method: 'put',
    path: `${PATH}/:registration/restart`,
    access: 'app',
    capability: 'CreateAttempts',
    handle: restart,
  },
  { method: 'put', path: `${PATH}/:registration/ping`, access: 'app', capability: 'CreateAttempts', handle: ping },
]

function list(call: Call): Answer {
  const { partnerId = null, ...asked } = readQuery(LISTED, call.context)
  const all = partnersFrom(call, partnerId).flatMap((app) =>
    call.events.endpoints.ofApp(app).map((endpoint) => registrationOut(call, app, endpoint)),
  )
  const isAskedFor = (one: RegistrationOut): boolean =>
    (asked.eventName ?? one.eventName) === one.eventName &&
    (asked.callbackUrl ?? one.callbackUrl) === one.callbackUrl &&
    (asked.status ?? one.status) === one.status
  return { status: 200, body: { results: all.filter(isAskedFor) } }
}

async function create(call: Call): Promise<Answer> {
  const { partnerId = null, eventName, callbackUrl, type, format, ...credentials } = checkBody(NEW, call.body)
  const app = partnerFrom(call, partnerId)
  const { endpoints } = call.events
  const [isPolled, secret] = [type === 'Poll', secretFrom(credentials)]
  if (!isPolled && callbackUrl == null) {
    throw invalid(['body', 'callbackUrl'], 'expected `callbackUrl` to be where events are pushed to, got nothing')
  }
  if (endpoints.ofApp(app).some(({ eventTypes }) => eventTypes?.includes(eventName))) {
    const detail = `There is a registration for ${eventName}: an event type has one; change that, or delete it`
    throw new Failure(409, { code: 'conflict', detail })
  }
  const input = {
    url: isPolled ? '' : (callbackUrl ?? ''),
    uid: null,
    description: '',
    eventTypes: [eventName],
    channels: null,
    filter: null,
    headers: {},
    metadata: metadataFrom({ isPolled, isExtended: format === 'Extended' }),
    throttleRate: null,
  }
  return { status: 201, body: registrationOut(call, app, await endpoints.create(app, input, { secret })) }
}

/** What is left out stays as it is. */
async function change(call: Call): Promise<Answer> {
  const [app, known] = found(call)
  const { callbackUrl, type, format, ...credentials } = checkBody(CHANGE, call.body)
  const { endpoints, secrets } = call.events
  const secret = secretFrom(credentials)
  const { gathering, isPolled: wasPolled } = endpoints.profileOf(known)
  const isPolled = type == null ? wasPolled : type === 'Poll'
  const isExtended = format == null ? gathering?.isExtended === true : format === 'Extended'
  const metadata = { ...known.metadata, ...metadataFrom({ isPolled, isExtended }) }
  const endpoint = await endpoints.update(app, known.id, { url: isPolled ? '' : (callbackUrl ?? known.url), metadata })
  if (secret !== null) await secrets.rotate(endpoint, { secret, overlapMs: 0, profile: endpoints.profileOf(endpoint) })
  return answer(call, app, endpoint)
}

/** What is kept goes with it, and only if that is meant. */
async function remove(call: Call): Promise<Answer> {
  const [app, endpoint] = found(call)
  const { force } = readQuery(REMOVAL, call.context)
  const kept = force ? 0 : call.events.keptFor(endpoint)
  if (kept > 0) {
    const detail = `${kept} events are kept for this registration and would go with it: add force=true if they may`
    throw new Failure(409, { code: 'messages_kept', detail })
  }
  await call.events.endpoints.remove(app, endpoint.id)
  return { status: 204, body: null }
}

async function restart(call: Call): Promise<Answer> {
  const [app, known] = found(call)
  if (known.state !== 'suspended') {
    throw new Failure(409, { code: 'conflict', detail: 'Only a suspended registration is restarted' })
  }
  const endpoint = await call.events.endpoints.happen(known.key, { kind: 'restart' })
  return answer(call, app, endpoint ?? known)
}

/** A simulated event: empty resources, `isPing`. */
async function ping(call: Call): Promise<Answer> {
  const [app, endpoint] = found(call)
  const { events } = call
  if (endpoint.state !== 'active') {
    throw new Failure(409, {
      code: 'conflict',
      detail: 'Nothing is sent to a registration that is not active: restart it',
    })
  }
  const message = await events.sendTest({ app, endpoint }, { eventType: endpoint.eventTypes?.[0] ?? 'ping' })
  return { status: 200, body: await eventOut(call, events.objects.get(app, message.id)) }
}

/** @throws {Failure} 404, also for another app's. */
function found(call: Call): readonly [App, Endpoint] {
  for (const app of partnersFrom(call, null)) {
    const endpoint = call.events.endpoints.find(app, call.param('registration'))
    if (endpoint !== null) return [app, endpoint]
  }
  throw notFound()
}

function metadataFrom({
  isPolled,
  isExtended,
}: {
  readonly isPolled: boolean
  readonly isExtended: boolean
}): Endpoint['metadata'] {
  return { [FORMAT_KEY]: isExtended ? 'extended' : 'basic', [TYPE_KEY]: isPolled ? 'poll' : 'push' }
}

/** Null when there are none: they are made up then, or stay. */
function secretFrom({
  authUsername,
  authPassword,
}: Pick<z.infer<typeof CHANGE>, 'authUsername' | 'authPassword'>): string | null {
  if (authUsername == null && authPassword == null) return null
  if (authUsername != null && authPassword != null) return `${authUsername}:${authPassword}`
  const msg = 'expected `authUsername` and `authPassword` to come together, got one of them'
  throw new Failure(422, { code: 'validation', detail: [{ loc: ['body'], msg, type: 'value_error' }] })
}

const STATUS = { active: 'Active', suspended: 'Suspended', restarting: 'Restarting', disabled: 'Disabled' } as const

function answer(call: Call, app: App, endpoint: Endpoint): Answer {
  return { status: 200, body: registrationOut(call, app, endpoint) }
}

interface RegistrationOut {
  readonly id: string
  readonly partnerId: string
  readonly eventName: string | null
  readonly callbackUrl: string | null
  readonly authUsername: string
  readonly type: 'Push' | 'Poll'
  readonly format: 'Basic' | 'Extended'
  readonly status: (typeof STATUS)[Endpoint['state']]
  readonly createdAt: string
  readonly lastModifiedAt: string
}

/** The password is shown to nobody. */
function registrationOut({ events }: Call, app: App, endpoint: Endpoint): RegistrationOut {
  const { id, eventTypes, url, state, madeAt, changedAt } = endpoint
  const { gathering, isPolled } = events.endpoints.profileOf(endpoint)
  return {
    id,
    partnerId: partnerIdOf(app),
    eventName: eventTypes?.[0] ?? null,
    callbackUrl: isPolled ? null : url,
    authUsername: events.secrets.current(endpoint).split(':', 1)[0]!,
    type: isPolled ? 'Poll' : 'Push',
    format: gathering?.isExtended === true ? 'Extended' : 'Basic',
    status: STATUS[state],
    createdAt: dateOf(madeAt),
    lastModifiedAt: dateOf(changedAt),
  }
}
