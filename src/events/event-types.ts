import type { Clock } from '../clock.ts'
import type { GroupStore, Row } from '../ledger/group-store.ts'
import { EVENT_TYPE_PATTERN } from './endpoint-rules.ts'
import { EventsError } from './events-error.ts'
import { checkSchemas } from './json-schema.ts'
import { pageOf, type Page, type PageQuery } from './page.ts'
import { parsedFrom } from './parsed-from.ts'

export interface EventTypeIn {
  readonly name: string
  readonly description: string
  /** JSON Schemas by version; null for none. Their `examples` show subscribers what comes. */
  readonly schemas: Readonly<Record<string, unknown>> | null
  readonly featureFlags: readonly string[] | null
  readonly groupName: string | null
  readonly isDeprecated: boolean
  readonly isArchived: boolean
}

/** What may happen: the catalogue that subscribers choose from. */
export interface EventType extends EventTypeIn {
  readonly madeAt: number
  readonly changedAt: number
}

const selectEventTypes = `SELECT * FROM event_type`
const upsertEventType = `
  INSERT INTO event_type (name, description, schemas, feature_flags, group_name, is_deprecated, archived_at, made_at, changed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET description = excluded.description, schemas = excluded.schemas,
    feature_flags = excluded.feature_flags, group_name = excluded.group_name, is_deprecated = excluded.is_deprecated,
    archived_at = excluded.archived_at, changed_at = excluded.changed_at
  RETURNING *`
const deleteEventType = `DELETE FROM event_type WHERE name = ?`

/** The catalogue of event types. Messages of a type that it does not have are taken all the same, as Svix takes them. */
export class EventTypes {
  readonly #store: GroupStore
  readonly #clock: Clock
  readonly #byName = new Map<string, EventType>()

  constructor(store: GroupStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
    for (const row of store.all(selectEventTypes)) this.#put(eventTypeFrom(row))
  }

  /** One that was archived may be made again. @throws {EventsError} invalid, conflict */
  async create(input: EventTypeIn): Promise<EventType> {
    if (!EVENT_TYPE_PATTERN.test(input.name)) {
      const message = 'expected `name` to be at most 256 letters, digits and - . _, got something else'
      throw new EventsError('invalid', message)
    }
    if (this.#byName.get(input.name)?.isArchived === false) {
      throw new EventsError('conflict', 'There is an event type of this name')
    }
    return await this.#keep(input, null)
  }

  /** Made, or as it is described from now on. @throws {EventsError} invalid */
  async put(input: EventTypeIn): Promise<EventType> {
    const known = this.find(input.name)
    return known === null ? await this.create(input) : await this.#keep(input, known)
  }

  find(name: string): EventType | null {
    return this.#byName.get(name) ?? null
  }

  /** @throws {EventsError} unknown */
  get(name: string): EventType {
    const eventType = this.find(name)
    if (eventType === null) throw new EventsError('unknown', 'No such event type')
    return eventType
  }

  /** By name. */
  list(query: PageQuery, { withArchived }: { readonly withArchived: boolean }): Page<EventType> {
    const rows = [...this.#byName.values()].filter(({ isArchived }) => withArchived || !isArchived)
    const rising = rows.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    return pageOf(rising, query, ({ name }) => name)
  }

  /** @throws {EventsError} unknown, invalid */
  async update(name: string, change: Partial<Omit<EventTypeIn, 'name'>>): Promise<EventType> {
    const before = this.get(name)
    return await this.#keep({ ...before, ...change }, before)
  }

  /** Forgets it for good; `update` with `isArchived` hides it. @throws {EventsError} unknown */
  async remove(name: string): Promise<void> {
    this.get(name)
    await this.#store.commit((store) => void store.run(deleteEventType, name))
    this.#byName.delete(name)
  }

  async #keep(input: EventTypeIn, before: EventType | null): Promise<EventType> {
    const problem = input.schemas === null ? null : checkSchemas(input.schemas)
    if (problem !== null) throw new EventsError('invalid', problem)
    const now = this.#clock.now()
    const { name, description, schemas, featureFlags, groupName, isDeprecated, isArchived } = input
    const lists = [schemas, featureFlags].map((value) => (value === null ? null : JSON.stringify(value)))
    const values = [name, description, ...lists, groupName, Number(isDeprecated), isArchived ? now : null]
    const row = await this.#store.commit((store) => store.get(upsertEventType, ...values, before?.madeAt ?? now, now)!)
    const eventType = eventTypeFrom(row)
    this.#put(eventType)
    return eventType
  }

  #put(eventType: EventType): void {
    this.#byName.set(eventType.name, eventType)
  }
}

function eventTypeFrom(row: Row): EventType {
  return {
    name: String(row['name']),
    description: String(row['description']),
    schemas: parsedFrom(row['schemas']) as EventType['schemas'],
    featureFlags: parsedFrom(row['feature_flags']) as EventType['featureFlags'],
    groupName: row['group_name'] as string | null,
    isDeprecated: row['is_deprecated'] === 1,
    isArchived: row['archived_at'] !== null,
    madeAt: Number(row['made_at']),
    changedAt: Number(row['changed_at']),
  }
}
