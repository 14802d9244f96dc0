import { EventsError } from '../../../events/events.ts'
import { eventWords } from '../words.ts'
import { sendAgain } from './again.ts'
import { endpointPath, messagePath, type EndpointView, type EventAct } from './view.ts'

/** What a press on a page of an endpoint does. */
export interface EndpointAction {
  /** The last part of its path. */
  readonly name: string
  readonly act: EventAct
  /** Does it, and gives where to go on. */
  readonly perform: (view: EndpointView, field: (name: string) => string | null) => Promise<string>
}

const AGAIN = '#again'

export const endpointActions: readonly EndpointAction[] = [
  { name: 'enable', act: 'manage', perform: async (view) => await happen(view, 'enable') },
  { name: 'disable', act: 'manage', perform: async (view) => await happen(view, 'disable') },
  { name: 'restart', act: 'send', perform: restart },
  { name: 'test', act: 'send', perform: sendTest },
  {
    name: 'recover',
    act: 'send',
    perform: async (view, field) => {
      await sendAgain(view, 'recover', field('since'))
      return endpointPath(view, view.endpoint) + AGAIN
    },
  },
  {
    name: 'replay-missing',
    act: 'send',
    perform: async (view, field) => {
      await sendAgain(view, 'replay', field('since'))
      return endpointPath(view, view.endpoint) + AGAIN
    },
  },
  { name: 'rotate', act: 'rotate', perform: rotate },
]

async function happen(view: EndpointView, kind: 'enable' | 'disable' | 'restart'): Promise<string> {
  const { events, endpoint, note } = view
  await events.endpoints.happen(endpoint.key, { kind })
  await note(`endpoint.${kind === 'restart' ? 'restarted' : `${kind}d`}`, endpoint.id)
  return endpointPath(view, endpoint)
}

/** @throws {EventsError} conflict */
async function restart(view: EndpointView): Promise<string> {
  if (view.endpoint.state !== 'suspended') throw new EventsError('conflict', eventWords.endpoint.notSuspended)
  return await happen(view, 'restart')
}

async function sendTest(view: EndpointView, field: (name: string) => string | null): Promise<string> {
  const { events, app, endpoint, note } = view
  const message = await events.sendTest({ app, endpoint }, { eventType: field('event_type') ?? 'test' })
  await note('endpoint.tested', endpoint.id, { message: message.id })
  return messagePath(view, message)
}

async function rotate(view: EndpointView, field: (name: string) => string | null): Promise<string> {
  const { events, endpoint, note } = view
  const asked = field('overlap_ms')
  const overlapMs = asked === null ? null : Number(asked)
  const profile = events.endpoints.profileOf(endpoint)
  await events.secrets.rotate(endpoint, { secret: field('secret'), overlapMs, profile })
  await note('secret.rotated', endpoint.id)
  return `${endpointPath(view, endpoint)}#secret`
}
