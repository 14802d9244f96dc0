import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { RunState } from '../campaign/result.ts'
import type { Settings } from '../campaign/settings.ts'
import type { Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { Timeline } from '../ledger/timeline.ts'
import { SharedCeilings, type Ceiling } from '../ledger/shared-ceilings.ts'
import { endProcesses, ProcessQueue, processStartOf, type SenderProgram } from '../queue/processes/processes.ts'
import type { EndedAttempt } from '../telemetry.ts'
import { Coordinator } from './coordinator.ts'
import { Pace, type Ending, type Progress } from './progress.ts'
import { recoverRun } from './recovery.ts'
import { watchRunRequest, type RunRequest } from './run-request.ts'
import { RowBook } from './row-book.ts'
import { saveEnding } from './save-ending.ts'
import { senderSetupFrom } from './sender-setup-from.ts'
import { StreamedSpool, type SpoolAlong } from './streamed-spool.ts'

/** What a run takes from the program around it. */
export interface Host {
  readonly env: Environment
  readonly settings: Settings
  readonly clock: Clock
  readonly random: () => number
  readonly program: SenderProgram
  readonly senders: number
  readonly version: string
  /** Fires to stop starting calls and end once those in flight have come back. */
  readonly signal?: AbortSignal
  /** Fires to end at once; what is in flight is in doubt. */
  readonly cutSignal?: AbortSignal
  readonly isUnknownResent: boolean
  readonly onProgress: (progress: Progress) => void
  /** Told of every call that ended, in the order of recording. */
  readonly onAttempt?: (attempt: EndedAttempt) => void
}

export interface Execution {
  readonly runId: string
  readonly paths: RunPaths
  readonly campaign: Campaign
  readonly kept: ReadonlyMap<string, Campaign>
  readonly ledger: Ledger
  /** Null while the spool is yet to be written: see `spoolAlong`. */
  readonly spool: SpoolReader | null
  readonly limit: { readonly rows: number; readonly state: 'interrupted' | 'paused' } | null
  readonly isResumed?: boolean
  /** Writes the spool while the run goes on (`--stream`). */
  readonly spoolAlong?: SpoolAlong
}

/** Runs what a ledger and a spool hold until it ends, whatever came before: the common part of start, resume and replay. */
export async function execute(execution: Execution, host: Host): Promise<Ending> {
  const { ledger, paths, runId, campaign, limit } = execution
  const { clock } = host
  const setup = senderSetupFrom(campaign, {
    runId,
    env: host.env,
    networkAllow: host.settings.networkAllow,
    kept: execution.kept,
    version: host.version,
  })
  using cleanUp = new DisposableStack()
  // Whoever asks while the first rows of a stream are awaited is heard too.
  const asked = Promise.withResolvers<RunState>()
  const onRequest = (request: RunRequest): void => asked.resolve(request === 'pause' ? 'paused' : 'cancelled')
  cleanUp.defer(watchRunRequest(paths, { clock, onRequest }))
  cleanUp.defer(onSignal(host.signal, () => asked.resolve('interrupted')))
  await endProcesses(ledger.senders(), clock)
  const streaming = execution.spool === null ? new StreamedSpool(execution.spoolAlong!) : null
  const stateBefore = streaming === null ? null : await beginUnlessAsked(streaming, asked.promise)
  if (stateBefore !== null) {
    const ending: Ending = { state: stateBefore, error: null }
    saveEnding(ledger, ending, clock.now())
    return tidyUp(ending, execution)
  }
  const spool = execution.spool ?? cleanUp.use(streaming!.open(paths.folder))
  const hasKeptBatches = [...execution.kept.values()].some(({ webhook }) => webhook.batch !== null)
  const rows = new RowBook({ spool, campaign, ledger, hasKeptBatches })
  if (execution.isResumed === true) recoverRun(ledger, { campaign, rows, clock })
  using ceilings = new SharedCeilings({
    dataFolder: dirname(dirname(paths.folder)),
    ceilings: ceilingsOf(campaign),
    runId,
    now: () => clock.now(),
  })
  const pace = new Pace()
  const coordinator: Coordinator = new Coordinator({
    campaign,
    ledger,
    timeline: new Timeline(ledger.intervals()),
    spool,
    rows,
    clock,
    random: host.random,
    senders: sendersFor(campaign, host.senders),
    ceilings,
    limit: limit?.rows ?? null,
    limitState: limit?.state ?? 'interrupted',
    isUnknownResent: host.isUnknownResent,
    onAttempt: host.onAttempt,
    onProgress: (standing) =>
      host.onProgress({
        ...standing,
        isAudienceComplete: streaming?.isComplete ?? true,
        perSecond: pace.perSecond(standing.numbers, clock.now()),
      }),
    createQueue: (events) =>
      new ProcessQueue({
        program: host.program,
        senders: sendersFor(campaign, host.senders),
        setup,
        events,
        onProcess: (pid) => coordinator.recordSender(pid, processStartOf(pid)),
      }),
  })
  streaming?.follow(coordinator)
  void endWhen(asked.promise, coordinator)
  cleanUp.defer(onSignal(host.cutSignal, () => coordinator.cut('interrupted')))
  const ending = await coordinator.run()
  await streaming?.stop()
  return tidyUp(ending, execution)
}

async function endWhen(asked: Promise<RunState>, coordinator: Coordinator): Promise<void> {
  coordinator.end(await asked)
}

/** What a run that has ended for good needs, and what it needs no more. */
function tidyUp(ending: Ending, { ledger, paths }: Execution): Ending {
  if (ending.state === 'finished' || ending.state === 'aborted' || ending.state === 'cancelled') {
    ledger.buildCustomerIndex()
    rmSync(paths.ballast, { force: true })
  }
  return ending
}

/** A run over static IPs has a ceiling of its own for them, so that it holds up no run that goes straight out. */
function ceilingsOf({ name, webhook }: Campaign): readonly Ceiling[] {
  const { concurrency, perSecond, throughput, egress } = webhook
  const own: Ceiling = { name: `campaign:${name}`, concurrency, perSecond }
  const policy = throughput === null ? [] : [{ ...throughput, name: `throughput:${throughput.name}` }]
  const pool =
    egress === null ? [] : [{ name: `egress:${egress.name}`, concurrency: egress.concurrency, perSecond: null }]
  return [own, ...policy, ...pool]
}

/** One sender does for few calls at a time, or a low rate, and keeps their order. */
const CALLS_PER_SENDER = 8
const RATE_OF_ONE_SENDER = 1000

function sendersFor({ webhook }: Campaign, most: number): number {
  if (webhook.perSecond !== null && webhook.perSecond <= RATE_OF_ONE_SENDER) return 1
  return Math.max(1, Math.min(most, Math.floor(webhook.concurrency / CALLS_PER_SENDER)))
}

function onSignal(signal: AbortSignal | undefined, onAbort: () => void): () => void {
  if (signal === undefined) return () => undefined
  if (signal.aborted) queueMicrotask(onAbort)
  signal.addEventListener('abort', onAbort, { once: true })
  return () => signal.removeEventListener('abort', onAbort)
}

/** Waits for the first rows of a stream, which may never come: null then, else what the run was asked for before. */
async function beginUnlessAsked(streaming: StreamedSpool, asked: Promise<RunState>): Promise<RunState | null> {
  const begun = (async () => {
    await streaming.begin()
    return null
  })()
  const state = await Promise.race([begun, asked])
  if (state === null) return null
  begun.catch(() => undefined)
  await streaming.stop()
  return state
}
