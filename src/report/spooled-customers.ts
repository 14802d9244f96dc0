import { customerIdOf, parseSpoolLine, type KeptRequest, type SpoolReader } from '../audience/audience.ts'

/** What only the spool knows of a customer. */
export interface SpooledCustomer {
  readonly customerId: string
  /** The request of an earlier run that this one repeats; null without. */
  readonly kept: KeptRequest | null
}

const READ_BYTES = 1_048_576
const LINE_FEED = 10

/** Reads the customers at these places, which ascend; `column` is the campaign's, as it was when the run began. */
export function readSpooledCustomers(
  spool: SpoolReader,
  seqs: readonly number[],
  column: string | null,
): ReadonlyMap<number, SpooledCustomer> {
  const customers = new Map<number, SpooledCustomer>()
  for (let done = 0; done < seqs.length;) {
    const { count, lines } = spool.pick(seqs.slice(done), { maxBytes: READ_BYTES })
    let start = 0
    for (const seq of seqs.slice(done, done + count)) {
      const end = lines.indexOf(LINE_FEED, start)
      const { row, number, kept } = parseSpoolLine(lines.subarray(start, end))
      customers.set(seq, { customerId: customerIdOf(row ?? {}, { column, rowNumber: number ?? seq + 1 }), kept })
      start = end + 1
    }
    done += count
  }
  return customers
}
