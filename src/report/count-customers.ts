import { customersOf, isEverythingStopped, type RunFacts } from './run-facts.ts'
import type { RunReader } from './run-reader.ts'
import * as sql from './statements.ts'

/** Everyone of a run, each counted once. */
export interface CustomerCounts {
  readonly customers: number
  readonly sent: number
  readonly failed: number
  readonly aborted: number
  readonly suppressed: number
  readonly waiting: number
  readonly pending: number
}

export interface Counts extends CustomerCounts {
  /** When the next of the waiting is due, epoch ms. */
  readonly nextDueAt: number | null
  /** Customers whose request the receiver may have, although they are not `sent`. */
  readonly inDoubt: number
  /** Aborted customers of each stopped chunk. */
  readonly abortedByChunk: ReadonlyMap<number, number>
}

/**
 * Counts the customers of a run without looking at each: the ledger has their sums beside the rows.
 *
 * Nobody is `aborted` before that is final: what senders of a run that goes on still hold counts as it did before.
 */
export function countCustomers(reader: RunReader, facts: RunFacts): Counts {
  const { run, isGoingOn, stoppedChunks } = facts
  const { sent, failed, suppressed } = run.numbers
  const isAll = isEverythingStopped(facts)
  const scope = [Number(isAll), Number(isGoingOn)] as const
  const held = countHeld(reader, facts, isAll)
  const abortedByChunk = new Map<number, number>()
  for (const { chunk, ended } of stoppedChunks.values()) {
    const inHands = isGoingOn ? held.firstAttempts.get(chunk) + held.retries.get(chunk) : 0
    abortedByChunk.set(chunk, customersOf(run, chunk) - ended - inHands)
  }
  const inHands = isGoingOn ? held.firstAttempts.sum + held.retries.sum : 0
  const abortedInChunks = [...abortedByChunk.values()].reduce((sum, count) => sum + count, 0)
  const aborted = isAll ? run.customers - sent - failed - suppressed - inHands : abortedInChunks
  const { count, next_due_at: nextDueAt } = reader.get(sql.countWaiting, ...scope) ?? {}
  const waiting = Number(count)
  const leftInDoubt = isGoingOn ? 0 : held.firstAttempts.sum
  return {
    customers: run.customers,
    sent,
    failed,
    aborted,
    suppressed,
    waiting,
    pending: run.customers - sent - failed - aborted - suppressed - waiting,
    nextDueAt: nextDueAt == null ? null : Number(nextDueAt),
    inDoubt: run.numbers.inDoubt + reader.count(sql.countStoppedInDoubt, ...scope) + leftInDoubt,
    abortedByChunk,
  }
}

class Tally {
  readonly #counts = new Map<number, number>()

  get(chunk: number): number {
    return this.#counts.get(chunk) ?? 0
  }

  add(chunk: number, count: number): void {
    this.#counts.set(chunk, this.get(chunk) + count)
  }

  get sum(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }
}

/** What senders hold, or held when they died, of what is stopped: by chunk. */
function countHeld(
  reader: RunReader,
  { lent, stoppedChunks }: RunFacts,
  isAll: boolean,
): { readonly firstAttempts: Tally; readonly retries: Tally } {
  const firstAttempts = new Tally()
  const retries = new Tally()
  for (const { chunk, firstSeq, count } of lent) {
    if (!isAll && !stoppedChunks.has(chunk)) continue
    firstAttempts.add(chunk, count - reader.count(sql.countAccounted, chunk, firstSeq, firstSeq + count))
  }
  for (const row of reader.all(sql.countStoppedLent, Number(isAll))) {
    retries.add(Number(row['chunk']), Number(row['count']))
  }
  return { firstAttempts, retries }
}
