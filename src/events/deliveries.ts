import type { Row, Statements } from '../ledger/group-store.ts'
import type { Day, Days } from './days.ts'
import { LANES, STATES, TRIGGERS, type DueDelivery, type Lane } from './delivery.ts'
import type { Standing } from './standing.ts'

const selectDue = `
  SELECT * FROM delivery WHERE endpoint = ? AND lane = ? AND due_at <= ? ORDER BY due_at, message LIMIT ?`
/** Its order is that of acceptance: a clock that was put back holds up nothing; what is to be sent later is. */
const selectHeld = `
  SELECT * FROM delivery WHERE endpoint = ? AND lane = ? AND due_at IS NOT NULL AND (due_at <= ? OR due_at <= message / 1024)
  ORDER BY due_at, message LIMIT ?`
const selectNextDue = `
  SELECT min(due_at) AS due_at FROM delivery WHERE endpoint = ? AND lane = ? AND due_at > ?`
const selectHasOpen = `SELECT 1 FROM delivery WHERE due_at IS NOT NULL LIMIT 1`
/** Each endpoint once, by leaping over its rows: a backlog of one is not read for it. */
const selectOpenEndpoints = `
  WITH RECURSIVE open (endpoint) AS (
    SELECT min(endpoint) FROM delivery WHERE due_at IS NOT NULL
    UNION ALL
    SELECT (SELECT min(endpoint) FROM delivery WHERE due_at IS NOT NULL AND endpoint > open.endpoint)
    FROM open WHERE endpoint IS NOT NULL
  )
  SELECT endpoint FROM open WHERE endpoint IS NOT NULL`
const countOpen = `SELECT count(*) AS count FROM delivery WHERE endpoint = ? AND lane = ? AND due_at IS NOT NULL`
const updateDelivery = `
  UPDATE delivery SET state = ?, lane = ?, tries = ?, due_at = ? WHERE endpoint = ? AND message = ?`
const beginAgain = `
  INSERT INTO delivery (endpoint, message, state, lane, tries, trigger, due_at) VALUES (?, ?, 0, ?, 0, 1, ?)
  ON CONFLICT (endpoint, message) DO UPDATE
    SET state = 0, lane = excluded.lane, tries = 0, trigger = 1, due_at = excluded.due_at`
/** In the order in which their messages were accepted: a place in time is 1024 times its milliseconds. */
const holdOpen = `
  UPDATE delivery
  SET lane = 2, tries = 0,
    due_at = max(message / 1024, coalesce((SELECT deliver_at FROM message WHERE seq = delivery.message), 0))
  WHERE (endpoint, message) IN (
    SELECT endpoint, message FROM delivery WHERE endpoint = ? AND lane = ? AND due_at IS NOT NULL LIMIT ?)`
const endOpen = `
  UPDATE delivery SET state = ?, due_at = NULL WHERE (endpoint, message) IN (
    SELECT endpoint, message FROM delivery WHERE endpoint = ? AND due_at IS NOT NULL LIMIT ?)`
const expireHeld = `
  UPDATE delivery SET state = ?, due_at = NULL WHERE (endpoint, message) IN (
    SELECT endpoint, message FROM delivery
    WHERE endpoint = ? AND lane = ? AND due_at IS NOT NULL ORDER BY due_at, message LIMIT ?)`
const countOpenByEndpoint = `SELECT endpoint, count(*) AS count FROM delivery WHERE due_at IS NOT NULL GROUP BY endpoint`

/** The deliveries that are open, in the files of their days. */
export class Deliveries {
  /** Days with open deliveries; one that has none any more does no harm. */
  readonly #open = new Set<Day>()

  constructor(days: Days) {
    for (const day of days.oldestFirst()) if (day.store.get(selectHasOpen) !== undefined) this.#open.add(day)
  }

  /** A delivery of this day may be open from now on. */
  noteOpen(day: Day): void {
    if (!this.#open.has(day)) this.#open.add(day)
  }

  /** Whether a delivery of this day is open still. */
  isOpen(day: Day): boolean {
    return this.#open.has(day) && day.store.get(selectHasOpen) !== undefined
  }

  forget(day: Day): void {
    this.#open.delete(day)
  }

  /** Those that may have open deliveries, oldest first. */
  openDays(): readonly Day[] {
    return [...this.#open].toSorted((a, b) => (a.date < b.date ? -1 : 1))
  }

  endpoints(): ReadonlySet<number> {
    const found = [...this.#open].flatMap(({ store }) => store.all(selectOpenEndpoints))
    return new Set(found.map((row) => Number(row['endpoint'])))
  }

  /** Those whose time has come, oldest first, at most `limit` of each day. */
  due(
    endpoint: number,
    { lane, now, limit }: { readonly lane: Lane; readonly now: number; readonly limit: number },
  ): DueDelivery[] {
    const select = lane === 'held' ? selectHeld : selectDue
    const found = [...this.#open].flatMap(({ store }) => store.all(select, endpoint, LANES[lane], now, limit))
    return found.map(deliveryFrom).toSorted((a, b) => a.dueAt - b.dueAt || a.message - b.message)
  }

  /** When the next one is due after an instant; null when none is. */
  nextDueAt(endpoint: number, { lane, after }: { readonly lane: Lane; readonly after: number }): number | null {
    let earliest: number | null = null
    for (const { store } of this.#open) {
      const dueAt = (store.get(selectNextDue, endpoint, LANES[lane], after)?.['due_at'] ?? null) as number | null
      if (dueAt !== null && (earliest === null || dueAt < earliest)) earliest = dueAt
    }
    return earliest
  }

  /** @param place - a lane, or where messages are gathered. */
  count(endpoint: number, place: number): number {
    return [...this.#open].reduce((sum, { store }) => sum + Number(store.get(countOpen, endpoint, place)!['count']), 0)
  }

  /** When the first was due of those that are to be sent; null when none is. */
  oldestDueAt(endpoint: number): number | null {
    const dues = (['live', 'bulk'] as const).flatMap((lane) => this.nextDueAt(endpoint, { lane, after: -1 }) ?? [])
    return dues.length === 0 ? null : Math.min(...dues)
  }

  /**
   * Ends the oldest that are held, of one day; gives how many.
   *
   * @param note - writes what is to be told of it, in the same commit.
   */
  async expireHeld(endpoint: number, limit: number, note: (store: Statements) => void): Promise<number> {
    for (const { store } of this.openDays()) {
      const ended = await store.commit((store) => {
        const { changes } = store.run(expireHeld, STATES.expired, endpoint, LANES.held, limit)
        if (changes > 0) note(store)
        return changes
      })
      if (ended > 0) return ended
    }
    return 0
  }

  /** Holds or cancels what is open, a few at a time; gives whether there was any. */
  async sweep(endpoint: number, change: 'hold' | 'cancel', limit: number): Promise<boolean> {
    for (const { store } of this.#open) {
      const changes = await store.commit((store) => sweepDay(store, { endpoint, change, limit }))
      if (changes > 0) return true
    }
    return false
  }
}

function sweepDay(
  store: Statements,
  { endpoint, change, limit }: { endpoint: number; change: 'hold' | 'cancel'; limit: number },
): number {
  if (change === 'cancel') return store.run(endOpen, STATES.cancelled, endpoint, limit).changes
  const [live, bulk] = [LANES.live, LANES.bulk].map((lane) => store.run(holdOpen, endpoint, lane, limit).changes)
  return live! + bulk!
}

/** How many are open on a day, for each endpoint. */
export function openOn({ store }: Day): readonly { readonly endpoint: number; readonly count: number }[] {
  return store
    .all(countOpenByEndpoint)
    .map((row) => ({ endpoint: Number(row['endpoint']), count: Number(row['count']) }))
}

/** Writes how a delivery stands. */
export function writeStanding(
  store: Statements,
  { endpoint, message }: Pick<DueDelivery, 'endpoint' | 'message'>,
  { state, lane, tries, dueAt }: Standing,
): void {
  store.run(updateDelivery, STATES[state], LANES[lane], tries, dueAt, endpoint, message)
}

/** Opens a delivery by hand, whether there was one before or not. */
export function openByHand(
  store: Statements,
  { endpoint, message }: Pick<DueDelivery, 'endpoint' | 'message'>,
  { lane, dueAt }: { readonly lane: Lane; readonly dueAt: number },
): void {
  store.run(beginAgain, endpoint, message, LANES[lane], dueAt)
}

const LANE_NAMES = Object.keys(LANES) as readonly Lane[]

function deliveryFrom(row: Row): DueDelivery {
  return {
    endpoint: Number(row['endpoint']),
    message: Number(row['message']),
    lane: LANE_NAMES[Number(row['lane'])]!,
    tries: Number(row['tries']),
    trigger: row['trigger'] === TRIGGERS.manual ? 'manual' : 'scheduled',
    dueAt: Number(row['due_at']),
    last: row['last'] as number | null,
  }
}
