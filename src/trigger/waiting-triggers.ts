import { RowFault, type EventRow } from '../audience/audience.ts'
import type { Row, ServiceStore } from '../ledger/service-store.ts'
import { parseTrigger } from './parse-trigger.ts'
import * as sql from './statements.ts'

/** What a version of a campaign takes from the inbox. */
export interface Listener {
  readonly id: number
  readonly version: number
  readonly type: string
  readonly from: number
  /** Null for the one of the active version. */
  readonly to: number | null
}

const AT_ONCE = 500
/** A transaction of more would hold up whoever sends a trigger meanwhile. */
const PRUNED_AT_ONCE = 1000
const LAST = Number.MAX_SAFE_INTEGER

/**
 * The triggers of a campaign that are in the inbox and in no run yet.
 *
 * How far its runs have come, those say: the store is told now and then, so that it can drop what every campaign has.
 */
export class WaitingTriggers {
  readonly #store: ServiceStore
  readonly #campaign: string
  readonly #positions: Map<number, number>

  /** `positions` by version. */
  constructor(store: ServiceStore, campaign: string, positions: ReadonlyMap<number, number>) {
    this.#store = store
    this.#campaign = campaign
    this.#positions = new Map(positions)
  }

  /** In the order in which they take their turn; only the last may be open. */
  listeners(): readonly Listener[] {
    return this.#store.all(sql.selectListeners, this.#campaign).map(listenerFrom)
  }

  positionOf({ version, from }: Listener): number {
    return Math.max(from, this.#positions.get(version) ?? 0)
  }

  /** Takes note of how far a run has come. */
  note(version: number, position: number): void {
    this.#positions.set(version, Math.max(position, this.#positions.get(version) ?? 0))
  }

  count(): number {
    return this.listeners().reduce((sum, listener) => {
      const row = this.#store.get(sql.countTriggers, listener.type, this.positionOf(listener), listener.to ?? LAST)
      return sum + Number(row?.['count'])
    }, 0)
  }

  has(listener: Listener): boolean {
    return this.#select(listener, 1).length > 0
  }

  /**
   * The next ones that were accepted by `until`, in the order of their acceptance, and how far one has come with them; null
   * when there are none. They are on the disk: after a power cut others would get the numbers of those that are not.
   */
  async next(
    listener: Listener,
    until = Infinity,
  ): Promise<{ readonly rows: readonly EventRow[]; readonly position: number } | null> {
    const found = this.#select(listener, AT_ONCE).filter((row) => Number(row['accepted_at']) <= until)
    await this.#store.settled()
    const last = found.at(-1)
    return last === undefined ? null : { rows: found.map(rowFrom), position: Number(last['seq']) }
  }

  #select(listener: Listener, limit: number): readonly Row[] {
    const { type, to } = listener
    return this.#store.all(sql.selectTriggers, type, this.positionOf(listener), to ?? LAST, limit)
  }

  /** Writes down how far the runs have come, and drops what every campaign has; true when there is more to drop. */
  async prune(): Promise<boolean> {
    const listeners = this.listeners()
    const types = [...new Set(listeners.map(({ type }) => type))]
    return await this.#store.commit((store) => {
      for (const listener of listeners) store.run(sql.moveListener, this.positionOf(listener), listener.id)
      const dropped = types.map((type) => store.run(sql.pruneInbox, type, PRUNED_AT_ONCE).changes)
      return dropped.includes(PRUNED_AT_ONCE)
    })
  }

  /** Ends a listener for which nothing comes any more. */
  async drop({ id, type }: Listener): Promise<void> {
    await this.#store.commit((store) => {
      store.run(sql.deleteListener, id)
      store.run(sql.pruneInbox, type, PRUNED_AT_ONCE)
    })
  }
}

function rowFrom(row: Row): EventRow {
  const trigger = parseTrigger(String(row['body']))
  if (trigger instanceof RowFault) throw new TypeError(`expected a trigger that was accepted, ${trigger.message}`)
  return { ...trigger, occurredAt: Number(row['occurred_at']) }
}

function listenerFrom(row: Row): Listener {
  return {
    id: Number(row['id']),
    version: Number(row['version']),
    type: String(row['type']),
    from: Number(row['from_seq']),
    to: row['to_seq'] === null ? null : Number(row['to_seq']),
  }
}
