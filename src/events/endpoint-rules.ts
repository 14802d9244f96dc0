import { parseDurationMs } from '../campaign/unit.ts'
import type { Profile } from '../profile/profile.ts'
import { checkEndpointUrl, checkHeader, type EventNetwork } from '../request/request.ts'
import type { App } from './apps.ts'
import type { AppCeilings } from './ceilings.ts'
import type { EndpointIn } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import type { KeepingRules } from './keeping.ts'
import { checkFilter } from './payload-filter.ts'

/** What hookcast.yaml says about event webhooks, with every default filled in. */
export interface EventRules {
  readonly network: EventNetwork
  readonly profiles: Readonly<Record<string, Profile>>
  /** The profile of apps and endpoints that name none. */
  readonly defaultProfile: string
  /** Waits before the second attempt and those after it, in place of the profile's; null for those. */
  readonly delaysMs: readonly number[] | null
  readonly keeping: KeepingRules
  readonly ceilings: AppCeilings
}

/** What an app or an endpoint is told by under Svix's API, which has no fields for it. */
const PROFILE_KEY = 'hookcast.profile'
const ON_FAILURE_KEY = 'hookcast.on_failure'
/** Waits before the second attempt and those after it, as `5s, 5m, 2h`; `none` for one attempt. */
const RETRY_KEY = 'hookcast.retry'
/** Of endpoints whose profile gathers: `extended` for details with each resource; `poll` for one that fetches. */
export const FORMAT_KEY = 'hookcast.format'
export const TYPE_KEY = 'hookcast.type'

const DISABLE: Profile['life'] = { kind: 'disable', afterMs: 5 * 86_400_000, spreadMs: 12 * 3_600_000 }
const MOST_CHANNELS = 10

/** Gives the profile of an endpoint: its own, else its app's, else the instance's; with what is said of failures. */
export function profileOf(
  app: Pick<App, 'metadata'>,
  endpoint: Pick<EndpointIn, 'metadata'> | null,
  rules: EventRules,
): Profile {
  const said = (key: string): string | undefined => endpoint?.metadata[key] ?? app.metadata[key]
  const profile = rules.profiles[said(PROFILE_KEY) ?? rules.defaultProfile]
  if (profile === undefined) {
    const known = Object.keys(rules.profiles).join(', ')
    throw new EventsError('invalid', `expected \`metadata["${PROFILE_KEY}"]\` to be one of ${known}, got another name`)
  }
  const own = said(RETRY_KEY)
  const delaysMs = own === undefined ? rules.delaysMs : delaysFrom(own)
  const retry = delaysMs === null ? profile.retry : { ...profile.retry, delaysMs }
  const life = lifeFrom(said(ON_FAILURE_KEY), profile)
  const { gathering } = profile
  if (gathering === null) return { ...profile, retry, life }
  const isExtended = isChosen(FORMAT_KEY, said(FORMAT_KEY), ['basic', 'extended'])
  const isPolled = isChosen(TYPE_KEY, said(TYPE_KEY), ['push', 'poll'])
  return { ...profile, retry, life, gathering: { ...gathering, isExtended }, isPolled }
}

/** Whether the second of two words was said; the first is meant where none was. */
function isChosen(key: string, said: string | undefined, [usual, other]: readonly [string, string]): boolean {
  if (said === undefined || said === usual || said === other) return said === other
  throw new EventsError('invalid', `expected \`metadata["${key}"]\` to be ${usual} or ${other}, got another word`)
}

const MOST_WAITS = 50
const LONGEST_WAIT_MS = 7 * 86_400_000

function delaysFrom(said: string): readonly number[] {
  const waits = said === 'none' ? [] : said.split(',').map((wait) => parseDurationMs(wait.trim()))
  const known = waits.filter((ms) => ms !== null && ms <= LONGEST_WAIT_MS) as readonly number[]
  if (known.length === waits.length && waits.length <= MOST_WAITS) return known
  throw new EventsError(
    'invalid',
    `expected \`metadata["${RETRY_KEY}"]\` to be at most ${MOST_WAITS} waits of at most 7d, such as 5s, 5m, 2h, or none, got something else`,
  )
}

function lifeFrom(said: string | undefined, profile: Profile): Profile['life'] {
  switch (said) {
    case undefined:
      return profile.life
    case 'disable':
      return profile.life.kind === 'disable' ? profile.life : DISABLE
    case 'suspend':
      return { kind: 'suspend' }
    case 'keep':
      return { kind: 'keep' }
    default:
      throw new EventsError(
        'invalid',
        `expected \`metadata["${ON_FAILURE_KEY}"]\` to be keep, disable or suspend, got another word`,
      )
  }
}

/** @throws {EventsError} invalid, in words for whoever registers the endpoint. */
export function checkEndpoint(endpoint: EndpointIn, profile: Profile, { network }: EventRules): void {
  const problem =
    (profile.isPolled ? null : checkEndpointUrl(endpoint.url, network)) ??
    headerProblem(endpoint.headers) ??
    (endpoint.filter === null ? null : checkFilter(endpoint.filter)) ??
    listProblem(endpoint, profile)
  if (problem !== null) throw new EventsError('invalid', problem)
}

/** What proves a message is ours alone to say. */
const OURS = /^(?:svix|webhook|x-hookcast)-/i

const MOST_HEADERS = 50
/** Servers take 8 KiB or 16 KiB of headers at most. */
const MOST_HEADER_BYTES = 8192

function headerProblem(headers: EndpointIn['headers']): string | null {
  const entries = Object.entries(headers)
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
  if (entries.length > MOST_HEADERS || bytes > MOST_HEADER_BYTES) {
    return `expected \`headers\` to be at most ${MOST_HEADERS} of ${MOST_HEADER_BYTES} characters together, got more`
  }
  for (const [name, value] of entries) {
    const problem = OURS.test(name) ? `expected no header \`${name}\`: it is set by hookcast` : checkHeader(name, value)
    if (problem !== null) return problem
  }
  return null
}

function listProblem({ eventTypes, channels }: EndpointIn, { limits }: Profile): string | null {
  if (eventTypes?.length === 0) return 'expected `eventTypes` to name an event type, or to be left out, got none'
  if (eventTypes !== null && eventTypes.length > (limits.eventTypes ?? Infinity)) {
    return `expected \`eventTypes\` to be at most ${limits.eventTypes}, got ${eventTypes.length}`
  }
  const odd = eventTypes?.find((name) => !EVENT_TYPE_PATTERN.test(name.replace(/\.\*$/, '')))
  if (odd !== undefined) return 'expected `eventTypes` to be names, or beginnings such as `user.*`, got something else'
  if (channels !== null && (channels.length === 0 || channels.length > MOST_CHANNELS)) {
    return `expected \`channels\` to be 1 to ${MOST_CHANNELS}, got ${channels.length}`
  }
  return null
}

/** As Svix has them. */
export const EVENT_TYPE_PATTERN = /^[a-zA-Z0-9\-_.]{1,256}$/
