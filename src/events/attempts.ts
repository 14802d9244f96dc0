import type { Row, Statements } from '../ledger/group-store.ts'
import type { Days } from './days.ts'
import { TRIGGERS, type Trigger } from './delivery.ts'
import type { Endpoint } from './endpoints.ts'
import { EventsError } from './events-error.ts'
import { isAskedFor, seqRangeOf, type Message, type MessageQuery } from './messages.ts'
import { isRising, pageFrom, Passed, type Page } from './page.ts'
import { timeOfSeq } from './public-id.ts'

/** One call of a delivery. */
export interface Attempt {
  readonly seq: number
  readonly id: string
  readonly endpoint: number
  readonly message: number
  readonly at: number
  readonly hasSucceeded: boolean
  /** Null without an answer. */
  readonly httpStatus: number | null
  /** Why there is no answer; null when there is one. */
  readonly code: string | null
  readonly trigger: Trigger
  /** Where it went. */
  readonly url: string
  readonly latencyMs: number
  /** What the receiver said, or why it said nothing; null once expunged. Cut to 1 kB, but for the last failures. */
  readonly answer: string | null
}

export interface AttemptQuery extends MessageQuery {
  readonly hasSucceeded?: boolean | null
  /** 1 to 5: the first digit of the status. */
  readonly statusClass?: number | null
}

const KEPT_BYTES = 1024
const SLOTS = 20
const PER_READ = 100

const insertAttempt = `
  INSERT INTO attempt (endpoint, seq, message, id, has_succeeded, http_status, code, trigger, url, latency_ms, answer)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const upsertLongAnswer = `
  INSERT INTO long_answer (endpoint, slot, attempt, answer) VALUES (?, ?, ?, ?)
  ON CONFLICT (endpoint, slot) DO UPDATE SET attempt = excluded.attempt, answer = excluded.answer`
const selectSlot = `SELECT slot FROM long_answer WHERE endpoint = ? ORDER BY attempt DESC LIMIT 1`
const selectLongAnswer = `SELECT answer FROM long_answer WHERE endpoint = ? AND attempt = ?`
const selectOfMessage = `SELECT * FROM attempt WHERE message = ? ORDER BY seq`
const selectRising = `SELECT * FROM attempt WHERE endpoint = ? AND seq > ? AND seq < ? ORDER BY seq LIMIT ?`
const selectFalling = `SELECT * FROM attempt WHERE endpoint = ? AND seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?`
const expungeAnswer = `UPDATE attempt SET answer = NULL WHERE endpoint = ? AND seq = ?`
const expungeLongAnswer = `DELETE FROM long_answer WHERE endpoint = ? AND attempt = ?`

/** Writes an attempt, with the whole answer for as long as it is one of the last failures. */
export function writeAttempt(store: Statements, attempt: Attempt): void {
  const { endpoint, seq, message, id, httpStatus, code, url, latencyMs } = attempt
  const answer = attempt.answer ?? ''
  const kept = Buffer.byteLength(answer) > KEPT_BYTES ? cutTo(answer, KEPT_BYTES) : answer
  const [hasSucceeded, trigger] = [Number(attempt.hasSucceeded), TRIGGERS[attempt.trigger]]
  store.run(
    insertAttempt,
    endpoint,
    seq,
    message,
    id,
    hasSucceeded,
    httpStatus,
    code,
    trigger,
    url,
    Math.round(latencyMs),
    kept,
  )
  if (attempt.hasSucceeded || kept === answer) return
  const slot = (Number(store.get(selectSlot, endpoint)?.['slot'] ?? -1) + 1) % SLOTS
  store.run(upsertLongAnswer, endpoint, slot, seq, answer)
}

function cutTo(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes), { stream: true })
}

/** The attempts of all apps; each lies in the file of its message's day. */
export class Attempts {
  readonly #days: Days
  readonly #messageAt: (seq: number) => Message | null

  constructor(days: Days, messageAt: (seq: number) => Message | null) {
    this.#days = days
    this.#messageAt = messageAt
  }

  ofMessage(message: Message, query: AttemptQuery & { readonly endpoint?: number | null }): Page<Attempt> {
    const rows = this.#days.find(message.seq)?.store.all(selectOfMessage, message.seq) ?? []
    const attempts = rows.map((row) => this.#from(row)).filter((attempt) => isWanted(attempt, query))
    const rising = isRising(query)
    const { low, high } = seqRangeOf('atmpt', query)
    const met = (rising ? attempts : attempts.toReversed()).filter(({ seq }) => seq > low && seq < high)
    return pageFrom(met, query)
  }

  /** In the order of their time, of whatever day their messages are. */
  ofEndpoint({ key }: Pick<Endpoint, 'key'>, query: AttemptQuery): Page<Attempt> {
    return pageFrom(this.#met(key, query), query)
  }

  /** @throws {EventsError} unknown */
  get(message: Message, id: string): Attempt {
    const rows = this.#days.find(message.seq)?.store.all(selectOfMessage, message.seq) ?? []
    const row = rows.find((row) => row['id'] === id)
    if (row === undefined) throw new EventsError('unknown', 'No such attempt')
    return this.#from(row)
  }

  /** Forgets what the receiver said. */
  async expunge({ message, endpoint, seq }: Attempt): Promise<void> {
    await this.#days.find(message)?.store.commit((store) => {
      store.run(expungeAnswer, endpoint, seq)
      store.run(expungeLongAnswer, endpoint, seq)
    })
  }

  *#met(endpoint: number, query: AttemptQuery): Iterable<Attempt | Passed> {
    const rising = isRising(query)
    let { low, high } = seqRangeOf('atmpt', query)
    for (;;) {
      // Messages of several days are tried at the same time: the next of each is looked at.
      const rows = this.#days
        .oldestFirst()
        .flatMap(({ store }) => store.all(rising ? selectRising : selectFalling, endpoint, low, high, PER_READ))
      const sorted = rows.toSorted((a, b) => (Number(a['seq']) - Number(b['seq'])) * (rising ? 1 : -1))
      const read = sorted.slice(0, PER_READ)
      for (const row of read) {
        const attempt = this.#from(row)
        if (rising) low = attempt.seq
        else high = attempt.seq
        if (isWanted(attempt, query) && this.#isOfWantedMessage(attempt, query)) yield attempt
      }
      if (read.length < PER_READ) return
      yield new Passed(String(read.at(-1)!['id']))
    }
  }

  #isOfWantedMessage({ message }: Attempt, query: AttemptQuery): boolean {
    if (query.channel == null && query.tag == null && query.eventTypes == null) return true
    const of = this.#messageAt(message)
    return of !== null && isAskedFor(of, query)
  }

  #from(row: Row): Attempt {
    const [endpoint, seq, message] = [Number(row['endpoint']), Number(row['seq']), Number(row['message'])]
    const long = this.#days.find(message)?.store.get(selectLongAnswer, endpoint, seq)
    return {
      seq,
      id: String(row['id']),
      endpoint,
      message,
      at: timeOfSeq(seq),
      hasSucceeded: row['has_succeeded'] === 1,
      httpStatus: row['http_status'] as number | null,
      code: row['code'] as string | null,
      trigger: row['trigger'] === TRIGGERS.manual ? 'manual' : 'scheduled',
      url: String(row['url']),
      latencyMs: Number(row['latency_ms']),
      answer: (long?.['answer'] ?? row['answer']) as string | null,
    }
  }
}

function isWanted(
  { endpoint, hasSucceeded, httpStatus }: Attempt,
  query: AttemptQuery & { readonly endpoint?: number | null },
): boolean {
  if (query.endpoint != null && endpoint !== query.endpoint) return false
  if (query.hasSucceeded != null && hasSucceeded !== query.hasSucceeded) return false
  return query.statusClass == null || (httpStatus !== null && Math.floor(httpStatus / 100) === query.statusClass)
}
