import { randomUUID } from 'node:crypto'
import type { GroupStore, Statements } from '../ledger/group-store.ts'
import type { Apps } from './apps.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { Messages } from './messages.ts'
import type { EndedAttempt } from './record-attempt.ts'

export interface OperationalOptions {
  readonly apps: Apps
  readonly endpoints: Pick<Endpoints, 'ofApp'>
  readonly messages: () => Messages
  /** All files that something may be noted in. */
  readonly stores: () => readonly GroupStore[]
  /** Told, behind the commit and with an id that stays, of an endpoint that is called no more until somebody looks. */
  readonly onSuspended: (id: string, facts: Readonly<Record<string, unknown>>) => Promise<void>
  readonly onError: (error: unknown) => void
}

export interface OperationalEvent {
  readonly type: string
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Whoever runs the service makes an app with this uid, and its endpoints hear what becomes of the others. */
export const OPERATIONAL_UID = 'hookcast.operational'
/** A note for whoever runs the service itself. */
const FOR_OPERATORS = 'notice'
/** A message is failing once so many attempts have. @see docs.svix.com, "Operational webhooks". */
const FAILING_TRIES = 4

const insertNote = `INSERT INTO operational (id, type, payload) VALUES (?, ?, ?)`
const selectNotes = `SELECT * FROM operational ORDER BY rowid LIMIT 100`
const deleteNote = `DELETE FROM operational WHERE id = ?`

/**
 * Tells operators what becomes of endpoints and messages, by messages of an app of theirs, under Svix's names.
 *
 * What is to be told is noted in the commit of what it tells, and becomes a message behind it: a crash in between loses
 * nothing, as the note is sent with the next start, and twice is once by its id.
 */
export class Operational {
  readonly #options: OperationalOptions
  readonly #noted = new Set<Statements>()
  #sending: Promise<void> | null = null
  #isClosed = false

  constructor(options: OperationalOptions) {
    this.#options = options
  }

  /** Sends what a crash has left. */
  start(): void {
    for (const store of this.#options.stores()) this.#noted.add(store)
    this.send()
  }

  /** Inside the commit of a change: `before` is null for a new endpoint, `after` for one that is removed. */
  changed(store: Statements, before: Endpoint | null, after: Endpoint | null): void {
    const endpoint = after ?? before
    if (endpoint === null) return
    if (before === null) return this.note(store, endpoint, { type: 'endpoint.created' })
    if (after === null) return this.note(store, endpoint, { type: 'endpoint.deleted' })
    if (after.changedAt !== before.changedAt) this.note(store, endpoint, { type: 'endpoint.updated' })
    if (after.state === before.state || after.state === 'restarting') return
    const since = before.failingSince ?? after.failingSince
    const facts = since === null || after.state === 'active' ? {} : { failSince: new Date(since).toISOString() }
    this.note(store, endpoint, { type: `endpoint.${STATE_EVENTS[after.state]}`, facts })
  }

  /** Inside the commit of a change that nobody made by hand: notes it for whoever runs the service, if the endpoint is called no more. */
  stopped(store: Statements, before: Endpoint, { app: key, id, uid, state, ...after }: Endpoint): void {
    if (state === before.state || (state !== 'disabled' && state !== 'suspended')) return
    const since = before.failingSince ?? after.failingSince
    const app = this.#options.apps.of(key)
    const whose = { app_id: app?.id ?? null, app_uid: app?.uid ?? null, endpoint_id: id, endpoint_uid: uid }
    const failingSince = since === null ? null : new Date(since).toISOString()
    this.#keep(store, FOR_OPERATORS, { ...whose, state, failing_since: failingSince })
  }

  /** Inside the commit of an attempt. */
  attempted(store: Statements, ended: EndedAttempt): void {
    const { state, lane, tries } = ended.standing
    const { hasSucceeded } = ended.attempt
    if (hasSucceeded && tries <= FAILING_TRIES) return
    const isOpen = state === 'open'
    const isOver = state === 'failed' || (isOpen && lane === 'held' && tries === 0)
    if (hasSucceeded) this.#noteOf(store, 'recovered', ended)
    else if (isOver) this.#noteOf(store, 'exhausted', ended)
    else if (isOpen && tries === FAILING_TRIES) this.#noteOf(store, 'failing', ended)
  }

  #noteOf(store: Statements, what: string, { attempt, endpoint }: EndedAttempt): void {
    const message = this.#options.messages().at(attempt.message)
    const { id, httpStatus, at } = attempt
    const lastAttempt = { id, responseStatusCode: httpStatus ?? 0, timestamp: new Date(at).toISOString() }
    const facts = { msgId: message?.id ?? null, msgEventId: message?.eventId ?? null, lastAttempt }
    this.note(store, endpoint, { type: `message.attempt.${what}`, facts })
  }

  /** Inside a commit: notes something about an endpoint for those who listen. */
  note(store: Statements, endpoint: Endpoint, { type, facts = {} }: OperationalEvent): void {
    const { apps, endpoints } = this.#options
    const to = apps.find(OPERATIONAL_UID)
    // What becomes of those who are told is not told: it could go on for ever.
    if (to === null || endpoint.app === to.key || endpoints.ofApp(to).length === 0) return
    const app = apps.of(endpoint.app)
    const whose = {
      appId: app?.id ?? null,
      appUid: app?.uid ?? null,
      endpointId: endpoint.id,
      endpointUid: endpoint.uid,
    }
    this.#keep(store, type, { type, data: { ...whose, ...facts } })
  }

  #keep(store: Statements, type: string, payload: object): void {
    store.run(insertNote, randomUUID(), type, Buffer.from(JSON.stringify(payload)))
    this.#noted.add(store)
  }

  /** Behind a commit: sends what was noted. */
  send(): void {
    if (this.#noted.size === 0 || this.#sending !== null || this.#isClosed) return
    this.#sending = this.#send()
      .catch(this.#options.onError)
      .finally(() => {
        this.#sending = null
      })
  }

  async #send(): Promise<void> {
    // It meets what is noted meanwhile too.
    for (const noted of this.#noted) {
      this.#noted.delete(noted)
      const store = this.#options.stores().find((store) => store === noted)
      if (store !== undefined) await this.#sendOf(store)
    }
  }

  /** What cannot be sent now is tried again with what is noted next. */
  async #sendOf(store: GroupStore): Promise<void> {
    for (let rows = store.all(selectNotes); rows.length > 0; rows = store.all(selectNotes)) {
      for (const row of rows) {
        const [id, eventType, payload] = [String(row['id']), String(row['type']), row['payload'] as Uint8Array]
        if (eventType === FOR_OPERATORS) await this.#options.onSuspended(id, factsIn(payload))
        else await this.#sendMessage({ id, eventType, payload })
        await store.commit((store) => void store.run(deleteNote, id))
      }
    }
  }

  async #sendMessage({ id, ...message }: { id: string; eventType: string; payload: Uint8Array }): Promise<void> {
    const { apps, messages } = this.#options
    const to = apps.find(OPERATIONAL_UID)
    if (to !== null) await messages().accept(to, { ...message, eventId: id, channels: [], tags: [], headers: {} })
  }

  /** What is being sent is sent; the rest waits for the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#sending
  }
}

const STATE_EVENTS = { active: 'activated', disabled: 'disabled', suspended: 'suspended' } as const

function factsIn(payload: Uint8Array): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(payload).toString()) as Record<string, unknown>
}
