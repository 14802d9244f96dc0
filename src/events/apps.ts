import type { Clock } from '../clock.ts'
import type { GroupStore, Row, Statements } from '../ledger/group-store.ts'
import { EventsError } from './events-error.ts'
import { pageOf, type Page, type PageQuery } from './page.ts'
import { publicIdFrom, type Sequence } from './public-id.ts'
import { Register } from './register.ts'

export interface AppIn {
  readonly name: string
  /** A name of the caller's own, good wherever an id is. */
  readonly uid: string | null
  /** Messages a second to each of its endpoints; null for no limit. */
  readonly throttleRate: number | null
  readonly metadata: Readonly<Record<string, string>>
}

/** A consumer of events, such as one customer of ours. */
export interface App extends AppIn {
  readonly key: number
  readonly id: string
  readonly madeAt: number
  readonly changedAt: number
}

const selectApps = `SELECT * FROM app WHERE removed_at IS NULL ORDER BY key`
const selectUid = `SELECT 1 FROM app WHERE uid = ? AND removed_at IS NULL AND key <> ?`
const insertApp = `
  INSERT INTO app (id, uid, name, throttle_rate, metadata, made_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *`
const updateApp = `
  UPDATE app SET uid = ?, name = ?, throttle_rate = ?, metadata = ?, changed_at = ? WHERE key = ? RETURNING *`
const removeApp = `UPDATE app SET removed_at = ? WHERE key = ?`

/** The apps: all in memory, about 1 kB each. */
export class Apps {
  readonly #store: GroupStore
  readonly #clock: Clock
  readonly #sequence: Sequence
  readonly #register = new Register<App>()

  constructor(store: GroupStore, { clock, sequence }: { readonly clock: Clock; readonly sequence: Sequence }) {
    this.#store = store
    this.#clock = clock
    this.#sequence = sequence
    for (const row of store.all(selectApps)) this.#register.put(appFrom(row))
  }

  /** @throws {EventsError} conflict, when another app has the uid. */
  async create({ name, uid, throttleRate, metadata }: AppIn): Promise<App> {
    const now = this.#clock.now()
    const id = publicIdFrom('app', this.#sequence.next(now))
    const app = await this.#store.commit((store) => {
      refuseTaken(store, uid, 0)
      return appFrom(store.get(insertApp, id, uid, name, throttleRate, JSON.stringify(metadata), now, now)!)
    })
    this.#register.put(app)
    return app
  }

  of(key: number): App | null {
    return this.#register.of(key)
  }

  all(): readonly App[] {
    return this.#register.all()
  }

  find(ref: string): App | null {
    return this.#register.find(ref)
  }

  /** @throws {EventsError} unknown */
  get(ref: string): App {
    const app = this.find(ref)
    if (app === null) throw new EventsError('unknown', 'No such app')
    return app
  }

  list(query: PageQuery, isWanted: (app: App) => boolean = () => true): Page<App> {
    return pageOf(this.#register.all().filter(isWanted), query, ({ id }) => id)
  }

  /** @throws {EventsError} unknown, conflict */
  async update(ref: string, change: Partial<AppIn>): Promise<App> {
    const { key } = this.get(ref)
    const app = await this.#store.commit((store) => {
      const { uid, name, throttleRate, metadata } = { ...this.get(ref), ...change }
      refuseTaken(store, uid, key)
      const values = [uid, name, throttleRate, JSON.stringify(metadata), this.#clock.now()]
      return appFrom(store.get(updateApp, ...values, key)!)
    })
    this.#register.put(app)
    return app
  }

  /** What was sent to it is kept as long as all else. @throws {EventsError} unknown */
  async remove(ref: string): Promise<App> {
    const app = this.get(ref)
    await this.#store.commit((store) => void store.run(removeApp, this.#clock.now(), app.key))
    this.#register.remove(app)
    return app
  }
}

function refuseTaken(store: Statements, uid: string | null, key: number): void {
  if (uid === null || store.get(selectUid, uid, key) === undefined) return
  throw new EventsError('conflict', 'Another app has this uid')
}

function appFrom(row: Row): App {
  return {
    key: Number(row['key']),
    id: String(row['id']),
    uid: row['uid'] as string | null,
    name: String(row['name']),
    throttleRate: row['throttle_rate'] as number | null,
    metadata: JSON.parse(String(row['metadata'])) as App['metadata'],
    madeAt: Number(row['made_at']),
    changedAt: Number(row['changed_at']),
  }
}
