import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Row, Statements } from '../ledger/group-store.ts'
import type { Days } from './days.ts'
import { openByHand, type Deliveries } from './deliveries.ts'
import { STATES, type DeliveryState } from './delivery.ts'
import type { Endpoint } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import { contentOf, isAskedFor, type MessageQuery } from './messages.ts'
import { parsedFrom } from './parsed-from.ts'
import { publicIdFrom, seqAt, timeOfSeq, type Sequence } from './public-id.ts'
import { wants } from './subscription.ts'
import type { Going, Task, Tasks } from './tasks.ts'

/**
 * Which messages an endpoint gets once more: those that failed or were cancelled, those that it never got, or of those whose
 * way to it has ended, however, the ones that are asked for.
 */
export type ReplayKind = 'recover' | 'replay' | 'bulk'

/** Of a `bulk` replay: null for whatever it is. */
export interface ReplayFilter extends Pick<MessageQuery, 'channel' | 'tag' | 'eventTypes'> {
  readonly states?: readonly DeliveryState[] | null
  /** 1 to 5, the first digit of its last status; 0 without an answer. */
  readonly statusClass?: number | null
}

export interface ReplaysOptions {
  readonly tasks: Tasks
  readonly days: Days
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly sequence: Sequence
  readonly endpointOf: (key: number) => Endpoint | null
  /** Told of an endpoint that has something more to send. */
  readonly onOpened: (endpoint: Endpoint) => void
  readonly onError: (error: unknown) => void
}

const BATCH = 100
const MOST_RUNNING = 5
const RUNNING_AGAIN_MS = 30_000
const STATE_NAMES = Object.keys(STATES) as readonly DeliveryState[]

const selectFailed = `
  SELECT message AS seq FROM delivery WHERE endpoint = ? AND message > ? AND message < ? AND state IN (2, 3)
  ORDER BY message LIMIT ?`
const selectMissing = `
  SELECT seq, event_type, channels, payload FROM message
  WHERE app = ? AND seq > ? AND seq < ? AND payload IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE endpoint = ? AND message = seq)
  ORDER BY seq LIMIT ?`
const selectEnded = `
  SELECT message.seq, delivery.state, event_type, channels, tags,
    (SELECT http_status FROM attempt WHERE attempt.message = delivery.message AND attempt.endpoint = delivery.endpoint
      ORDER BY attempt.seq DESC LIMIT 1) AS http_status
  FROM delivery JOIN message ON message.seq = delivery.message AND payload IS NOT NULL
  WHERE endpoint = ? AND delivery.message > ? AND delivery.message < ? AND state <> 0
  ORDER BY delivery.message LIMIT ?`

const selectDeliverAt = `SELECT deliver_at FROM message WHERE seq = ?`

interface Batch {
  /** Null when there is nothing behind. */
  readonly at: number | null
  readonly opened: number
}

/**
 * Puts messages of the past in line for an endpoint, a batch at a time, on the lane that live messages pass.
 *
 * How far it has come is on the disk: it goes on after a restart, and a batch that is done twice opens nothing twice.
 */
export class Replays implements AsyncDisposable {
  readonly #options: ReplaysOptions
  readonly #going = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: ReplaysOptions) {
    this.#options = options
  }

  /** Goes on with those that a restart has cut short. */
  start(): void {
    for (const { id, endpoint } of this.#options.tasks.running()) if (endpoint !== null) this.#run(id)
  }

  /** @throws {EventsError} conflict, when the endpoint is disabled; invalid, when the times are none. */
  async begin(
    kind: ReplayKind,
    endpoint: Endpoint,
    asked: { readonly since: number; readonly until: number | null; readonly filter?: ReplayFilter },
  ): Promise<Task> {
    const { tasks, clock, sequence } = this.#options
    const { since, until, filter = null } = asked
    const now = clock.now()
    if (endpoint.state === 'disabled') {
      throw new EventsError('conflict', 'The endpoint is disabled: enable it, then send again')
    }
    if (since >= (until ?? now))
      throw new EventsError('invalid', 'expected `since` to be before `until`, got a later time')
    if (tasks.running().filter((task) => task.endpoint === endpoint.key).length >= MOST_RUNNING) {
      const message = `expected at most ${MOST_RUNNING} recoveries and replays of an endpoint under way, got one more`
      throw new EventsError('limited', message, { retryAfterMs: RUNNING_AGAIN_MS })
    }
    const seq = sequence.next(now)
    const from = seqAt(since) - 1
    // What comes from now on comes by itself.
    const to = Math.min(seq, until === null ? seq : seqAt(until))
    const id = publicIdFrom('qtask', seq)
    const task = await tasks.begin({ id, endpoint: endpoint.key, kind, from, to, asked: filter }, now)
    this.#run(id)
    return task
  }

  /** What is in line already is sent; no more is put there. */
  async cancel(id: string): Promise<void> {
    await this.#end(id, 'cancelled')
  }

  #run(id: string): void {
    const going = this.#go(id)
      .catch(this.#options.onError)
      .finally(() => this.#going.delete(going))
    this.#going.add(going)
  }

  async #go(id: string): Promise<void> {
    const { tasks, clock, endpointOf, onOpened } = this.#options
    for (;;) {
      const task = tasks.going(id)
      if (this.#isClosed || task?.state !== 'running') return
      const endpoint = task.endpoint === null ? null : endpointOf(task.endpoint)
      if (endpoint === null || endpoint.state === 'disabled') return await this.#end(id, 'cancelled')
      const { at, opened } = await this.#openBatch(endpoint, task)
      if (opened > 0) onOpened(endpoint)
      if (at === null) return await this.#end(id, 'finished')
      await tasks.move(id, { at, opened, now: clock.now() })
      await afterOthers()
    }
  }

  async #end(id: string, state: 'finished' | 'cancelled'): Promise<void> {
    const { tasks, clock } = this.#options
    await tasks.end(id, { state, now: clock.now() })
  }

  /** The next messages behind those done, all of one day. */
  async #openBatch(endpoint: Endpoint, { kind, asked, at, to }: Going): Promise<Batch> {
    const { days, deliveries } = this.#options
    const range = { endpoint, from: at, to }
    for (const day of days.oldestFirst()) {
      if (seqAt(Date.parse(day.date) + DAY_MS) <= at || seqAt(Date.parse(day.date)) >= range.to) continue
      const batch = await day.store.commit((store) => {
        if (kind === 'bulk') return this.#openAsked(store, range, asked ?? {})
        return kind === 'recover' ? this.#openFailed(store, range) : this.#openMissing(store, range)
      })
      if (batch.opened > 0) deliveries.noteOpen(day)
      if (batch.at !== null) return batch
    }
    return { at: null, opened: 0 }
  }

  #openFailed(store: Statements, { endpoint, from, to }: Range): Batch {
    const found = store.all(selectFailed, endpoint.key, from, to, BATCH).map((row) => Number(row['seq']))
    for (const seq of found) this.#open(store, endpoint, seq)
    return { at: found.at(-1) ?? null, opened: found.length }
  }

  #openMissing(store: Statements, { endpoint, from, to }: Range): Batch {
    const rows = store.all(selectMissing, endpoint.app, from, to, endpoint.key, BATCH)
    const wanted = rows.filter((row) => {
      const channels = typeof row['channels'] === 'string' ? (JSON.parse(row['channels']) as string[]) : []
      const content = contentOf(row['payload'] as Uint8Array)
      return wants(endpoint, { eventType: String(row['event_type']), channels, content })
    })
    for (const row of wanted) this.#open(store, endpoint, Number(row['seq']))
    const last = rows.at(-1)
    return { at: last === undefined ? null : Number(last['seq']), opened: wanted.length }
  }

  #openAsked(store: Statements, { endpoint, from, to }: Range, filter: ReplayFilter): Batch {
    const rows = store.all(selectEnded, endpoint.key, from, to, BATCH)
    const found = rows.filter((row) => isWanted(row, filter)).map((row) => Number(row['seq']))
    for (const seq of found) this.#open(store, endpoint, seq)
    const last = rows.at(-1)
    return { at: last === undefined ? null : Number(last['seq']), opened: found.length }
  }

  #open(store: Statements, endpoint: Endpoint, message: number): void {
    const isActive = this.#options.endpointOf(endpoint.key)?.state === 'active'
    const [lane, dueAt] = isActive
      ? (['bulk', this.#options.clock.now()] as const)
      : (['held', timeOfSeq(message)] as const)
    const deliverAt = Number(store.get(selectDeliverAt, message)?.['deliver_at'] ?? 0)
    openByHand(store, { endpoint: endpoint.key, message }, { lane, dueAt: Math.max(dueAt, deliverAt) })
  }

  /** What is left goes on with the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#going)
  }
}

interface Range {
  readonly endpoint: Endpoint
  readonly from: number
  readonly to: number
}

const DAY_MS = 86_400_000

function isWanted(row: Row, { states = null, statusClass = null, ...filter }: ReplayFilter): boolean {
  if (states !== null && !states.includes(STATE_NAMES[Number(row['state'])]!)) return false
  if (statusClass !== null && Math.floor(Number(row['http_status'] ?? 0) / 100) !== statusClass) return false
  const list = (name: string): readonly string[] => (parsedFrom(row[name]) ?? []) as string[]
  return isAskedFor({ eventType: String(row['event_type']), channels: list('channels'), tags: list('tags') }, filter)
}
