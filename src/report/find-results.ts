import { setImmediate as afterOthers } from 'node:timers/promises'
import type { RunPaths } from '../ledger/run-folder.ts'
import { EndedPages, PAGE, type NamingCampaign } from './ended-customers.ts'
import type { ResultFilter } from './result-filter.ts'
import type { ResultRecord } from './result-record.ts'

export interface FoundResults {
  readonly records: readonly ResultRecord[]
  /** Where to look for more; null at the end of the audience. */
  readonly next: number | null
}

/**
 * Looks for results from a place of the audience on, and stops when there are enough of them.
 *
 * Others have their turn between two pages: of a million customers the one that is wanted may be the last.
 */
export async function findResults(
  paths: RunPaths,
  campaign: NamingCampaign,
  {
    from,
    limit,
    matches,
    signal,
    ...filter
  }: ResultFilter & {
    readonly from: number
    readonly limit: number
    readonly matches: (record: ResultRecord) => boolean
    readonly signal: AbortSignal
  },
): Promise<FoundResults> {
  using pages = new EndedPages(paths, campaign, filter)
  const records: ResultRecord[] = []
  for (let page = Math.floor(from / PAGE); page < pages.count && !signal.aborted; page++) {
    for (const { record } of pages.read(page)) {
      if (record.seq < from || !matches(record)) continue
      if (records.length === limit) return { records, next: record.seq }
      records.push(record)
    }
    await afterOthers()
  }
  return { records, next: null }
}
