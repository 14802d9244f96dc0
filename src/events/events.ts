import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { GroupStore } from '../ledger/group-store.ts'
import type { Vault } from '../vault/vault.ts'
import { Apps, type App } from './apps.ts'
import { Attempts, type Attempt } from './attempts.ts'
import { Ceilings } from './ceilings.ts'
import { Courier } from './courier.ts'
import { Days } from './days.ts'
import { Deliveries, openByHand } from './deliveries.ts'
import { GATHERING, LANES } from './delivery.ts'
import type { EndpointCaller } from './endpoint-caller.ts'
import { EndpointClients } from './endpoint-clients.ts'
import type { EventRules } from './endpoint-rules.ts'
import { EventObjects } from './event-objects.ts'
import { EndpointSecrets } from './endpoint-secrets.ts'
import { Endpoints, type Endpoint } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import { EventTypes } from './event-types.ts'
import { Gatherings } from './gatherings.ts'
import { EVENTS_MIGRATIONS } from './events-schema.ts'
import { Keeping } from './keeping.ts'
import { Messages, type Message, type Target } from './messages.ts'
import { Operational, type OperationalOptions } from './operational.ts'
import type { Cargo } from './outbox.ts'
import { Rounds } from './rounds.ts'
import { Sequence } from './public-id.ts'
import { Progress } from './progress.ts'
import { Replays } from './replays.ts'
import { resealSecrets, type Resealed } from './reseal-secrets.ts'
import type { Standing } from './standing.ts'
import { Summaries } from './summaries.ts'
import { Tasks } from './tasks.ts'
import { sendTest } from './test-message.ts'

export { FORMAT_KEY, TYPE_KEY, type EventRules } from './endpoint-rules.ts'
export type { App, AppIn } from './apps.ts'
export type { Attempt, AttemptQuery } from './attempts.ts'
export type { Endpoint, EndpointIn } from './endpoints.ts'
export type { EventObject } from './event-objects.ts'
export { makeCallsFrom, RemoteCaller, type CallsBrief } from './remote-caller.ts'
export type { EventType, EventTypeIn } from './event-types.ts'
export { EventsError } from './events-error.ts'
export type { Message, MessageQuery } from './messages.ts'
export type { Page, PageQuery } from './page.ts'
export type { DeliveryState } from './delivery.ts'
export type { Stand } from './progress.ts'
export { OPERATIONAL_UID } from './operational.ts'
export type { ReplayKind } from './replays.ts'
export type { AppDeliveries, AppEventTypes } from './summaries.ts'
export type { Task, TaskKind } from './tasks.ts'
export { examplesIn, isTest } from './test-message.ts'

export interface EventsOptions {
  readonly dataFolder: string
  readonly clock: Clock
  readonly random: () => number
  /** What receivers are told of who calls. */
  readonly userAgent: string
  readonly vault: Vault
  readonly rules: EventRules
  /** Default: this process calls. It is disposed of with this. */
  readonly caller?: EndpointCaller
  /** Told of each attempt that is on the disk. */
  readonly onAttempt?: (attempt: Attempt, standing: Standing, endpoint: Endpoint) => void
  /** Told when every secret was looked at that another key than the first has sealed. */
  readonly onResealed?: (resealed: Resealed) => void
  readonly onSuspended?: OperationalOptions['onSuspended']
  readonly onError: (error: unknown) => void
}

/**
 * The event webhooks of a data folder: who wants to hear of what, what has happened, and its way to them.
 *
 * Reads are of what is on the disk or in memory, at once; a write resolves when it is on the disk.
 */
export class Events implements AsyncDisposable {
  readonly apps: Apps
  readonly endpoints: Endpoints
  readonly eventTypes: EventTypes
  readonly secrets: EndpointSecrets
  readonly messages: Messages
  readonly ceilings: Ceilings
  readonly attempts: Attempts
  readonly progress: Progress
  readonly tasks: Tasks
  readonly replays: Replays
  readonly summaries: Summaries
  /** What messages were gathered into. */
  readonly objects: EventObjects
  readonly #clock: Clock
  readonly #days: Days
  readonly #store: GroupStore
  readonly #deliveries: Deliveries
  readonly #keeping: Keeping
  readonly #gatherings: Gatherings
  readonly #operational: Operational
  readonly #rounds: Rounds
  readonly #courier: Courier
  readonly #options: Pick<EventsOptions, 'vault' | 'onResealed' | 'onError'>
  readonly #closing = new AbortController()
  #resealing: Promise<void> = Promise.resolve()

  /**
   * Opens what there is, making the files if there are none. The lock of the service keeps others away.
   *
   * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, HOOKCAST_STORAGE_FULL.
   */
  constructor(options: EventsOptions) {
    const { dataFolder, clock, vault, rules, onError, onAttempt = () => undefined } = options
    const { onSuspended = () => Promise.resolve() } = options
    this.#clock = clock
    this.#options = options
    const folder = join(dataFolder, 'events')
    this.#days = new Days(join(folder, 'days'), clock)
    const days = this.#days
    this.#store = new GroupStore({
      path: join(folder, 'events.db'),
      clock,
      migrations: EVENTS_MIGRATIONS,
      name: 'the store of event webhooks',
    })
    const sequence = new Sequence(days.lastSeq)
    this.apps = new Apps(this.#store, { clock, sequence })
    this.secrets = new EndpointSecrets(this.#store, { clock, vault })
    const { apps, secrets } = this
    const operational = new Operational({
      apps,
      endpoints: { ofApp: (app) => this.endpoints.ofApp(app) },
      messages: () => this.messages,
      stores: () => [this.#store, ...days.oldestFirst().map(({ store }) => store)],
      onSuspended,
      onError,
    })
    this.#operational = operational
    this.endpoints = new Endpoints(this.#store, {
      clock,
      sequence,
      apps,
      secrets,
      rules,
      operational,
      onChange: (before, after) => {
        if (before !== null) this.#courier.changed(before, after)
      },
    })
    this.eventTypes = new EventTypes(this.#store, clock)
    this.#deliveries = new Deliveries(days)
    const { endpoints } = this
    const deliveries = this.#deliveries
    this.#keeping = new Keeping(
      { days, deliveries, clock, onExpiring: async (day) => await this.#rounds.tellExpired(day) },
      rules.keeping,
      onError,
    )
    this.ceilings = new Ceilings({ days, clock, endpointsOf: (app) => endpoints.ofApp(app), ceilings: rules.ceilings })
    this.messages = new Messages({
      days,
      ceilings: this.ceilings,
      keeping: this.#keeping,
      endpoints,
      deliveries,
      sequence,
      clock,
      onAccepted: (cargo, targets) => this.#arrived(cargo, targets),
    })
    const { messages } = this
    this.attempts = new Attempts(days, (seq) => messages.at(seq))
    const { random, userAgent, caller = new EndpointClients({ clock, network: rules.network }) } = options
    const onOpened = (endpoint: Endpoint): void => this.#courier.wake(endpoint)
    const endpointOf = (key: number): Endpoint | null => endpoints.of(key)
    this.#gatherings = new Gatherings({
      days,
      deliveries,
      clock,
      endpointOf,
      profileOf: (endpoint) => endpoints.profileOf(endpoint),
      onGathered: onOpened,
      onError,
    })
    const pileOf: Gatherings['pileOf'] = async (endpoint, delivery) => await this.#gatherings.pileOf(endpoint, delivery)
    this.objects = new EventObjects({ days, deliveries, endpoints, messages, pileOf })
    const parts = { clock, random, userAgent, sequence, days, deliveries, apps, endpoints, secrets, messages, caller }
    this.#courier = new Courier({
      ...parts,
      pileOf,
      onError,
      note: (store, ended) => operational.attempted(store, ended),
      onAttempt: ({ attempt, standing, endpoint }) => {
        onAttempt(attempt, standing, endpoint)
        operational.send()
      },
    })
    const [store, courier] = [this.#store, this.#courier]
    const { mostHeld } = rules.keeping
    const gatherings = this.#gatherings
    this.#rounds = new Rounds({ ...parts, store, courier, gatherings, operational, mostHeld, onError })
    this.tasks = new Tasks(store)
    this.progress = new Progress({ ...parts, outboxOf: (key) => this.#courier.outbox(key) })
    const { tasks, progress } = this
    this.summaries = new Summaries({ store, tasks, apps, endpoints, progress, clock, sequence, onError })
    this.replays = new Replays({ tasks, days, deliveries, clock, sequence, endpointOf, onOpened, onError })
  }

  /** Begins to deliver, with what was left from before. */
  start(): void {
    this.#courier.start()
    this.#gatherings.start()
    this.#operational.start()
    this.#keeping.start()
    this.replays.start()
    this.summaries.start()
    this.#rounds.start()
    this.#resealing = this.#reseal()
  }

  async #reseal(): Promise<void> {
    const { vault, onResealed, onError } = this.#options
    try {
      onResealed?.(await resealSecrets(this.#store, { vault, signal: this.#closing.signal }))
    } catch (error) {
      onError(error)
    }
  }

  #arrived(cargo: Cargo, targets: readonly Target[]): void {
    const ready = targets.flatMap(({ endpoint, lane }) => {
      if (lane !== 'gathering') return [{ endpoint, lane }]
      this.#gatherings.arrived(endpoint.key, cargo.message.acceptedAt)
      return []
    })
    this.#courier.arrived(cargo, ready)
  }

  /** Calls in flight, endpoints for which messages are being gathered, or nothing is tried, and what all takes on the disk. */
  get load(): Readonly<Record<'inFlight' | 'gathering' | 'stalled' | 'bytes', number>> {
    return {
      stalled: this.#rounds.stalled,
      inFlight: this.#courier.inFlight,
      gathering: this.#gatherings.size,
      bytes: this.#keeping.bytes,
    }
  }

  /** Sends a message to an endpoint once more, whatever became of it there. @throws {EventsError} conflict */
  async resend(message: Message, endpoint: Endpoint): Promise<void> {
    if (endpoint.state === 'disabled') {
      throw new EventsError('conflict', 'The endpoint is disabled: enable it, then send again')
    }
    const day = this.#days.find(message.seq)
    if (day === null) throw new EventsError('unknown', 'No such message')
    const isSent = endpoint.state === 'active' && !this.endpoints.profileOf(endpoint).isPolled
    const lane = isSent ? 'live' : 'held'
    const dueAt = lane === 'live' ? this.#clock.now() : message.acceptedAt
    const delivery = { endpoint: endpoint.key, message: message.seq }
    await day.store.commit((store) => openByHand(store, delivery, { lane, dueAt }))
    this.#deliveries.noteOpen(day)
    this.#courier.wake(endpoint)
  }

  /** Removes an app with its endpoints: nothing more is sent to them. @throws {EventsError} unknown */
  async removeApp(ref: string): Promise<void> {
    const app = this.apps.get(ref)
    await Promise.all(this.endpoints.ofApp(app).map(({ id }) => this.endpoints.remove(app, id)))
    await this.apps.remove(app.id)
  }

  /** The time as it is for all of this, epoch ms. */
  get now(): number {
    return this.#clock.now()
  }

  /** Deliveries of an endpoint that wait for its restart, or to be gathered. */
  keptFor({ key }: Endpoint): number {
    return this.#deliveries.count(key, LANES.held) + this.#deliveries.count(key, GATHERING)
  }

  /** See {@link sendTest}. @throws {EventsError} conflict, invalid */
  async sendTest(
    to: { readonly app: App; readonly endpoint: Endpoint },
    what: { readonly eventType: string; readonly example?: number | null },
  ): Promise<Message> {
    return await sendTest(this, to, what)
  }

  /** What is in flight is cut off, and sent again with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#rounds[Symbol.asyncDispose]()
    this.#closing.abort()
    this.#keeping[Symbol.dispose]()
    await this.replays[Symbol.asyncDispose]()
    await this.summaries[Symbol.asyncDispose]()
    await this.#gatherings[Symbol.asyncDispose]()
    await this.#operational[Symbol.asyncDispose]()
    await this.#courier[Symbol.asyncDispose]()
    await this.#resealing
    this.#store[Symbol.dispose]()
    this.#days[Symbol.dispose]()
  }
}
