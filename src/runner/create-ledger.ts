import { renameSync } from 'node:fs'
import type { Campaign, Warning } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import { Ledger } from '../ledger/ledger.ts'
import { emptyNumbers } from '../ledger/numbers.ts'
import { folderError } from '../ledger/folder-error.ts'
import { syncFolder, type RunPaths } from '../ledger/run-folder.ts'

interface NewLedger {
  readonly runId: string
  readonly campaign: Campaign
  readonly warnings: readonly Warning[]
  readonly customers: number
  readonly isComplete: boolean
  readonly options: { readonly clock: Clock }
  readonly replayOf?: string
  readonly event?: { readonly version: number; readonly day: string; readonly policy: unknown }
}

/**
 * Makes the ledger of a run that has not begun.
 *
 * It gets its name when it is whole: a process that dies before leaves a folder without a ledger, which is no run.
 */
export function createLedger(
  paths: RunPaths,
  { runId, campaign, warnings, customers, isComplete, options, replayOf, event }: NewLedger,
): Ledger {
  const unnamed = { ...paths, ledger: `${paths.ledger}.new` }
  {
    using ledger = new Ledger(unnamed)
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
        numbers: {
          ...emptyNumbers(campaign.webhook.concurrency),
          warnings: [...warnings],
          policy: event?.policy ?? null,
        },
        event: event === undefined ? null : { version: event.version, day: event.day, position: null },
      }),
    )
    ledger.settle()
  }
  try {
    renameSync(unnamed.ledger, paths.ledger)
    syncFolder(paths.folder)
  } catch (cause) {
    throw folderError(paths.ledger, cause)
  }
  return new Ledger(paths)
}
