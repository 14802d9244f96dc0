import { rmSync } from 'node:fs'
import type { SpoolReader, SpoolSummary } from '../audience/audience.ts'
import { SpoolReader as Reader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Environment } from '../campaign/secret-text.ts'
import type { Settings } from '../campaign/settings.ts'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunPaths } from '../ledger/run-folder.ts'
import { endProcesses, ProcessQueue, processStartOf, type SenderProgram } from '../queue/processes/processes.ts'
import { Coordinator, type Ending, type Progress } from './coordinator.ts'
import { recoverRun } from './recovery.ts'
import { watchRunRequest } from './run-request.ts'
import { senderSetupFrom } from './sender-setup-from.ts'

export type { Ending } from './coordinator.ts'

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
  onProgress(progress: Progress): void
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
  readonly spoolAlong?: (onRows: (rows: number) => void, signal: AbortSignal) => Promise<SpoolSummary>
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
  await endProcesses(ledger.senders(), clock)
  using cleanUp = new DisposableStack()
  const streaming = execution.spool === null ? await openStream(execution) : null
  const spool = execution.spool ?? cleanUp.use(streaming!.spool)
  if (execution.isResumed === true) recoverRun(ledger, { campaign, spool, clock })
  const coordinator: Coordinator = new Coordinator({
    campaign,
    ledger,
    spool,
    clock,
    random: host.random,
    senders: sendersFor(campaign, host.senders),
    limit: limit?.rows ?? null,
    limitState: limit?.state ?? 'interrupted',
    isUnknownResent: host.isUnknownResent,
    onProgress: (progress) => host.onProgress(progress),
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
  cleanUp.defer(
    watchRunRequest(paths, {
      clock,
      onRequest: (request) => coordinator.end(request === 'pause' ? 'paused' : 'cancelled'),
    }),
  )
  cleanUp.defer(onSignal(host.signal, () => coordinator.end('interrupted')))
  cleanUp.defer(onSignal(host.cutSignal, () => coordinator.cut('interrupted')))
  const ending = await coordinator.run()
  await streaming?.stop()
  if (ending.state === 'finished' || ending.state === 'aborted' || ending.state === 'cancelled') {
    ledger.buildCustomerIndex()
    rmSync(paths.ballast, { force: true })
  }
  return ending
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

interface Stream {
  readonly spool: SpoolReader
  /** Tells the coordinator of every row from now on. */
  follow(coordinator: Coordinator): void
  stop(): Promise<void>
}

/** Starts reading the audience and gives the spool as soon as there is one to read. */
async function openStream({ spoolAlong, paths }: Execution): Promise<Stream> {
  const stopped = new AbortController()
  const firstRows = Promise.withResolvers<void>()
  let known = { rows: 0, isComplete: false }
  let failure: unknown = null
  let onChange = (): void => undefined
  const summary = spoolAlong!((rows) => {
    known = { rows, isComplete: false }
    firstRows.resolve()
    onChange()
  }, stopped.signal)
  const spooled = (async (): Promise<void> => {
    try {
      const { rows } = await summary
      known = { rows, isComplete: true }
    } catch (error) {
      failure = error
      firstRows.reject(error)
    }
    firstRows.resolve()
    onChange()
  })()
  await firstRows.promise
  const spool = Reader.open(paths.folder)
  return {
    spool,
    follow(coordinator) {
      onChange = () => {
        if (failure !== null) {
          const error = failure instanceof HookcastError ? failure : null
          if (!stopped.signal.aborted) coordinator.end('paused', error)
          return
        }
        spool.grow(known.rows)
        coordinator.setAudience(known.rows, known.isComplete)
      }
      onChange()
    },
    async stop() {
      stopped.abort()
      await spooled
    },
  }
}
