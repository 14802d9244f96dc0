import { setImmediate as afterOthers } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { GroupStore, Row, Statements } from '../ledger/group-store.ts'
import type { Days } from './days.ts'
import { openByHand, type Deliveries } from './deliveries.ts'
import type { Endpoint } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import { contentOf } from './messages.ts'
import { publicIdFrom, seqAt, timeOfSeq, type Sequence } from './public-id.ts'
import { wants } from './subscription.ts'

/** Which messages an endpoint gets once more: those that failed or were cancelled, or those that it never got. */
export type ReplayKind = 'recover' | 'replay'

export interface ReplayTask {
  readonly id: string
  readonly endpoint: number
  readonly kind: ReplayKind
  readonly since: number
  readonly until: number
  /** Messages that were put in line by it so far. */
  readonly done: number
  readonly state: 'running' | 'finished' | 'cancelled'
  readonly madeAt: number
  readonly changedAt: number
}

export interface ReplaysOptions {
  readonly store: GroupStore
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

const insertTask = `
  INSERT INTO task (id, endpoint, kind, since_seq, until_seq, at_seq, state, made_at, changed_at)
  VALUES (?, ?, ?, ?, ?, ?, 'running', ?, ?) RETURNING *`
const moveTask = `
  UPDATE task SET at_seq = ?, done = done + ?, changed_at = ? WHERE id = ? AND state = 'running' RETURNING *`
const endTask = `UPDATE task SET state = ?, changed_at = ? WHERE id = ? AND state = 'running'`
const selectTask = `SELECT * FROM task WHERE id = ?`
const selectRunning = `SELECT * FROM task WHERE state = 'running' ORDER BY id`
const selectFailed = `
  SELECT message AS seq FROM delivery WHERE endpoint = ? AND message > ? AND message < ? AND state IN (2, 3)
  ORDER BY message LIMIT ?`
const selectMissing = `
  SELECT seq, event_type, channels, payload FROM message
  WHERE app = ? AND seq > ? AND seq < ? AND payload IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM delivery WHERE endpoint = ? AND message = seq)
  ORDER BY seq LIMIT ?`

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
    for (const row of this.#options.store.all(selectRunning)) this.#run(String(row['id']))
  }

  /** @throws {EventsError} conflict, when the endpoint is disabled; invalid, when the times are none. */
  async begin(
    kind: ReplayKind,
    endpoint: Endpoint,
    { since, until }: { readonly since: number; readonly until: number | null },
  ): Promise<ReplayTask> {
    const { store, clock, sequence } = this.#options
    const now = clock.now()
    if (endpoint.state === 'disabled') {
      throw new EventsError('conflict', 'The endpoint is disabled: enable it, then send again')
    }
    if (since >= (until ?? now))
      throw new EventsError('invalid', 'expected `since` to be before `until`, got a later time')
    const seq = sequence.next(now)
    const from = seqAt(since) - 1
    // What comes from now on comes by itself.
    const to = Math.min(seq, until === null ? seq : seqAt(until))
    const id = publicIdFrom('qtask', seq)
    const values = [id, endpoint.key, kind, from, to, from, now, now]
    const task = await store.commit((store) => taskFrom(store.get(insertTask, ...values)!))
    this.#run(id)
    return task
  }

  /** Null when there is none of this id. */
  find(id: string): ReplayTask | null {
    const row = this.#options.store.get(selectTask, id)
    return row === undefined ? null : taskFrom(row)
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
    const { store, clock, endpointOf, onOpened } = this.#options
    for (;;) {
      const row = store.get(selectTask, id)
      if (this.#isClosed || row?.['state'] !== 'running') return
      const endpoint = endpointOf(Number(row['endpoint']))
      if (endpoint === null || endpoint.state === 'disabled') return await this.#end(id, 'cancelled')
      const { at, opened } = await this.#openBatch(endpoint, row)
      if (opened > 0) onOpened(endpoint)
      if (at === null) return await this.#end(id, 'finished')
      await store.commit((store) => void store.get(moveTask, at, opened, clock.now(), id))
      await afterOthers()
    }
  }

  async #end(id: string, state: 'finished' | 'cancelled'): Promise<void> {
    const { store, clock } = this.#options
    await store.commit((store) => void store.run(endTask, state, clock.now(), id))
  }

  /** The next messages behind those done, all of one day. */
  async #openBatch(endpoint: Endpoint, row: Row): Promise<Batch> {
    const { days, deliveries } = this.#options
    const at = Number(row['at_seq'])
    const range = { endpoint, from: at, to: Number(row['until_seq']) }
    for (const day of days.oldestFirst()) {
      if (seqAt(Date.parse(day.date) + DAY_MS) <= at || seqAt(Date.parse(day.date)) >= range.to) continue
      const batch = await day.store.commit((store) =>
        row['kind'] === 'recover' ? this.#openFailed(store, range) : this.#openMissing(store, range),
      )
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

  #open(store: Statements, endpoint: Endpoint, message: number): void {
    const isActive = this.#options.endpointOf(endpoint.key)?.state === 'active'
    const [lane, dueAt] = isActive
      ? (['bulk', this.#options.clock.now()] as const)
      : (['held', timeOfSeq(message)] as const)
    openByHand(store, { endpoint: endpoint.key, message }, { lane, dueAt })
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

function taskFrom(row: Row): ReplayTask {
  return {
    id: String(row['id']),
    endpoint: Number(row['endpoint']),
    kind: row['kind'] as ReplayKind,
    since: timeOfSeq(Number(row['since_seq']) + 1),
    until: timeOfSeq(Number(row['until_seq'])),
    done: Number(row['done']),
    state: row['state'] as ReplayTask['state'],
    madeAt: Number(row['made_at']),
    changedAt: Number(row['changed_at']),
  }
}
