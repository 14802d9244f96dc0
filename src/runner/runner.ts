import type { Readable } from 'node:stream'
import {
  continueSpool,
  copySpool,
  spoolAudience,
  SpoolReader,
  type CopiedRow,
  type SpoolRequest,
} from '../audience/audience.ts'
import type { CampaignSnapshot } from '../campaign/campaign-folder.ts'
import type { Campaign } from '../campaign/campaign.ts'
import { createRunId } from '../campaign/run-id.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import { deliveriesOf } from '../check/static-budget.ts'
import { HookcastError } from '../errors.ts'
import { Ledger } from '../ledger/ledger.ts'
import { runRowFrom } from '../ledger/rows.ts'
import { selectRun } from '../ledger/statements.ts'
import { openForReading } from '../ledger/store.ts'
import { openPseudonyms } from '../ledger/pseudonym.ts'
import { createRunFolder, findRun, lockRun, restoreBallast, type RunPaths } from '../ledger/run-folder.ts'
import { campaignOf, readSnapshot, writeSnapshot } from './run-snapshot.ts'
import { removeExpiredRuns, type RemovedRun } from './retention.ts'
import { orRemove } from './or-remove.ts'
import { dropRunRequest } from './run-request.ts'
import { execute, type Host } from './execute.ts'
import { createLedger } from './create-ledger.ts'
import type { Ending } from './progress.ts'
import { limitStream, overuseWarnings, type StaticIpsOveruse } from './static-ips-overuse.ts'

export { EventRun, type EventRunHost, type Hold } from './event-run.ts'
export { listEventRuns, openEventRun, reopenEventRun } from './event-runs.ts'
export type { Host } from './execute.ts'
export { SenderSeats } from './sender-seats.ts'
export { Pace, type Ending, type Progress } from './progress.ts'
export { putRunRequest, type RunRequest } from './run-request.ts'
export { removeExpiredRuns, type RemovedRun } from './retention.ts'
export { readSnapshot } from './run-snapshot.ts'
export type { StaticIpsOveruse } from './static-ips-overuse.ts'
export { setupFromBrief } from './remote-brief.ts'
export { senderSetupFrom } from './sender-setup-from.ts'

/** Where a run works, and how much of it. */
export interface RunOptions extends Host {
  readonly dataFolder: string
  readonly env: Environment
  readonly settings: Settings
  /** Rows after which the run is interrupted, or paused: a count, or a share of all. */
  readonly until: RunLimit | null
}

export interface RunLimit {
  readonly state: 'interrupted' | 'paused'
  readonly rows: number | { readonly share: number }
}

export interface StartRequest {
  readonly campaign: Campaign
  readonly snapshot: CampaignSnapshot
  /** Calls begin while the audience is still being read. */
  readonly isStreamed: boolean
  readonly skipsBadRows: boolean
  readonly stdin?: Readable
  /** Made beforehand, for whoever had to write it down first. */
  readonly runId?: string
  readonly onRunId?: (runId: string) => void
  /** Told of old runs that were removed, as their `retain` says, before this one begins. */
  readonly onRemoved?: (runs: readonly RemovedRun[]) => void
  readonly overuse?: StaticIpsOveruse
}

export interface RunEnd extends Ending {
  readonly runId: string
}

/**
 * Runs a campaign: reads the audience into the run's spool, then calls, until everyone is accounted for.
 *
 * @throws {ConfigError} when the audience cannot be read: nothing was sent, and no run was begun.
 * @throws {LedgerError} when the data folder cannot be used.
 */
export async function startRun(request: StartRequest, options: RunOptions): Promise<RunEnd> {
  const { campaign, isStreamed, skipsBadRows } = request
  if (campaign.trigger.kind === 'event') {
    const message = `expected ${campaign.name} to be started by hand or by a schedule, got one that events start: \`hookcast serve\` and \`hookcast activate\``
    throw new HookcastError('HOOKCAST_CAMPAIGN_STATE', message)
  }
  const removed = removeExpiredRuns(options.dataFolder, options.clock.now())
  if (removed.length > 0) request.onRemoved?.(removed)
  const runId = request.runId ?? createRunId(options.clock.now())
  const paths = createRunFolder(options.dataFolder, runId)
  using cleanUp = new DisposableStack()
  const lock = lockRun(paths)
  cleanUp.defer(() => lock.release())
  const { retainDays } = campaign
  writeSnapshot(paths, { campaign: request.snapshot, kept: {}, isStreamed, skipsBadRows, retainDays })
  const spooling = spoolRequest(campaign, { paths, skipsBadRows, stdin: request.stdin })
  // Awaited here: the lock is given back when this function is left.
  if (isStreamed) return await streamRun({ runId, paths, campaign, spooling, options, request })
  const { summary, warnings } = await orRemove(paths, async () => {
    const summary = await spoolAudience({ ...spooling, ...signalOf(options) })
    const overused = overuseWarnings(campaign, deliveriesOf(campaign, summary), request.overuse)
    return { summary, warnings: [...campaign.warnings, ...summary.warnings, ...overused] }
  })
  const customers = summary.rows
  using ledger = await orRemove(paths, () =>
    createLedger(paths, { runId, campaign, warnings, customers, isComplete: true, options }),
  )
  request.onRunId?.(runId)
  using spool = SpoolReader.open(paths.folder)
  const ending = await execute(
    { runId, paths, campaign, kept: new Map(), ledger, spool, limit: limitOf(options, summary.rows) },
    options,
  )
  return { runId, ...ending }
}

/** Goes on with a run that was left: after a crash, an interruption, a pause, or a stop, which it lifts. */
export async function resumeRun(wanted: string, options: RunOptions): Promise<RunEnd> {
  const { runId, ...paths } = findRun(options.dataFolder, wanted)
  using cleanUp = new DisposableStack()
  const lock = lockRun(paths)
  cleanUp.defer(() => lock.release())
  dropRunRequest(paths)
  const snapshot = readSnapshot(paths)
  using ledger = new Ledger(paths)
  const run = ledger.run()
  if (run.event !== null) {
    const message = `A run of events goes on with its service: \`hookcast serve\`; what is on hold, with \`hookcast release\`: ${runId}`
    throw new HookcastError('HOOKCAST_RUN_STATE', message)
  }
  if (run.state === 'cancelled') {
    throw new HookcastError(
      'HOOKCAST_RUN_STATE',
      `A cancelled run does not go on: start a new one with \`hookcast replay ${runId}\``,
    )
  }
  if (run.state === 'finished') return { runId, state: 'finished', error: null }
  restoreBallast(paths)
  // A replay that repeats batches is one chunk, whatever its campaign says.
  const campaign = { ...campaignOf(snapshot.campaign, options), chunkSize: run.chunkSize }
  const kept = new Map(Object.entries(snapshot.kept).map(([id, kept]) => [id, campaignOf(kept, options)]))
  if (!run.isAudienceComplete) {
    const spooling = spoolRequest(campaign, { paths, skipsBadRows: snapshot.skipsBadRows })
    const pseudonymOf = openPseudonyms(options.dataFolder)
    const summary = await continueSpool({ ...spooling, pseudonymOf, ...signalOf(options) })
    ledger.commit(() => ledger.saveAudience(summary.rows, true))
  }
  using spool = SpoolReader.open(paths.folder)
  const ending = await execute(
    { runId, paths, campaign, kept, ledger, spool, limit: limitOf(options, spool.rows), isResumed: true },
    options,
  )
  return { runId, ...ending }
}

export interface ReplayRequest {
  readonly from: string
  readonly campaign: Campaign
  readonly snapshot: CampaignSnapshot
  /** Rows of the old run, each perhaps with the request that it repeats. */
  readonly rows: Iterable<CopiedRow>
  readonly onRunId?: (runId: string) => void
  readonly overuse?: StaticIpsOveruse
}

/** Makes a new run of some customers of an old one, from the old run's spool. */
export async function replayRun(request: ReplayRequest, options: RunOptions): Promise<RunEnd> {
  const old = findRun(options.dataFolder, request.from)
  // Nobody resumes or replays it meanwhile: both would send to the same customers under other keys.
  using held = new DisposableStack()
  const oldSnapshot = readSnapshot(old)
  const accepted = acceptedSoFar(old)
  // To those who have a result, which are all that is taken from it, an open run of events makes no call any more.
  if (oldSnapshot.event === undefined || accepted === null) {
    const oldLock = lockRun(old)
    held.defer(() => oldLock.release())
  }
  const runId = createRunId(options.clock.now())
  const paths = createRunFolder(options.dataFolder, runId)
  using cleanUp = new DisposableStack()
  const lock = lockRun(paths)
  cleanUp.defer(() => lock.release())
  const keptSnapshots = { ...oldSnapshot.kept, [old.runId]: oldSnapshot.campaign }
  const kept = new Map(Object.entries(keptSnapshots).map(([id, snapshot]) => [id, campaignOf(snapshot, options)]))
  // Batches that are repeated stay whole, and a chunk's end could fall into one.
  const hasBatches = [...kept.values()].some(({ webhook }) => webhook.batch !== null)
  const campaign = hasBatches ? { ...request.campaign, chunkSize: null } : request.campaign
  writeSnapshot(paths, {
    campaign: request.snapshot,
    kept: keptSnapshots,
    isStreamed: false,
    skipsBadRows: false,
    retainDays: campaign.retainDays,
  })
  const { summary, warnings } = await orRemove(paths, async () => {
    const summary = await copySpool({
      from: old.folder,
      to: paths.folder,
      rows: request.rows,
      ...(accepted === null ? {} : { accepted }),
      ...signalOf(options),
    })
    const overused = overuseWarnings(campaign, deliveriesOf(campaign, { rows: summary.rows }), request.overuse)
    return { summary, warnings: [...campaign.warnings, ...overused] }
  })
  const made = { runId, campaign, warnings, customers: summary.rows, isComplete: true, options, replayOf: old.runId }
  using ledger = await orRemove(paths, () => createLedger(paths, made))
  request.onRunId?.(runId)
  using spool = SpoolReader.open(paths.folder)
  const ending = await execute(
    { runId, paths, campaign, kept, ledger, spool, limit: limitOf(options, summary.rows) },
    options,
  )
  return { runId, ...ending }
}

async function streamRun({
  runId,
  paths,
  campaign,
  spooling,
  options,
  request: { onRunId, overuse },
}: {
  runId: string
  paths: RunPaths
  campaign: Campaign
  spooling: SpoolRequest
  options: RunOptions
  request: StartRequest
}): Promise<RunEnd> {
  const { warnings } = campaign
  using ledger = await orRemove(paths, () =>
    createLedger(paths, { runId, campaign, warnings, customers: 0, isComplete: false, options }),
  )
  onRunId?.(runId)
  const ending = await execute(
    {
      runId,
      paths,
      campaign,
      kept: new Map(),
      ledger,
      spool: null,
      limit: limitStream(limitOf(options, Number.POSITIVE_INFINITY), { campaign, overuse }),
      spoolAlong: async (onRows, signal) => {
        const summary = await spoolAudience({ ...spooling, onRows, signal })
        const tolerant = { ...overuse, isAllowed: true }
        const overused = overuseWarnings(campaign, deliveriesOf(campaign, summary), tolerant)
        return { ...summary, warnings: [...summary.warnings, ...overused] }
      },
    },
    options,
  )
  return { runId, ...ending }
}

function spoolRequest(
  campaign: Campaign,
  { paths, skipsBadRows, stdin }: { paths: RunPaths; skipsBadRows: boolean; stdin?: Readable | undefined },
): SpoolRequest {
  const { audience, columns, customerId, isUnique, consentColumn, excludeFiles, maxCustomers } = campaign
  return {
    source: audience,
    ...(stdin === undefined ? {} : { stdin }),
    rules: { columns, customerId, isUnique, consentColumn, excludeFiles, maxCustomers },
    skipBadRows: skipsBadRows,
    folder: paths.folder,
  }
}

/** How many customers a run of events has that is not over; null for any other. */
function acceptedSoFar(paths: RunPaths): number | null {
  using database = openForReading(paths)
  const { event, state, customers, isAudienceComplete } = runRowFrom(database.prepare(selectRun).get())
  const isOver = state === 'finished' || state === 'cancelled'
  return event === null || (isOver && isAudienceComplete) ? null : customers
}

function limitOf(
  { until }: RunOptions,
  rows: number,
): { readonly rows: number; readonly state: RunLimit['state'] } | null {
  if (until === null) return null
  const limit = typeof until.rows === 'number' ? until.rows : Math.max(1, Math.ceil(rows * until.rows.share))
  return { rows: limit, state: until.state }
}

function signalOf({ signal }: RunOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
