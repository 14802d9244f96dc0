import { EventSpool, SpoolReader } from '../audience/audience.ts'
import type { CampaignSnapshot } from '../campaign/campaign-folder.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { RunState } from '../campaign/result.ts'
import { createRunId } from '../campaign/run-id.ts'
import { HookcastError } from '../errors.ts'
import { createRunFolder, listRunIds, lockRun, runPaths, type RunPaths } from '../ledger/run-folder.ts'
import { Ledger } from '../ledger/ledger.ts'
import { runRowFrom } from '../ledger/rows.ts'
import { selectRun } from '../ledger/statements.ts'
import { openForReading } from '../ledger/store.ts'
import type { StopState } from '../policy/policy.ts'
import { createLedger } from './create-ledger.ts'
import { EventRun, type EventRunHost } from './event-run.ts'
import { orRemove } from './or-remove.ts'
import { dropRunRequest } from './run-request.ts'
import { campaignOf, readSnapshot, writeSnapshot } from './run-snapshot.ts'

/** A run of events as its folder tells of it. */
export interface EventRunEntry {
  readonly runId: string
  readonly campaign: string
  readonly version: number
  /** UTC, such as 2026-11-22. */
  readonly day: string
  /** `finished` and `cancelled` take no more customers; with any other it can be opened. */
  readonly state: RunState
  readonly isSealed: boolean
  /** What the last `append` was told; null before the first. */
  readonly position: number | null
}

export interface EventRunRequest {
  readonly campaign: Campaign
  readonly snapshot: CampaignSnapshot
  readonly version: number
  /** UTC, such as 2026-11-22. */
  readonly day: string
}

/** What runs of events take from the program around them. */
type Host = EventRunHost & { readonly dataFolder: string }

/** Lists the runs of events of a data folder, the newest first; a damaged one is left out. */
export function listEventRuns(dataFolder: string): readonly EventRunEntry[] {
  return foundIn(dataFolder).map(({ entry }) => entry)
}

/**
 * Opens the run of a campaign version on a day: the one that is there and not over, else a new one.
 *
 * A new one goes on counting where the version's last run was: what stops a webhook does not begin anew at midnight.
 */
export async function openEventRun(request: EventRunRequest, host: Host): Promise<EventRun> {
  const { campaign, version, day } = request
  const own = foundIn(host.dataFolder).filter(
    ({ entry }) => entry.campaign === campaign.name && entry.version === version,
  )
  const open = own.find(({ entry }) => entry.day === day && !isOver(entry) && !entry.isSealed)
  const runId = open?.entry.runId ?? (await createEventRun(request, own[0]?.policy ?? null, host))
  return await reopenEventRun(runId, host)
}

/**
 * Opens a run of events that was left: what a crash cut off in the middle of an `append` is not in it.
 *
 * @throws {HookcastError} HOOKCAST_RUN_IN_USE; HOOKCAST_RUN_STATE, when it is over.
 * @throws {LedgerError} HOOKCAST_LEDGER_UNUSABLE, when its folder cannot be used.
 */
export async function reopenEventRun(runId: string, host: Host): Promise<EventRun> {
  const paths = runPaths(host.dataFolder, runId)
  using cleanUp = new DisposableStack()
  const lock = lockRun(paths)
  cleanUp.defer(() => lock.release())
  dropRunRequest(paths)
  const campaign = campaignOf(readSnapshot(paths).campaign, host)
  const ledger = cleanUp.use(new Ledger(paths))
  const { state, customers: rows, isAudienceComplete } = ledger.run()
  if (state === 'finished' || state === 'cancelled') {
    throw new HookcastError('HOOKCAST_RUN_STATE', `A run that is ${state} takes no more customers: ${runId}`)
  }
  const spool = isAudienceComplete ? null : await EventSpool.open(paths.folder, { rows, rules: campaign })
  if (spool !== null) cleanUp.use(spool)
  const reader = cleanUp.use(SpoolReader.open(paths.folder))
  reader.grow(rows)
  const run = new EventRun({ paths, runId, lock, ledger, spool, reader, campaign, host })
  cleanUp.move()
  return run
}

async function createEventRun(
  { campaign, snapshot, version, day }: EventRunRequest,
  policy: StopState | null,
  host: Host,
): Promise<string> {
  const runId = createRunId(host.clock.now())
  const paths = createRunFolder(host.dataFolder, runId)
  using cleanUp = new DisposableStack()
  const lock = lockRun(paths)
  cleanUp.defer(() => lock.release())
  await orRemove(paths, async () => {
    const event = { campaign: campaign.name, version, day }
    const { retainDays } = campaign
    writeSnapshot(paths, { campaign: snapshot, kept: {}, isStreamed: false, skipsBadRows: false, retainDays, event })
    const counted = policy?.isWebhookStopped === true ? { ...policy, isWebhookStopped: false, chunks: [] } : policy
    const { warnings } = campaign
    const part = { runId, campaign, warnings, customers: 0, isComplete: false, options: host }
    createLedger(paths, { ...part, event: { version, day, policy: counted } })[Symbol.dispose]()
    await Promise.resolve()
  })
  return runId
}

function isOver({ state }: EventRunEntry): boolean {
  return state === 'finished' || state === 'cancelled'
}

interface Found {
  readonly entry: EventRunEntry
  readonly policy: StopState | null
}

function foundIn(dataFolder: string): readonly Found[] {
  return listRunIds(dataFolder).flatMap((runId) => {
    try {
      const found = look(runPaths(dataFolder, runId), runId)
      return found === null ? [] : [found]
    } catch (error) {
      if (error instanceof HookcastError) return []
      throw error
    }
  })
}

function look(paths: RunPaths, runId: string): Found | null {
  // The ledger of any other run need not be opened for it.
  const marked = readSnapshot(paths).event
  if (marked === undefined) return null
  using database = openForReading(paths)
  const { state, event, isAudienceComplete, numbers } = runRowFrom(database.prepare(selectRun).get())
  const position = event?.position ?? null
  const entry = { runId, ...marked, state, isSealed: isAudienceComplete, position }
  return { entry, policy: numbers.policy as StopState | null }
}
