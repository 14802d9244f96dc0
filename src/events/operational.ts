import type { Apps } from './apps.ts'
import type { Attempt } from './attempts.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { Messages } from './messages.ts'
import type { Standing } from './standing.ts'

export interface OperationalOptions {
  readonly apps: Apps
  readonly endpoints: Endpoints
  readonly messages: Messages
  readonly onError: (error: unknown) => void
}

/** Whoever runs the service makes an app with this uid, and its endpoints hear what becomes of the others. */
const UID = 'hookcast.operational'
/** A message is failing once so many attempts have. @see docs.svix.com, "Operational webhooks". */
const FAILING_TRIES = 4

/** Tells operators what becomes of endpoints and messages, by messages of an app of theirs, under Svix's names. */
export class Operational {
  readonly #options: OperationalOptions

  constructor(options: OperationalOptions) {
    this.#options = options
  }

  /** `after` is null for one that was removed. */
  changed(before: Endpoint | null, after: Endpoint | null): void {
    const endpoint = after ?? before
    if (endpoint === null) return
    if (before === null) return this.#tell('endpoint.created', endpoint)
    if (after === null) return this.#tell('endpoint.deleted', endpoint)
    if (after.changedAt !== before.changedAt) this.#tell('endpoint.updated', endpoint)
    if (after.state === before.state || after.state === 'restarting') return
    const since = before.failingSince ?? after.failingSince
    const facts = since === null || after.state === 'active' ? {} : { failSince: new Date(since).toISOString() }
    this.#tell(`endpoint.${STATE_EVENTS[after.state]}`, endpoint, facts)
  }

  attempted(attempt: Attempt, { state, lane, tries }: Standing, endpoint: Endpoint): void {
    const { hasSucceeded } = attempt
    if (hasSucceeded && tries <= FAILING_TRIES) return
    const isOpen = state === 'open'
    const isOver = state === 'failed' || (isOpen && lane === 'held' && tries === 0)
    if (hasSucceeded) this.#tellOf('recovered', attempt, endpoint)
    else if (isOver) this.#tellOf('exhausted', attempt, endpoint)
    else if (isOpen && tries === FAILING_TRIES) this.#tellOf('failing', attempt, endpoint)
  }

  #tellOf(what: string, attempt: Attempt, endpoint: Endpoint): void {
    const message = this.#options.messages.at(attempt.message)
    const { id, httpStatus, at } = attempt
    this.#tell(`message.attempt.${what}`, endpoint, {
      msgId: message?.id ?? null,
      msgEventId: message?.eventId ?? null,
      lastAttempt: { id, responseStatusCode: httpStatus ?? 0, timestamp: new Date(at).toISOString() },
    })
  }

  #tell(type: string, endpoint: Endpoint, facts: Readonly<Record<string, unknown>> = {}): void {
    const { apps, endpoints, messages, onError } = this.#options
    const to = apps.find(UID)
    // What becomes of those who are told is not told: it could go on for ever.
    if (to === null || endpoint.app === to.key || endpoints.ofApp(to).length === 0) return
    const app = apps.of(endpoint.app)
    const whose = {
      appId: app?.id ?? null,
      appUid: app?.uid ?? null,
      endpointId: endpoint.id,
      endpointUid: endpoint.uid,
    }
    const payload = Buffer.from(JSON.stringify({ type, data: { ...whose, ...facts } }))
    const message = { eventType: type, payload, eventId: null, channels: [], tags: [], headers: {} }
    messages.accept(to, message).catch(onError)
  }
}

const STATE_EVENTS = { active: 'activated', disabled: 'disabled', suspended: 'suspended' } as const
