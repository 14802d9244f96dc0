import type { Campaign, Warning } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import { Ledger } from '../ledger/ledger.ts'
import { emptyNumbers } from '../ledger/numbers.ts'
import type { RunPaths } from '../ledger/run-folder.ts'

interface NewLedger {
  readonly runId: string
  readonly campaign: Campaign
  readonly warnings: readonly Warning[]
  readonly customers: number
  readonly isComplete: boolean
  readonly options: { readonly clock: Clock }
  readonly replayOf?: string
}

/** Makes the ledger of a run that has not begun. */
export function createLedger(
  paths: RunPaths,
  { runId, campaign, warnings, customers, isComplete, options, replayOf }: NewLedger,
): Ledger {
  const ledger = new Ledger(paths)
  ledger.commit(() =>
    ledger.createRun({
      runId,
      campaign: campaign.name,
      createdAt: options.clock.now(),
      replayOf: replayOf ?? null,
      customers,
      isAudienceComplete: isComplete,
      chunkSize: campaign.chunkSize,
      batchSize: campaign.webhook.batch?.size ?? null,
      numbers: { ...emptyNumbers(campaign.webhook.concurrency), warnings: [...warnings] },
    }),
  )
  return ledger
}
