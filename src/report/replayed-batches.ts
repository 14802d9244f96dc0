import type { KeptRequest } from '../audience/audience.ts'
import type { EndedCustomer } from './ended-customers.ts'

/** A customer who is to be replayed. */
export interface Replayed {
  readonly customer: EndedCustomer
  /** Null: a new request. */
  readonly kept: { readonly batch: KeptRequest['batch'] | null } | null
  /** The request may have arrived and can't be made again as it was, so nobody in it is replayed. */
  readonly isTorn: boolean
}

/** No batch has more rows. */
const MOST_ROWS = 1000

/**
 * Puts the customers of a batch that is to be repeated next to each other; all others stay in their order.
 *
 * A batch is repeated whole or not at all: under its key the receiver may have all of it.
 */
export function* withBatchesTogether(
  customers: Iterable<EndedCustomer>,
  { isKept, isBatched }: { readonly isKept: (customer: EndedCustomer) => boolean; readonly isBatched: boolean },
): Generator<Replayed> {
  const open = new Map<string, EndedCustomer[]>()
  let end = 0
  for (const customer of customers) {
    const { record, kept } = customer
    if (open.size > 0 && record.seq >= end) yield* closed(open)
    // It came out different under its key once, and would again.
    if (isKept(customer) && record.reason === 'changed') {
      yield { customer, kept: null, isTorn: true }
      continue
    }
    const wasBatch = kept === null ? isBatched : kept.batch !== undefined
    if (!isKept(customer)) yield { customer, kept: null, isTorn: false }
    else if (!wasBatch) yield { customer, kept: { batch: null }, isTorn: false }
    else {
      if (open.size === 0) end = record.seq + MOST_ROWS
      const together = open.get(record.request_id)
      if (together === undefined) open.set(record.request_id, [customer])
      else together.push(customer)
    }
  }
  yield* closed(open)
}

function* closed(open: Map<string, EndedCustomer[]>): Generator<Replayed> {
  for (const together of open.values()) {
    const { batch_size } = together[0]!.record
    const isTorn = together.length < batch_size
    for (const customer of together) yield { customer, kept: isTorn ? null : { batch: batchOf(customer) }, isTorn }
  }
  open.clear()
}

function batchOf({ record, kept }: EndedCustomer): KeptRequest['batch'] {
  if (kept?.batch !== undefined) return kept.batch
  const root = Number(/-(\d+)(?:_[01]+)?$/.exec(record.request_id)?.[1])
  // Before anybody reported on it, nobody knew who would be left out of it.
  return { place: record.seq - root, customers: record.attempts === 0 ? null : record.batch_size }
}
