import { createHash } from 'node:crypto'
import type { SQLInputValue } from 'node:sqlite'
import type { Clock } from '../clock.ts'
import type { Statements } from '../ledger/group-store.ts'
import { checkPayload } from '../profile/profile.ts'
import type { App } from './apps.ts'
import type { Ceilings } from './ceilings.ts'
import type { Day, Days } from './days.ts'
import type { Deliveries } from './deliveries.ts'
import { GATHERING, LANES, type Lane } from './delivery.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import type { Keeping } from './keeping.ts'
import { checkMessage } from './message-rules.ts'
import { insertMessage, MESSAGE_COLUMNS, messageFrom } from './message-row.ts'
import { isRising, pageFrom, Passed, type Page, type PageQuery } from './page.ts'
import { publicIdFrom, seqAt, seqFrom, timeOfSeq, type IdPrefix, type Sequence } from './public-id.ts'
import { wants } from './subscription.ts'

export interface MessageIn {
  readonly eventType: string
  /** What is stored, signed and sent, byte for byte. */
  readonly payload: Uint8Array
  /** A name of the caller's own: the second message of that name within a day is not taken, the first is given back. */
  readonly eventId: string | null
  readonly channels: readonly string[]
  readonly tags: readonly string[]
  /** Sent with it, besides those of its endpoint. */
  readonly headers: Readonly<Record<string, string>>
  /** The request's own key: sent again within a day it gives the same message, whatever else it says. */
  readonly requestKey?: string | null
  /** The payload is forgotten so much after it was accepted; null for when all others are. */
  readonly payloadKeptMs?: number | null
  /** It is not sent before this instant; null for at once. */
  readonly deliverAt?: number | null
  /** Who gets it, whatever they have asked for; without it, whoever wants it. */
  readonly only?: Endpoint
}

/** One event, accepted once. */
export interface Message extends Omit<MessageIn, 'payload' | 'requestKey' | 'payloadKeptMs' | 'only'> {
  readonly deliverAt: number | null
  /** Its place in time, which orders all messages. */
  readonly seq: number
  readonly id: string
  readonly app: number
  readonly acceptedAt: number
}

export interface MessageQuery extends PageQuery {
  /** Instants: at or after, and before. */
  readonly after?: number | null
  readonly before?: number | null
  readonly channel?: string | null
  readonly tag?: string | null
  readonly eventTypes?: readonly string[] | null
}

export interface Accepted {
  readonly message: Message
  readonly isNew: boolean
  /** It came of this very request, sent before; not of another one that has the same event id. */
  readonly isSameRequest: boolean
}

export interface MessagesOptions {
  readonly days: Days
  readonly endpoints: Endpoints
  readonly sequence: Sequence
  readonly clock: Clock
  readonly deliveries: Pick<Deliveries, 'noteOpen'>
  readonly keeping: Pick<Keeping, 'take' | 'longestMs'>
  readonly ceilings: Pick<Ceilings, 'take' | 'note'>
  /** Told of a message that is on the disk, and of the endpoints that it is for, with the lane that it was put into. */
  readonly onAccepted: (
    cargo: { readonly message: Message; readonly payload: Uint8Array },
    targets: readonly Target[],
  ) => void
}

/** An endpoint that a message is for, and where it waits for it. */
export interface Target {
  readonly endpoint: Endpoint
  readonly lane: Lane | 'gathering'
}

const insertDelivery = `INSERT INTO delivery (endpoint, message, state, lane, due_at) VALUES (?, ?, 0, ?, ?)`
const insertShort = `INSERT INTO short_payload (message, until) VALUES (?, ?)`
const insertRequest = `INSERT INTO request (app, key, message) VALUES (?, ?, ?)`
const selectMessage = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE seq = ?`
const selectByEventId = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE app = ? AND event_id = ?`
const selectByRequest = `
  SELECT ${MESSAGE_COLUMNS} FROM message WHERE seq = (SELECT message FROM request WHERE app = ? AND key = ?)`
const selectPayload = `SELECT payload FROM message WHERE seq = ?`
const expungePayload = `UPDATE message SET payload = NULL, headers = NULL WHERE seq = ?`
const selectRising = `
  SELECT ${MESSAGE_COLUMNS} FROM message WHERE app = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?`
const selectFalling = `
  SELECT ${MESSAGE_COLUMNS} FROM message WHERE app = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?`

const PER_READ = 100
/** What a message, or a delivery with its attempts, takes on the disk besides, more or less. */
const ROW_BYTES = 400

/** The messages of all apps, in the files of their days. */
export class Messages {
  readonly #options: MessagesOptions

  constructor(options: MessagesOptions) {
    this.#options = options
  }

  /**
   * Accepts a message for whatever endpoint wants it; resolves when neither it nor one of its deliveries can be lost.
   *
   * @throws {EventsError} invalid, limited; {HookcastError} HOOKCAST_STORAGE_FULL.
   */
  async accept(app: App, input: MessageIn): Promise<Accepted> {
    const now = this.#options.clock.now()
    checkMessage(input, { longestMs: this.#options.keeping.longestMs, now })
    const wanting = input.only === undefined ? this.#wanting(app, input) : [input.only]
    this.#checkPayload(app, wanting, input)
    const { days, deliveries, sequence, keeping, ceilings, onAccepted } = this.#options
    const bytes = input.payload.byteLength + ROW_BYTES * (1 + wanting.length)
    ceilings.take(app, { bytes, deliveries: wanting.length })
    keeping.take(bytes)
    const seq = sequence.next(now)
    const { payload, requestKey = null, payloadKeptMs = null, deliverAt = null, only: _, ...rest } = input
    const key = requestKey === null ? null : createHash('sha256').update(requestKey).digest()
    const acceptedAt = timeOfSeq(seq)
    const message = { ...rest, deliverAt, seq, id: publicIdFrom('msg', seq), app: app.key, acceptedAt }
    const day = days.at(seq)
    const accepted = await day.store.commit((store) => {
      const sent = key === null ? null : this.#known(store, { day, query: selectByRequest, values: [app.key, key] })
      const known = sent ?? this.#ofEventId(store, day, message)
      if (known !== null) return { message: known, isSameRequest: sent !== null, targets: null }
      insertMessage(store, message, payload)
      ceilings.note(store, app, bytes)
      if (payloadKeptMs !== null) store.run(insertShort, seq, acceptedAt + payloadKeptMs)
      if (key !== null) store.run(insertRequest, app.key, key, seq)
      // As they are now: whoever is suspended from here on holds what is there by then.
      const endpoints = wanting.flatMap(({ key }) => this.#options.endpoints.of(key) ?? [])
      const targets = endpoints.flatMap((endpoint) => this.#targetFrom(endpoint, input.only !== undefined) ?? [])
      for (const { endpoint, lane } of targets) {
        const place = lane === 'gathering' ? GATHERING : LANES[lane]
        // What is live is due by this clock, which may have been put back; the others lie in the order of acceptance.
        const dueAt = lane === 'live' && deliverAt === null ? now : firstDueAt(message)
        store.run(insertDelivery, endpoint.key, seq, place, dueAt)
      }
      return { message, isSameRequest: false, targets }
    })
    const { isSameRequest } = accepted
    if (accepted.targets === null) return { message: accepted.message, isNew: false, isSameRequest }
    deliveries.noteOpen(day)
    onAccepted({ message, payload }, accepted.targets)
    return { message, isNew: true, isSameRequest }
  }

  /** Those that a message is for, of the endpoints of an app that are not disabled. */
  #wanting(app: App, { eventType, channels, payload }: MessageIn): readonly Endpoint[] {
    const offer = { eventType, channels, content: contentOf(payload) }
    return this.#options.endpoints
      .ofApp(app)
      .filter((endpoint) => endpoint.state !== 'disabled' && wants(endpoint, offer))
  }

  #targetFrom(endpoint: Endpoint, isAlone: boolean): Target | null {
    if (endpoint.state === 'disabled') return null
    const { gathering, isPolled } = this.#options.endpoints.profileOf(endpoint)
    if (gathering !== null && !isAlone) return { endpoint, lane: 'gathering' }
    return { endpoint, lane: endpoint.state === 'active' && !isPolled ? 'live' : 'held' }
  }

  /** Each has to be able to send it, and so has whoever else may come to the app. */
  #checkPayload(app: App, wanting: readonly Endpoint[], { payload, deliverAt = null }: MessageIn): void {
    const { endpoints } = this.#options
    for (const profile of new Set([endpoints.profileOfApp(app), ...wanting.map((one) => endpoints.profileOf(one))])) {
      if (deliverAt !== null && profile.gathering !== null) {
        throw new EventsError('invalid', 'expected no `deliverAt`: an endpoint gathers messages as they come, got one')
      }
      const problem = checkPayload(profile, payload)
      if (problem === null) continue
      throw new EventsError(payload.byteLength > profile.payloadBytes ? 'large' : 'invalid', problem)
    }
  }

  #ofEventId(store: Statements, day: Day, { app, eventId }: Message): Message | null {
    return eventId === null ? null : this.#known(store, { day, query: selectByEventId, values: [app, eventId] })
  }

  /** The first message that fits: of this day, or of the one before. */
  #known(
    store: Statements,
    { day, query, values }: { readonly day: Day; readonly query: string; readonly values: readonly SQLInputValue[] },
  ): Message | null {
    const before = this.#options.days.before(day)
    // What came before midnight may be waiting for its commit.
    before?.store.flush()
    const row = store.get(query, ...values) ?? before?.store.get(query, ...values)
    return row === undefined ? null : messageFrom(row)
  }

  find(app: Pick<App, 'key'>, ref: string): Message | null {
    const seq = seqFrom('msg', ref)
    const message = seq === null ? null : this.at(seq)
    if (message !== null) return message.id === ref && message.app === app.key ? message : null
    for (const { store } of this.#options.days.newestFirst()) {
      const row = store.get(selectByEventId, app.key, ref)
      if (row !== undefined) return messageFrom(row)
    }
    return null
  }

  /** @throws {EventsError} unknown: also when it is another app's. */
  get(app: Pick<App, 'key'>, ref: string): Message {
    const message = this.find(app, ref)
    if (message === null) throw new EventsError('unknown', 'No such message')
    return message
  }

  at(seq: number): Message | null {
    const row = this.#options.days.find(seq)?.store.get(selectMessage, seq)
    return row === undefined ? null : messageFrom(row)
  }

  /** Null once it was expunged. */
  payloadOf({ seq }: Pick<Message, 'seq'>): Uint8Array | null {
    const payload = this.#options.days.find(seq)?.store.get(selectPayload, seq)?.['payload']
    return (payload as Uint8Array | null | undefined) ?? null
  }

  /** Forgets what it said, for good; deliveries that are open are made no more. */
  async expunge({ seq }: Pick<Message, 'seq'>): Promise<void> {
    await this.#options.days.find(seq)?.store.commit((store) => void store.run(expungePayload, seq))
  }

  list(app: Pick<App, 'key'>, query: MessageQuery): Page<Message> {
    return pageFrom(this.#met(app, query), query)
  }

  /** On the way that the query goes, from its cursor on. */
  *#met(app: Pick<App, 'key'>, query: MessageQuery): Iterable<Message | Passed> {
    const { days } = this.#options
    const rising = isRising(query)
    let { low, high } = seqRangeOf('msg', query)
    for (const { store } of rising ? days.oldestFirst() : days.newestFirst()) {
      for (;;) {
        const rows = store.all(rising ? selectRising : selectFalling, app.key, low, high, PER_READ)
        for (const row of rows) {
          const message = messageFrom(row)
          if (rising) low = message.seq
          else high = message.seq
          if (isAskedFor(message, query)) yield message
        }
        if (rows.length < PER_READ) break
        yield new Passed(String(rows.at(-1)!['id']))
      }
    }
  }
}

/** When it may be sent. */
export function firstDueAt({ acceptedAt, deliverAt }: Pick<Message, 'acceptedAt' | 'deliverAt'>): number {
  return Math.max(acceptedAt, deliverAt ?? 0)
}

/** The places between which a query looks, both left out. */
export function seqRangeOf(prefix: IdPrefix, query: MessageQuery): { readonly low: number; readonly high: number } {
  const low = query.after == null ? 0 : seqAt(query.after) - 1
  const high = query.before == null ? Number.MAX_SAFE_INTEGER : seqAt(query.before)
  const from = query.cursor === null ? null : seqFrom(prefix, query.cursor.id)
  if (from === null) return { low, high }
  return isRising(query) ? { low: Math.max(low, from), high } : { low, high: Math.min(high, from) }
}

/** The payload as JSON, parsed once, when first asked for; undefined when it is none. */
export function contentOf(payload: Uint8Array): () => unknown {
  let content: { readonly value: unknown } | null = null
  return () => {
    content ??= { value: parsed(payload) }
    return content.value
  }
}

function parsed(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}

export function isAskedFor(
  { eventType, channels, tags }: Pick<Message, 'eventType' | 'channels' | 'tags'>,
  query: Pick<MessageQuery, 'channel' | 'tag' | 'eventTypes'>,
): boolean {
  if (query.eventTypes != null && !query.eventTypes.includes(eventType)) return false
  if (query.channel != null && !channels.includes(query.channel)) return false
  return query.tag == null || tags.includes(query.tag)
}
