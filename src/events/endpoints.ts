import type { Clock } from '../clock.ts'
import type { GroupStore, Row, Statements } from '../ledger/group-store.ts'
import type { Profile } from '../profile/profile.ts'
import type { App, Apps } from './apps.ts'
import { nextLife, type EndpointLife, type LifeEvent } from './endpoint-life.ts'
import { checkEndpoint, profileOf, type EventRules } from './endpoint-rules.ts'
import { secretFor, type EndpointSecrets } from './endpoint-secrets.ts'
import { EventsError } from './events-error.ts'
import { pageOf, type Page, type PageQuery } from './page.ts'
import type { PayloadFilter } from './payload-filter.ts'
import { parsedFrom } from './parsed-from.ts'
import type { Operational } from './operational.ts'
import { publicIdFrom, type Sequence } from './public-id.ts'
import { Register } from './register.ts'
import { wants, type Subscription } from './subscription.ts'

export interface EndpointIn extends Subscription {
  readonly url: string
  readonly uid: string | null
  readonly description: string
  readonly headers: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
  /** Messages a second; null for the app's. */
  readonly throttleRate: number | null
}

/** Where an app wants to hear of what. */
export interface Endpoint extends EndpointIn, EndpointLife {
  readonly key: number
  readonly id: string
  readonly app: number
  readonly madeAt: number
  readonly changedAt: number
}

export interface EndpointsOptions {
  readonly clock: Clock
  readonly sequence: Sequence
  readonly apps: Pick<Apps, 'of'>
  readonly secrets: EndpointSecrets
  readonly rules: EventRules
  /** Told of every change in memory; `after` is null for one that was removed. */
  readonly onChange: (before: Endpoint | null, after: Endpoint | null) => void
  /** Writes what is to be told of a change, in its commit; and sends it after that. */
  readonly operational: Pick<Operational, 'changed' | 'stopped' | 'send'>
}

const NO_METADATA = { metadata: {} }

const selectEndpoints = `SELECT * FROM endpoint WHERE removed_at IS NULL ORDER BY key`
const selectUid = `SELECT 1 FROM endpoint WHERE app = ? AND uid = ? AND removed_at IS NULL AND key <> ?`
const countEndpoints = `SELECT count(*) AS count FROM endpoint WHERE app = ? AND removed_at IS NULL`
const insertEndpoint = `
  INSERT INTO endpoint (id, app, uid, url, description, event_types, channels, filter, headers, metadata, throttle_rate,
    state, made_at, changed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`
const updateEndpoint = `
  UPDATE endpoint SET uid = ?, url = ?, description = ?, event_types = ?, channels = ?, filter = ?, headers = ?, metadata = ?,
    throttle_rate = ?, changed_at = ?
  WHERE key = ? RETURNING *`
const updateLife = `
  UPDATE endpoint SET state = ?, failing_since = ?, is_failing_long = ?, changed_at = ? WHERE key = ? RETURNING *`
const removeEndpoint = `UPDATE endpoint SET removed_at = ? WHERE key = ?`

/** The endpoints of all apps: in memory, about 1 kB each. */
export class Endpoints {
  readonly #store: GroupStore
  readonly #options: EndpointsOptions
  readonly #register = new Register<Endpoint>()
  readonly #byApp = new Map<number, Register<Endpoint>>()
  readonly #profiles = new WeakMap<Endpoint | App, Profile>()

  constructor(store: GroupStore, options: EndpointsOptions) {
    this.#store = store
    this.#options = options
    for (const row of store.all(selectEndpoints)) this.#put(endpointFrom(row))
  }

  /** @throws {EventsError} invalid, conflict, limited */
  async create(
    app: App,
    input: EndpointIn,
    { secret = null, isDisabled = false }: { readonly secret?: string | null; readonly isDisabled?: boolean } = {},
  ): Promise<Endpoint> {
    const { clock, sequence, secrets, rules, operational } = this.#options
    const profile = this.#checked(app, input)
    const signedWith = await secretFor(profile, secret)
    const now = clock.now()
    const id = publicIdFrom('ep', sequence.next(now))
    const endpoint = await this.#store.commit((store) => {
      refuseTaken(store, { app, uid: input.uid, key: 0 })
      const most = Math.min(profile.limits.endpoints ?? Infinity, rules.ceilings.endpoints)
      if (Number(store.get(countEndpoints, app.key)!['count']) >= most) {
        throw new EventsError('conflict', `expected the app to have at most ${most} endpoints, got one more`)
      }
      const state = isDisabled ? 'disabled' : 'active'
      const endpoint = endpointFrom(store.get(insertEndpoint, id, app.key, ...valuesOf(input), state, now, now)!)
      secrets.begin(store, endpoint, signedWith)
      operational.changed(store, null, endpoint)
      return endpoint
    })
    this.#changed(null, endpoint)
    operational.send()
    return endpoint
  }

  of(key: number): Endpoint | null {
    return this.#register.of(key)
  }

  all(): readonly Endpoint[] {
    return this.#register.all()
  }

  countByState(): Readonly<Record<Endpoint['state'], number>> {
    const counts = { active: 0, disabled: 0, suspended: 0, restarting: 0 }
    for (const { state } of this.#register.all()) counts[state]++
    return counts
  }

  ofApp(app: Pick<App, 'key'>): readonly Endpoint[] {
    return this.#byApp.get(app.key)?.all() ?? []
  }

  /** Whether an endpoint of an app that is not disabled has asked for such messages, whatever its filter says of payloads. */
  isHeard(app: Pick<App, 'key'>, of: { readonly eventType: string; readonly channels: readonly string[] }): boolean {
    const offer = { ...of, content: () => undefined }
    return this.ofApp(app).some(
      (endpoint) => endpoint.state !== 'disabled' && wants({ ...endpoint, filter: null }, offer),
    )
  }

  find(app: Pick<App, 'key'>, ref: string): Endpoint | null {
    return this.#byApp.get(app.key)?.find(ref) ?? null
  }

  /** @throws {EventsError} unknown: also when it is another app's. */
  get(app: Pick<App, 'key'>, ref: string): Endpoint {
    const endpoint = this.find(app, ref)
    if (endpoint === null) throw new EventsError('unknown', 'No such endpoint')
    return endpoint
  }

  list(app: Pick<App, 'key'>, query: PageQuery): Page<Endpoint> {
    return pageOf(this.ofApp(app), query, ({ id }) => id)
  }

  /** @throws {EventsError} unknown, invalid, conflict */
  async update(app: App, ref: string, change: Partial<EndpointIn>): Promise<Endpoint> {
    const before = this.get(app, ref)
    this.#checked(app, { ...before, ...change })
    const { clock, operational } = this.#options
    const row = await this.#store.commit((store) => {
      const known = this.get(app, before.id)
      const input = { ...known, ...change }
      refuseTaken(store, { app, uid: input.uid, key: before.key })
      const row = store.get(updateEndpoint, ...valuesOf(input), clock.now(), before.key)!
      operational.changed(store, known, { ...endpointFrom(row), state: known.state })
      return row
    })
    // Its life goes on meanwhile, in memory first.
    const { state, failingSince, isFailingLong } = this.get(app, before.id)
    const endpoint = { ...endpointFrom(row), state, failingSince, isFailingLong }
    this.#changed(before, endpoint)
    operational.send()
    return endpoint
  }

  /** @throws {EventsError} unknown */
  async remove(app: App, ref: string): Promise<void> {
    const endpoint = this.get(app, ref)
    const { clock, operational, onChange } = this.#options
    await this.#store.commit((store) => {
      store.run(removeEndpoint, clock.now(), endpoint.key)
      operational.changed(store, endpoint, null)
    })
    this.#register.remove(endpoint)
    this.#byApp.get(app.key)?.remove(endpoint)
    onChange(endpoint, null)
    operational.send()
  }

  /** Lets something happen to an endpoint; in memory at once, and on the disk with the next commit. */
  async happen(key: number, event: LifeEvent): Promise<Endpoint | null> {
    const before = this.of(key)
    if (before === null) return null
    const now = this.#options.clock.now()
    const life = nextLife(before, { event, now, rule: this.profileOf(before).life })
    if (life === before) return before
    const { state, failingSince, isFailingLong } = life
    const after = { ...before, state, failingSince, isFailingLong }
    this.#changed(before, after)
    const values = [state, failingSince, Number(isFailingLong), now, key]
    const { operational } = this.#options
    await this.#store.commit((store) => {
      store.get(updateLife, ...values)
      operational.changed(store, before, after)
      if (event.kind !== 'disable') operational.stopped(store, before, after)
    })
    operational.send()
    return after
  }

  /** What holds for endpoints of an app that say nothing of their own. */
  profileOfApp(app: App): Profile {
    let profile = this.#profiles.get(app)
    if (profile === undefined) {
      profile = profileOf(app, null, this.#options.rules)
      this.#profiles.set(app, profile)
    }
    return profile
  }

  /** What holds for it: read once for each form of it, as every attempt asks. */
  profileOf(endpoint: Endpoint): Profile {
    let profile = this.#profiles.get(endpoint)
    if (profile === undefined) {
      const { apps, rules } = this.#options
      profile = profileOf(apps.of(endpoint.app) ?? NO_METADATA, endpoint, rules)
      this.#profiles.set(endpoint, profile)
    }
    return profile
  }

  #checked(app: App, input: EndpointIn): Profile {
    const { rules } = this.#options
    const profile = profileOf(app, input, rules)
    checkEndpoint(input, profile, rules)
    return profile
  }

  #changed(before: Endpoint | null, after: Endpoint): void {
    this.#put(after)
    this.#options.onChange(before, after)
  }

  #put(endpoint: Endpoint): void {
    this.#register.put(endpoint)
    let ofApp = this.#byApp.get(endpoint.app)
    if (ofApp === undefined) {
      ofApp = new Register()
      this.#byApp.set(endpoint.app, ofApp)
    }
    ofApp.put(endpoint)
  }
}

function refuseTaken(
  store: Statements,
  { app, uid, key }: { readonly app: App; readonly uid: string | null; readonly key: number },
): void {
  if (uid === null || store.get(selectUid, app.key, uid, key) === undefined) return
  throw new EventsError('conflict', 'Another endpoint of this app has this uid')
}

/** In the order of the statements' columns. */
function valuesOf(input: EndpointIn): readonly (string | number | null)[] {
  return [
    input.uid,
    input.url,
    input.description,
    jsonOf(input.eventTypes),
    jsonOf(input.channels),
    jsonOf(input.filter),
    JSON.stringify(input.headers),
    JSON.stringify(input.metadata),
    input.throttleRate,
  ]
}

function jsonOf(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

function endpointFrom(row: Row): Endpoint {
  const list = (name: string): readonly string[] | null => parsedFrom(row[name]) as readonly string[] | null
  return {
    key: Number(row['key']),
    id: String(row['id']),
    app: Number(row['app']),
    uid: row['uid'] as string | null,
    url: String(row['url']),
    description: String(row['description']),
    eventTypes: list('event_types'),
    channels: list('channels'),
    filter: parsedFrom(row['filter']) as PayloadFilter | null,
    headers: parsedFrom(row['headers']) as Endpoint['headers'],
    metadata: parsedFrom(row['metadata']) as Endpoint['metadata'],
    throttleRate: row['throttle_rate'] as number | null,
    state: row['state'] as Endpoint['state'],
    failingSince: row['failing_since'] as number | null,
    isFailingLong: row['is_failing_long'] === 1,
    madeAt: Number(row['made_at']),
    changedAt: Number(row['changed_at']),
  }
}
