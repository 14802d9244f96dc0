import { dirname } from 'node:path'
import type { SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import type { Clock } from '../clock.ts'
import { SharedCeilings, type Ceiling } from '../ledger/shared-ceilings.ts'
import { Timeline } from '../ledger/timeline.ts'
import { ProcessQueue, processStartOf } from '../queue/processes/processes.ts'
import type { Queue, QueueEvents } from '../queue/queue.ts'
import type { SenderSetup } from '../sender/sender.ts'
import { Coordinator } from './coordinator.ts'
import type { Execution, Host } from './execute.ts'
import { onSignal, type Patience } from './patience.ts'
import { Pace, type Ending } from './progress.ts'
import { RESTART_LIMIT } from './recovery.ts'
import { remoteBriefFrom } from './remote-brief.ts'
import type { RowBook } from './row-book.ts'
import { saveEnding } from './save-ending.ts'
import type { Seats } from './sender-seats.ts'
import type { ReceiverMemory } from './start-gate.ts'
import type { StreamedSpool } from './streamed-spool.ts'
import { markWorkers, unmarkWorkers } from './worker-mark.ts'

/** A run that only waits for its retries gives its sender processes back after this; new ones take some 0.3 s. */
const REST_MS = 2000

interface StretchParts extends Pick<CoordinatorParts, 'execution' | 'host' | 'setup' | 'spool' | 'rows' | 'memory'> {
  readonly streaming: StreamedSpool | null
  readonly patience: Patience
  /** As other processes have it. */
  readonly wall: Clock
}

/** Goes on with a run to its end, in stretches; a run of events ends each of them, as it rests in its own way. */
export async function goOn(parts: StretchParts): Promise<Ending> {
  const { execution, host, patience } = parts
  for (;;) {
    const { ending, isTurn } = await stretch(parts)
    if (ending.state !== 'running' || execution.growth !== undefined) return ending
    const dueAt = isTurn ? null : execution.ledger.nextDueAt(RESTART_LIMIT)
    await host.clock.sleep(Math.max(0, (dueAt ?? 0) - host.clock.now()), patience.signal)
  }
}

/**
 * Goes on with a run while it has sender processes: to its end, or until it only waits for its retries or others wait for
 * their turn. It is still `running` then, and has given its seats back.
 */
async function stretch({
  streaming,
  patience,
  wall,
  ...parts
}: StretchParts): Promise<{ readonly ending: Ending; readonly isTurn: boolean }> {
  const { execution, host } = parts
  const { campaign, ledger, paths, growth, runId } = execution
  const { clock } = host
  let isTurn = false
  let leave: (() => void) | null = null
  const onTurn = (): void => {
    isTurn = true
    leave?.()
  }
  using seats = await takeSeats(execution, host, { patience, onTurn })
  if (seats === null) {
    const ending: Ending = { state: patience.state, error: null }
    saveEnding(ledger, ending, clock.now())
    return { ending, isTurn: false }
  }
  using ceilings = new SharedCeilings({
    dataFolder: dirname(dirname(paths.folder)),
    ceilings: ceilingsOf(campaign),
    runId,
    now: () => wall.now(),
  })
  const isComplete = (): boolean => streaming?.isComplete ?? growth === undefined
  const onFed = (): void => streaming?.goOn()
  const coordinator = createCoordinator({ ...parts, ceilings, isComplete, onFed, seats })
  leave = () => coordinator.end('running')
  streaming?.follow(coordinator)
  growth?.onCoordinator(coordinator)
  // Taken back with the stretch: a run may have thousands of them.
  using listening = new DisposableStack()
  listening.defer(onSignal(patience.signal, () => coordinator.end(patience.state)))
  listening.defer(onSignal(host.cutSignal, () => coordinator.cut('interrupted')))
  return { ending: await coordinator.run(), isTurn }
}

/** Waits for sender processes; null when its patience has ended before. */
async function takeSeats(
  { campaign, limit, growth }: Execution,
  { seats, senders }: Host,
  { patience, onTurn }: { readonly patience: Patience; readonly onTurn: () => void },
): Promise<Seats | null> {
  const wanted = sendersFor(campaign, senders)
  if (seats === undefined) return { count: wanted, begin: () => undefined, [Symbol.dispose]: () => undefined }
  const kind = growth === undefined ? 'run' : 'event'
  // What is left of a limit is known by its coordinator alone; nor does it go on for long.
  const leave = limit === null ? onTurn : (): void => undefined
  return await seats.take({ kind, wanted, onTurn: leave, signal: patience.signal })
}

interface CoordinatorParts {
  readonly execution: Execution
  readonly host: Host
  readonly setup: SenderSetup
  readonly spool: SpoolReader
  readonly rows: RowBook
  readonly ceilings: SharedCeilings
  readonly memory: ReceiverMemory
  readonly isComplete: () => boolean
  readonly onFed: () => void
  readonly seats: Seats
}

function createCoordinator({ execution, host, isComplete, setup, seats, ...parts }: CoordinatorParts): Coordinator {
  const { campaign, ledger, limit, growth } = execution
  const { clock, random, isUnknownResent, program, onAttempt } = host
  const pace = new Pace()
  const coordinator: Coordinator = new Coordinator({
    ...parts,
    campaign,
    ledger,
    timeline: new Timeline(ledger.intervals()),
    clock,
    random,
    limit: limit?.rows ?? null,
    limitState: limit?.state ?? 'interrupted',
    isUnknownResent,
    onAttempt: onAttempt === undefined ? undefined : (attempt) => onAttempt(attempt, execution.runId),
    idleMs: growth?.idleMs ?? restMsOf(execution, host),
    onProgress: (standing) => {
      const perSecond = pace.perSecond(standing.numbers, clock.now())
      host.onProgress({ ...standing, runId: execution.runId, isAudienceComplete: isComplete(), perSecond })
    },
    createQueue: (events) => {
      const begun = { ...events, onRoom: () => (seats.begin(), events.onRoom()) }
      const { count: senders } = seats
      if (host.remote !== undefined) return createRemoteQueue(execution, host, { senders, events: begun })
      return new ProcessQueue({
        program,
        senders,
        setup,
        events: begun,
        onProcess: (pid) => coordinator.recordSender(pid, processStartOf(pid)),
      })
    },
  })
  return coordinator
}

function createRemoteQueue(
  { campaign, paths, runId, ledger }: Execution,
  { remote, version, settings, onNote }: Host,
  { senders, events }: { readonly senders: number; readonly events: QueueEvents },
): Queue {
  const { timeoutMs, egress } = campaign.webhook
  const brief = remoteBriefFrom(paths, { runId, isEventRun: ledger.run().event !== null, settings })
  const onTold = onNote ?? (() => undefined)
  markWorkers(paths, remote!.place)
  return remote!.createQueue({
    runId,
    version,
    senders,
    brief,
    egressPool: egress?.name ?? null,
    timeoutMs,
    events,
    onNote: onTold,
    onClosed: () => unmarkWorkers(paths),
  })
}

/** Without others there is nobody to leave seats to; what is left of a limit, or of a stream, is known by its coordinator alone. */
function restMsOf({ limit, spool }: Execution, { seats }: Host): number | null {
  return seats === undefined || limit !== null || spool === null ? null : REST_MS
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
