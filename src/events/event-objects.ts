import type { Row } from '../ledger/group-store.ts'
import type { ResourcePile } from '../profile/profile.ts'
import type { App } from './apps.ts'
import type { Day, Days } from './days.ts'
import { writeStanding, type Deliveries } from './deliveries.ts'
import { LANES, STATES } from './delivery.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import type { Gatherings } from './gatherings.ts'
import { seqRangeOf, type Message, type MessageQuery, type Messages } from './messages.ts'
import { isRising, pageFrom, Passed, type Page } from './page.ts'
import { timeOfSeq } from './public-id.ts'

/** What an endpoint that gathers gets, or has got, as one: its id is that of the first message in it. */
export interface EventObject {
  readonly id: string
  readonly endpoint: Endpoint
  readonly message: Message
  /** The last message that goes with the first; null when none does. */
  readonly last: number | null
  /** `failed`: nobody took it; while its endpoint is suspended it is kept all the same. */
  readonly status: 'pending' | 'sent' | 'failed'
  readonly createdAt: number
  readonly attemptedAt: number | null
}

export interface EventObjectQuery extends MessageQuery {
  readonly status?: EventObject['status'] | null
}

export interface EventObjectsOptions {
  readonly days: Days
  readonly deliveries: Deliveries
  readonly endpoints: Endpoints
  readonly messages: Messages
  readonly pileOf: Gatherings['pileOf']
}

const COLUMNS = `endpoint, message, state, lane, tries, last,
  (SELECT max(seq) FROM attempt WHERE attempt.message = delivery.message AND attempt.endpoint = delivery.endpoint) AS attempt`
/** Neither those that went with another, nor those still gathered. */
const IS_OBJECT = `state <> 5 AND NOT (state = 0 AND lane = 3)`
const selectRising = `
  SELECT ${COLUMNS} FROM delivery WHERE endpoint = ? AND message > ? AND message < ? AND ${IS_OBJECT}
  ORDER BY message LIMIT ?`
const selectFalling = `
  SELECT ${COLUMNS} FROM delivery WHERE endpoint = ? AND message > ? AND message < ? AND ${IS_OBJECT}
  ORDER BY message DESC LIMIT ?`
const selectOne = `SELECT ${COLUMNS} FROM delivery WHERE endpoint = ? AND message = ? AND ${IS_OBJECT}`

const PER_READ = 100

/** The objects that messages were gathered into, as whoever registered for them looks for them. */
export class EventObjects {
  readonly #options: EventObjectsOptions

  constructor(options: EventObjectsOptions) {
    this.#options = options
  }

  list(endpoints: readonly Endpoint[], query: EventObjectQuery): Page<EventObject> {
    return pageFrom(this.#met(endpoints, query), query)
  }

  /** @throws {EventsError} unknown: also when it is another app's. */
  get(app: Pick<App, 'key'>, id: string): EventObject {
    const { endpoints, messages, days } = this.#options
    const message = messages.find(app, id)
    const day = message === null ? null : days.find(message.seq)
    for (const endpoint of message === null ? [] : endpoints.ofApp(app)) {
      const row = day?.store.get(selectOne, endpoint.key, message!.seq)
      if (row !== undefined) return objectFrom(row, endpoint, message!)
    }
    throw new EventsError('unknown', 'No such event')
  }

  /** What it tells, as it would be sent now. */
  async pileOf({ endpoint, message, last }: EventObject): Promise<ResourcePile> {
    return await this.#options.pileOf(endpoint, { message: message.seq, last })
  }

  /** The oldest that waits to be fetched; null when none does. */
  nextPolled(endpoints: readonly Endpoint[]): EventObject | null {
    const { deliveries, messages } = this.#options
    const waiting = endpoints
      .filter((endpoint) => this.#isPolled(endpoint))
      .flatMap(({ key }) => deliveries.due(key, { lane: 'held', now: Number.MAX_SAFE_INTEGER, limit: 1 }))
    const [first] = waiting.toSorted((a, b) => a.message - b.message)
    const message = first === undefined ? null : messages.at(first.message)
    return message === null ? null : this.get({ key: message.app }, message.id)
  }

  /** Whoever fetched it has it. @throws {EventsError} conflict, when it is not one that is fetched, or nobody waits for it. */
  async acknowledge({ endpoint, message, status }: EventObject): Promise<void> {
    if (!this.#isPolled(endpoint) || status === 'failed') {
      throw new EventsError(
        'conflict',
        'Only events of registrations of the type Poll that wait to be fetched are acknowledged',
      )
    }
    const day: Day | null = this.#options.days.find(message.seq)
    await day?.store.commit((store) => {
      const row = store.get(selectOne, endpoint.key, message.seq)
      if (row?.['state'] !== STATES.open) return
      const standing = { state: 'sent', lane: 'held', tries: Number(row['tries']) + 1, dueAt: null } as const
      writeStanding(store, { endpoint: endpoint.key, message: message.seq }, standing)
    })
  }

  #isPolled(endpoint: Endpoint): boolean {
    return this.#options.endpoints.profileOf(endpoint).isPolled
  }

  *#met(endpoints: readonly Endpoint[], query: EventObjectQuery): Iterable<EventObject | Passed> {
    const { days, messages } = this.#options
    const rising = isRising(query)
    const byKey = new Map(endpoints.map((endpoint) => [endpoint.key, endpoint]))
    let { low, high } = seqRangeOf('msg', query)
    for (const { store } of rising ? days.oldestFirst() : days.newestFirst()) {
      for (;;) {
        const rows = endpoints
          .flatMap(({ key }) => store.all(rising ? selectRising : selectFalling, key, low, high, PER_READ))
          .toSorted((a, b) => (Number(a['message']) - Number(b['message'])) * (rising ? 1 : -1))
          .slice(0, PER_READ)
        for (const row of rows) {
          const message = messages.at(Number(row['message']))
          if (rising) low = Number(row['message'])
          else high = Number(row['message'])
          if (message === null) continue
          const object = objectFrom(row, byKey.get(Number(row['endpoint']))!, message)
          if (query.status == null || object.status === query.status) yield object
        }
        if (rows.length < PER_READ) break
        const last = messages.at(Number(rows.at(-1)!['message']))
        if (last !== null) yield new Passed(last.id)
      }
    }
  }
}

function objectFrom(row: Row, endpoint: Endpoint, message: Message): EventObject {
  const attempt = row['attempt'] as number | null
  return {
    id: message.id,
    endpoint,
    message,
    last: row['last'] as number | null,
    status: statusOf(row, attempt !== null),
    createdAt: message.acceptedAt,
    attemptedAt: attempt === null ? null : timeOfSeq(attempt),
  }
}

function statusOf({ state, lane }: Row, wasTried: boolean): EventObject['status'] {
  if (state === STATES.sent) return 'sent'
  if (state !== STATES.open) return 'failed'
  return lane === LANES.held && wasTried ? 'failed' : 'pending'
}
