import { customerIdOf, parseSpoolLine, type SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'

/** Names the customer of a row nobody has reported on: from the spool, as its sender would. */
export function customerIdReader(spool: SpoolReader, campaign: Campaign): (seq: number) => string {
  return (seq) => {
    const { row, number } = parseSpoolLine(spool.pick([seq]).lines)
    return customerIdOf(row, { column: campaign.customerId, rowNumber: number ?? seq + 1 })
  }
}
