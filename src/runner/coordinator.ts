import type { SpoolReader } from '../audience/audience.ts'
import type { Campaign, Warning } from '../campaign/campaign.ts'
import { deliveriesOf, type DeliveryReport } from '../campaign/delivery.ts'
import type { RunState } from '../campaign/result.ts'
import type { Clock } from '../clock.ts'
import type { HookcastError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { RunNumbers } from '../ledger/numbers.ts'
import type { Timeline } from '../ledger/timeline.ts'
import { storageFullError } from '../ledger/folder-error.ts'
import { StopRules, type StopDecision, type StopState } from '../policy/policy.ts'
import type { Alarm, Queue, QueueEvents } from '../queue/queue.ts'
import { saveEnding } from './save-ending.ts'
import type { Lending } from './feeder.ts'
import { Groups, type Written } from './groups.ts'
import { Lender } from './lender.ts'
import { Idleness } from './idleness.ts'
import type { Ending, Standing } from './progress.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'
import type { RowBook } from './row-book.ts'
import { SliceBook } from './slice-book.ts'
import { StartGate, type CeilingClaims, type ReceiverMemory } from './start-gate.ts'
import { Stops } from './stops.ts'
import { COMMIT_MS, Ticks, Wake } from './wake.ts'

export interface CoordinatorOptions {
  readonly campaign: Campaign
  readonly ledger: Ledger
  readonly timeline: Timeline
  readonly spool: SpoolReader
  readonly rows: RowBook
  readonly clock: Clock
  readonly random: () => number
  /** Rows to lend before the run is interrupted; null for all. */
  readonly limit: number | null
  readonly limitState: 'interrupted' | 'paused'
  /** Sends in doubt that are older than the receiver remembers keys are sent all the same. */
  readonly isUnknownResent: boolean
  createQueue(events: QueueEvents): Queue
  readonly onProgress: (standing: Standing) => void
  /** Senders had room, and what there was for it is on its way to them. */
  readonly onFed?: (() => void) | undefined
  readonly onAttempt?: RecorderOptions['onAttempt']
  readonly ceilings: CeilingClaims
  readonly memory: ReceiverMemory
  /** Ends it, still `running`, once there was nothing to do for so long, and will not be for as long; null: never. */
  readonly idleMs: number | null
}

/**
 * One run: lends slices, writes down what became of them, stops, retries, ends.
 *
 * Everything that happens between two commits is one group: reports are recorded, decisions are taken, the next
 * slices are cut, all of it is committed together, and only then do the slices leave. So a row is lent on the disk
 * before its first byte goes out, and a receiver is never ahead of the ledger by more than what is in flight.
 *
 * Running: feeds while senders have room. Ending (`#ending` set): nothing new is lent; when the last open slice has
 * come back, the last group is committed and `run` resolves.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #numbers: RunNumbers
  readonly #rules: StopRules
  readonly #gate: StartGate
  readonly #recorder: Recorder
  readonly #lender: Lender
  readonly #queue: Queue
  readonly #slices: SliceBook
  readonly #groups: Groups
  readonly #stops: Stops
  readonly #done = Promise.withResolvers<Ending>()
  #ending: Ending | null = null
  #isCut = false
  #customers: number
  readonly #ticks: Ticks
  readonly #wake: Wake
  #nextDueAt: number | null = null
  readonly #idleness: Idleness

  constructor(options: CoordinatorOptions) {
    this.#options = options
    const { campaign, ledger, rows, clock } = options
    const run = ledger.run()
    this.#numbers = run.numbers
    this.#customers = run.customers
    this.#wake = new Wake(clock, () => this.#tick())
    this.#ticks = new Ticks(clock, () => this.#tick())
    this.#idleness = new Idleness(options.idleMs, clock)
    this.#stops = new Stops(ledger, () => this.#ticks.schedule())
    const { policy } = run.numbers
    this.#rules = new StopRules(campaign.webhook.abort, policy as StopState | null, { perWebhook: run.event !== null })
    this.#recorder = new Recorder({
      ...options,
      numbers: run.numbers,
      rules: this.#rules,
      sampleCounts: ledger.sampleCounts(),
      chunks: ledger.chunks(),
    })
    this.#groups = new Groups({ ledger, recorder: this.#recorder, numbers: run.numbers, rules: this.#rules })
    this.#slices = new SliceBook({ recorder: this.#recorder, clock, isGivenUp: this.#stops.isGivenUp, rows })
    this.#queue = options.createQueue(this.#events())
    this.#gate = new StartGate({
      memory: options.memory,
      queue: this.#queue,
      clock,
      lowest: run.numbers.lowestConcurrency,
      ceilings: options.ceilings,
      hasWork: () => this.#slices.size > 0,
    })
    this.#lender = new Lender({
      ...options,
      gate: this.#gate,
      queue: this.#queue,
      recorder: this.#recorder,
      slices: this.#slices,
      clientErrorsOf: (chunk) => this.#rules.clientErrors(chunk),
    })
  }

  /** Runs until everyone is accounted for, or something ends it before. */
  async run(): Promise<Ending> {
    const { ledger, clock } = this.#options
    this.#recorder.add((ledger) => ledger.markStarted(clock.now()))
    this.#settle(this.#groups.writeNow())
    await this.#queue.start()
    this.#gate.open()
    this.#tick()
    const ending = await this.#done.promise
    this.#wake.cancel()
    // Senders say their last words: there is no next group for them.
    this.#ticks.end()
    await this.#queue[Symbol.asyncDispose]()
    saveEnding(ledger, ending, clock.now())
    return ending
  }

  /** The audience has grown, or is complete: where nothing is in hand, there are no outcomes to wait for. Its caller writes it down. */
  setAudience(customers: number, isComplete: boolean): void {
    this.#customers = customers
    this.#lender.setAudienceComplete(isComplete)
    this.#ticks.schedule(this.#slices.size === 0 ? 0 : COMMIT_MS)
  }

  /** The same, written down with the next commit. */
  recordAudience(customers: number, isComplete: boolean): void {
    this.#recorder.add((ledger) => ledger.saveAudience(customers, isComplete))
    this.setAudience(customers, isComplete)
  }

  addWarnings(warnings: readonly Warning[]): void {
    this.#numbers.warnings.push(...warnings)
  }

  /** Written down with the next commit, and so before anything is lent to it. */
  recordSender(pid: number, started: string): void {
    this.#recorder.add((ledger) => ledger.recordSender(pid, started))
  }

  /** Starts nothing more and ends once what is in flight has come back. */
  end(state: RunState, error: HookcastError | null = null): void {
    if (this.#ending !== null) return
    this.#ending = { state, error }
    void this.#stops.acknowledged(this.#queue.stop('all'))
    this.#ticks.schedule()
  }

  /** Ends without waiting for what is in flight: it is in doubt and comes first on resume. */
  cut(state: RunState, error: HookcastError | null = null): void {
    // What it was paused for may have promised that all is written down: this error is the truth of it.
    if (this.#ending === null || (this.#ending.state === state && error !== null)) this.#ending = { state, error }
    this.#isCut = true
    this.#ticks.end()
    if (error === null) this.#settle(this.#groups.writeNow())
    this.#done.resolve(this.#ending)
  }

  #events(): QueueEvents {
    return {
      onReports: (sliceId, reports) => this.#onReports(sliceId, reports),
      onSliceStarted: (sliceId) => this.#slices.markStarted(sliceId),
      onSliceEnded: (sliceId, notStarted) => {
        this.#slices.end(sliceId, notStarted)
        this.#ticks.schedule()
      },
      onSliceLost: (sliceId, last) => {
        this.#slices.lose(sliceId, last)
        this.#gate.recordLost()
        this.#ticks.schedule()
      },
      onAlarm: (alarm) => this.#onAlarm(alarm),
      onRoom: () => this.#ticks.schedule(this.#slices.size === 0 ? 0 : COMMIT_MS),
      onInFlight: () => this.#ticks.schedule(),
      onTrouble: (error) => this.cut('interrupted', error),
    }
  }

  #onReports(sliceId: number, reports: readonly DeliveryReport[]): void {
    const slice = this.#slices.get(sliceId)
    if (slice === undefined) return
    for (const told of reports) {
      const report = this.#recorder.settle(told)
      slice.reported.add(report.seq)
      const spent = this.#gate.record(report)
      const waiting = slice.waiting?.get(report.seq) ?? null
      const note = slice.batches?.get(report.seq) ?? null
      const { chunk, lentAt } = slice
      const decisions = this.#recorder.record(report, { chunk, lentAt, waiting, note, ...spent })
      for (const decision of decisions) this.#stop(decision)
    }
    this.#numbers.lowestConcurrency = this.#gate.lowest
    if (this.#gate.trouble !== null) this.end('paused', this.#gate.trouble)
    this.#ticks.schedule()
  }

  /** Its reports came before it: if they stopped nothing, whoever raised it goes on. */
  #onAlarm(alarm: Alarm): void {
    const hasStopped = this.#stops.isWebhookStopped || (alarm.kind === 'chunk' && this.#stops.isStopped(alarm.chunk))
    if (!hasStopped && this.#ending === null) this.#queue.dismissAlarm()
  }

  #stop(decision: StopDecision): void {
    const { campaign, clock } = this.#options
    if (!this.#stops.apply(decision, { campaign, clock, recorder: this.#recorder })) return
    if (decision.chunk !== null) this.#lender.stopChunk(decision.chunk)
    void this.#stops.acknowledged(this.#queue.stop(decision.chunk === null ? 'all' : { chunk: decision.chunk }))
  }

  #tick(): void {
    if (this.#isCut || !this.#ticks.begin()) return
    const decision = this.#gate.wake()
    if (decision !== null) this.#stop(decision)
    const { timeline, clock } = this.#options
    timeline.note(clock.now(), this.#queue.inFlight(), this.#gate.concurrency)
    const hasRoom = this.#queue.room() > 0
    const lendings = this.#isStopping ? [] : this.#lender.plan(this.#nextDueAt)
    this.#groups.write(lendings, (written) => {
      if (this.#settle(written)) this.#goOn(lendings)
      if (hasRoom) this.#options.onFed?.()
      this.#ticks.release()
    })
  }

  get #isStopping(): boolean {
    return this.#ending !== null || this.#stops.isWebhookStopped
  }

  /** The group is on the disk: what it lends may leave, but for what was stopped meanwhile. */
  #goOn(lendings: readonly Lending[]): void {
    for (const { slice } of lendings) {
      if (this.#isStopping || this.#stops.isStopped(slice.chunk)) this.#slices.end(slice.id, deliveriesOf(slice))
      else this.#queue.lend(slice)
    }
    const isAtLimit = this.#lender.isLimitReached && this.#slices.size === 0
    if (isAtLimit && !this.#isFinished()) this.end(this.#options.limitState)
    this.#options.onProgress(this.standing())
    const hasWork = this.#slices.size > 0 || !this.#lender.hasNoFirst
    if (this.#idleness.isOver({ hasWork, nextDueAt: this.#nextDueAt })) this.end('running')
    if (this.#recorder.hasChanges) this.#ticks.schedule()
    else if (this.#isFinished()) this.#finish()
    else this.#wakeLater()
  }

  standing(): Standing {
    return {
      numbers: this.#numbers,
      customers: this.#customers,
      aborted: this.#stops.countAborted(this.#customers, this.#options.campaign, this.#recorder),
      inFlight: this.#queue.inFlight(),
      nextDueAt: this.#nextDueAt,
    }
  }

  /** False when nothing may leave: nothing could be written down, for which the run is cut, or it was cut meanwhile. */
  #settle(written: Written): boolean {
    if ('error' in written) this.cut('paused', written.error)
    else if (written.isStorageFull) this.end('paused', storageFullError())
    if (this.#isCut) return false
    this.#nextDueAt = this.#options.ledger.nextDueAt(this.#lender.mostRestarts)
    return true
  }

  #isFinished(): boolean {
    if (this.#slices.size > 0 || !this.#stops.isAcknowledged) return false
    return this.#ending !== null || this.#stops.isWebhookStopped || (this.#lender.isFed && this.#nextDueAt === null)
  }

  #finish(): void {
    const { sent, failed, suppressed } = this.#numbers
    const isEveryoneDone = sent + failed + suppressed >= this.#customers
    const isOver = isEveryoneDone && !this.#stops.isOnHold
    this.#done.resolve(this.#ending ?? { state: isOver ? 'finished' : 'aborted', error: null })
  }

  #wakeLater(): void {
    const now = this.#options.clock.now()
    // What is due already waits for room, and room has its own event: a timer would only spin.
    const dueAt = this.#nextDueAt !== null && (this.#nextDueAt > now || this.#queue.room() > 0) ? this.#nextDueAt : null
    this.#wake.at([dueAt, this.#gate.wakeAt, this.#idleness.restAt])
  }
}
