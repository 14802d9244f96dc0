import type { SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { RunState } from '../campaign/result.ts'
import type { Settings } from '../campaign/settings.ts'
import { evenClock, type Clock } from '../clock.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import type { RemoteSenders, TakenBack } from '../queue/bullmq/bullmq.ts'
import { endProcesses, type SenderProgram } from '../queue/processes/processes.ts'
import type { EndedAttempt } from '../telemetry.ts'
import { armCrashPoint } from './arm-crash-point.ts'
import type { Coordinator } from './coordinator.ts'
import { onSignal, patienceUntil } from './patience.ts'
import type { Ending, Progress } from './progress.ts'
import { recordLate } from './record-late.ts'
import { recoverRun } from './recovery.ts'
import { watchRunRequest, type RunRequest } from './run-request.ts'
import { RowBook } from './row-book.ts'
import { saveEnding } from './save-ending.ts'
import type { SenderSeats } from './sender-seats.ts'
import { createReceiverMemory, type ReceiverMemory } from './start-gate.ts'
import { senderSetupFrom } from './sender-setup-from.ts'
import { goOn } from './stretches.ts'
import { tidyUp } from './tidy-up.ts'
import { refuseBesideWorkers } from './worker-mark.ts'
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
  /** Senders on other machines, in place of processes here. */
  readonly remote?: RemoteSenders
  /** Told of what somebody should look at while it goes on. */
  readonly onNote?: (text: string) => void
  /** What all runs of this process share; without it each has the senders that it wants. */
  readonly seats?: SenderSeats
  /** Fires to stop starting calls and end once those in flight have come back. */
  readonly signal?: AbortSignal
  /** Fires to end at once; what is in flight is in doubt. */
  readonly cutSignal?: AbortSignal
  readonly isUnknownResent: boolean
  readonly onProgress: (progress: Progress & { readonly runId: string }) => void
  /** Told of every call that ended, in the order of recording. */
  readonly onAttempt?: (attempt: EndedAttempt, runId: string) => void
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
  /** Rows are added while it goes on, by whoever executes it. */
  readonly growth?: Growth
}

/** How a run goes on to which rows are added. */
export interface Growth {
  /** After so long without anything to do it ends, still `running`. */
  readonly idleMs: number
  /** Resolves to end it before. */
  readonly asked: Promise<RunState>
  readonly memory: ReceiverMemory
  /** Told of it before its first slice is cut: to be told of rows, in turn. */
  onCoordinator(coordinator: Pick<Coordinator, 'setAudience'>): void
}

/** Runs what a ledger and a spool hold until it ends, whatever came before: the common part of start, resume and replay. */
export async function execute(execution: Execution, around: Host): Promise<Ending> {
  const { ledger, paths, runId, campaign } = execution
  // A run of events is told of times of others all day.
  const clock = execution.growth === undefined ? evenClock(around.clock) : around.clock
  const host = { ...around, clock }
  const plainSetup = senderSetupFrom(campaign, {
    runId,
    env: host.env,
    networkAllow: host.settings.networkAllow,
    kept: execution.kept,
    version: host.version,
    isEventRun: ledger.run().event !== null,
  })
  const setup = armCrashPoint(plainSetup, { ledger, env: host.env })
  using cleanUp = new DisposableStack()
  const asked = execution.growth?.asked ?? cleanUp.use(listen(paths, host)).asked
  if (host.remote === undefined) refuseBesideWorkers(paths)
  await endProcesses(ledger.senders(), clock)
  const late = await takeBack(execution, host)
  const streaming = execution.spool === null ? new StreamedSpool(execution.spoolAlong!) : null
  const stateBefore = streaming === null ? null : await beginUnlessAsked(streaming, asked)
  if (stateBefore !== null) return leave(stateBefore, execution, host)
  const spool = execution.spool ?? cleanUp.use(streaming!.open(paths.folder))
  const hasKeptBatches = [...execution.kept.values()].some(({ webhook }) => webhook.batch !== null)
  const rows = new RowBook({ spool, campaign, ledger, hasKeptBatches })
  recordLate(ledger, late.reports, { campaign, rows, clock, random: host.random })
  await late.forget()
  if (execution.isResumed === true) recoverRun(ledger, { campaign, rows, clock })
  const patience = cleanUp.use(patienceUntil(asked, host.cutSignal))
  const memory = execution.growth?.memory ?? createReceiverMemory(campaign.webhook)
  const ending = await goOn({
    execution,
    host,
    setup,
    spool,
    rows,
    memory,
    streaming,
    patience,
    wall: around.clock,
  })
  await streaming?.stop()
  if (isOver(ending, execution)) tidyUp(execution)
  return ending
}

/** What senders elsewhere have reported since the last coordinator died; they are ended. */
async function takeBack({ isResumed, runId }: Execution, { remote }: Host): Promise<TakenBack> {
  if (isResumed === true && remote !== undefined) return await remote.takeBack(runId)
  return { reports: [], forget: () => Promise.resolve() }
}

/** Ends before a first call was made this time. */
function leave(state: RunState, execution: Execution, { clock }: Host): Ending {
  const ending: Ending = { state, error: null }
  saveEnding(execution.ledger, ending, clock.now())
  if (isOver(ending, execution)) tidyUp(execution)
  return ending
}

/** Hears what is asked of a run, by a file in its folder or by the program around it; also while the first rows of a stream are awaited. */
function listen(paths: RunPaths, host: Host): Disposable & { readonly asked: Promise<RunState> } {
  const { promise, resolve } = Promise.withResolvers<RunState>()
  const onRequest = (request: RunRequest): void => resolve(request === 'pause' ? 'paused' : 'cancelled')
  const unwatch = watchRunRequest(paths, { clock: host.clock, onRequest })
  const unlisten = onSignal(host.signal, () => resolve('interrupted'))
  return {
    asked: promise,
    [Symbol.dispose]: () => {
      unwatch()
      unlisten()
    },
  }
}

/** On hold it goes on, and rows are added. */
function isOver({ state }: Ending, { growth }: Execution): boolean {
  return state === 'finished' || state === 'cancelled' || (state === 'aborted' && growth === undefined)
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
