import type { Row } from '../ledger/group-store.ts'
import type { App } from './apps.ts'
import type { Days } from './days.ts'
import type { Deliveries } from './deliveries.ts'
import { STATE_OF, STATES, type DeliveryState } from './delivery.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import { isAskedFor, seqRangeOf, type Message, type MessageQuery, type Messages } from './messages.ts'
import type { Outbox } from './outbox.ts'
import { isRising, pageFrom, pageOf, Passed, type Page, type PageQuery } from './page.ts'
import { seqAt } from './public-id.ts'
import { tallyOf, type Tally } from './tally.ts'

/** How far a message has come on its way to an endpoint. */
export interface Stand {
  readonly state: DeliveryState
  /** While it is open and not held: when it is tried next. */
  readonly nextAt: number | null
}

export interface ProgressQuery extends MessageQuery {
  readonly states?: readonly DeliveryState[] | null
}

export interface ProgressParts {
  readonly days: Days
  readonly deliveries: Pick<Deliveries, 'nextDueAt'>
  readonly endpoints: Pick<Endpoints, 'ofApp'>
  readonly messages: Pick<Messages, 'at'>
  readonly outboxOf: (endpoint: number) => Pick<Outbox, 'underWay'> | null
}

const PER_READ = 100
const HELD = 2
const STATE_NAMES = Object.keys(STATES) as readonly DeliveryState[]

const selectStand = `SELECT ${STATE_OF} AS state, lane, due_at FROM delivery WHERE endpoint = ? AND message = ?`
const selectRising = `
  SELECT message, ${STATE_OF} AS state, lane, due_at FROM delivery WHERE endpoint = ? AND message > ? AND message < ?
  ORDER BY message LIMIT ?`
const selectFalling = `
  SELECT message, ${STATE_OF} AS state, lane, due_at FROM delivery WHERE endpoint = ? AND message > ? AND message < ?
  ORDER BY message DESC LIMIT ?`

/** What became of messages at endpoints: as lists, and in numbers. */
export class Progress {
  readonly #parts: ProgressParts

  constructor(parts: ProgressParts) {
    this.#parts = parts
  }

  /** The endpoints that a message is or was for, of those that its app has now. */
  ofMessage(app: App, message: Message, query: PageQuery): Page<Stand & { readonly endpoint: Endpoint }> {
    const { days, endpoints } = this.#parts
    const store = days.find(message.seq)?.store
    const found = endpoints.ofApp(app).flatMap((endpoint) => {
      const row = store?.get(selectStand, endpoint.key, message.seq)
      return row === undefined ? [] : [{ ...standFrom(row), endpoint }]
    })
    return pageOf(found, query, ({ endpoint }) => endpoint.id)
  }

  ofEndpoint(endpoint: Endpoint, query: ProgressQuery): Page<Stand & { readonly message: Message }> {
    return pageFrom(this.#met(endpoint, query), query)
  }

  /** When the oldest message was accepted that waits for the restart of an endpoint; null when none does. */
  heldSince({ key }: Pick<Endpoint, 'key'>): number | null {
    return this.#parts.deliveries.nextDueAt(key, { lane: 'held', after: -1 })
  }

  /** Of the messages accepted between two instants. */
  async tally(
    endpoint: Pick<Endpoint, 'key'>,
    { since, until }: { readonly since: number; readonly until: number },
  ): Promise<Tally> {
    return await tallyOf(this.#parts.days, endpoint.key, { from: seqAt(since) - 1, to: seqAt(until) })
  }

  /** Of the same, open ones for which a call is under way. */
  underWay(
    { key }: Pick<Endpoint, 'key'>,
    { since, until }: { readonly since: number; readonly until: number },
  ): number {
    return this.#parts.outboxOf(key)?.underWay({ from: seqAt(since) - 1, to: seqAt(until) }) ?? 0
  }

  *#met(endpoint: Endpoint, query: ProgressQuery): Iterable<(Stand & { readonly message: Message }) | Passed> {
    const { days, messages } = this.#parts
    const rising = isRising(query)
    let { low, high } = seqRangeOf('msg', query)
    for (const { store } of rising ? days.oldestFirst() : days.newestFirst()) {
      for (;;) {
        const rows = store.all(rising ? selectRising : selectFalling, endpoint.key, low, high, PER_READ)
        for (const row of rows) {
          const seq = Number(row['message'])
          if (rising) low = seq
          else high = seq
          const stand = standFrom(row)
          if (query.states?.includes(stand.state) === false) continue
          const message = messages.at(seq)
          if (message !== null && isAskedFor(message, query)) yield { ...stand, message }
        }
        if (rows.length < PER_READ) break
        const last = messages.at(Number(rows.at(-1)!['message']))
        if (last !== null) yield new Passed(last.id)
      }
    }
  }
}

function standFrom(row: Row): Stand {
  const isHeld = row['lane'] === HELD
  return { state: STATE_NAMES[Number(row['state'])]!, nextAt: isHeld ? null : (row['due_at'] as number | null) }
}
