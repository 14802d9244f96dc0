import type { RunPaths } from '../ledger/run-folder.ts'
import { endedCustomers, type NamingCampaign } from './ended-customers.ts'
import type { ResultFilter } from './result-filter.ts'
import type { ResultRecord } from './result-record.ts'

/**
 * Reads what became of each customer, one after the other in audience order.
 *
 * Final results only: whoever waits or is in flight is not among them. `campaign` is that of the run, as it was kept with it.
 *
 * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when ledger or spool cannot be read.
 */
export function* readResults(
  paths: RunPaths,
  campaign: NamingCampaign,
  filter: ResultFilter = {},
): Generator<ResultRecord> {
  for (const { record } of endedCustomers(paths, campaign, filter)) yield record
}
