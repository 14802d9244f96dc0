import { EventsError, type Endpoint, type Events, type EventType } from '../../events/events.ts'
import { endpointFields, Failure, type EndpointFields } from '../../event-api/event-api.ts'
import { ApiError } from '../../errors.ts'
import { portalWords } from './words.ts'

/** An endpoint as the form has it: texts, as somebody has typed them. */
export interface EndpointValues {
  readonly url: string
  readonly description: string
  readonly isForAll: boolean
  /** Names of the catalogue. */
  readonly types: ReadonlySet<string>
  /** Names that the catalogue does not have, and beginnings of names. */
  readonly others: string
  readonly channels: string
  readonly filter: string
  readonly throttle: string
  /** Of a new one: what its owner wants it to be. */
  readonly secret: string
}

const MOST_OFFERED = 1000

/** The event types that can be chosen. */
export function offeredTypes({ eventTypes }: Events): readonly EventType[] {
  return eventTypes.list({ limit: MOST_OFFERED, cursor: null, order: 'ascending' }, { withArchived: false }).rows
}

export const NEW_ENDPOINT: EndpointValues = {
  url: '',
  description: '',
  isForAll: true,
  types: new Set(),
  others: '',
  channels: '',
  filter: '',
  throttle: '',
  secret: '',
}

export function valuesOf(endpoint: Endpoint, offered: readonly EventType[]): EndpointValues {
  const { url, description, eventTypes, channels, filter, throttleRate } = endpoint
  const known = new Set(offered.map(({ name }) => name))
  const asked = eventTypes ?? []
  return {
    url,
    description,
    isForAll: eventTypes === null,
    types: new Set(asked.filter((name) => known.has(name))),
    others: asked.filter((name) => !known.has(name)).join(', '),
    channels: (channels ?? []).join(', '),
    filter: filter === null ? '' : JSON.stringify(filter),
    throttle: throttleRate === null ? '' : String(throttleRate),
    secret: '',
  }
}

export function valuesFrom(form: URLSearchParams): EndpointValues {
  const text = (name: string): string => form.get(name)?.trim() ?? ''
  return {
    url: text('url'),
    description: text('description'),
    isForAll: text('hears') === 'all',
    types: new Set(form.getAll('type')),
    others: text('others'),
    channels: text('channels'),
    filter: text('filter'),
    throttle: text('throttle'),
    secret: text('secret'),
  }
}

/** @throws {ApiError} 422, in words for whoever has filled the form. */
export function fieldsFrom(values: EndpointValues): EndpointFields {
  const { url, description, isForAll, types, others, channels, filter, throttle } = values
  const names = [...types, ...listFrom(others)]
  if (!isForAll && names.length === 0) throw invalid(portalWords.form.noTypes)
  try {
    return endpointFields({
      url,
      description,
      eventTypes: isForAll ? null : names,
      channels: channels === '' ? null : listFrom(channels),
      filter: filter === '' ? null : jsonFrom(filter),
      throttleRate: throttle === '' ? null : Number(throttle),
    })
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw invalid(error.mistakes.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join('\n'))
  }
}

/** What a form is told of instead of the page that it would have led to; null for what is no matter of its fields. */
export function problemOfForm(error: unknown): string | null {
  return error instanceof ApiError || error instanceof EventsError ? error.message : null
}

function invalid(message: string): ApiError {
  return new ApiError('HOOKCAST_API_REQUEST', message, { status: 422 })
}

function listFrom(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((name) => name !== '')
}

function jsonFrom(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw invalid(portalWords.form.badFilter)
  }
}
