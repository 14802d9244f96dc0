import type { DeliveryReport, Slice } from '../campaign/delivery.ts'
import type { Clock } from '../clock.ts'
import { createTokenBucket, judgeAnswer, type TokenBucket } from '../policy/policy.ts'
import type { ToSender } from '../queue/protocol.ts'
import type { Alarm, Announced } from '../queue/queue.ts'
import { CallClient, SecretMask, type CallResult } from '../request/request.ts'
import { Alarms, splitOf } from './alarms.ts'
import { unsendable } from './decision.ts'
import { judgeBatch } from './judge-batch.ts'
import { maskedAnswer, withMaskedWords } from './mask.ts'
import { Preparer } from './prepare.ts'
import { RehearsalClient } from './rehearsal-client.ts'
import { Reporter } from './reporter.ts'
import { BYTES_IN_FLIGHT, bytesOf } from './request-parts.ts'
import { answerBytesOf, type SenderSetup } from './sender-setup.ts'
import { SpareDescriptors } from './spare-descriptors.ts'
import type { DecidedTask, Prepared, PreparedDelivery, Task } from './task.ts'
import { Workload } from './workload.ts'

export { crashPointFrom, type CrashPoint } from './crash-point.ts'
export type { RequestDefinition, SenderSetup } from './sender-setup.ts'

/** What a sender tells its coordinator. */
export interface SenderPort {
  reports(batches: readonly { readonly sliceId: number; readonly reports: readonly DeliveryReport[] }[]): void
  started(sliceId: number): void
  ended(sliceId: number, notStarted: readonly number[]): void
  alarm(alarm: Alarm): void
  acknowledged(order: number): void
  /** Calls back once the coordinator's end of the channel has it: the process may die over what comes next. */
  announce(announced: Announced, onAnnounced?: () => void): void
}

type Share = Omit<Extract<ToSender, { kind: 'share' }>, 'kind'>

/**
 * A slice in, outcomes out: prepare (render or sign), call, judge.
 *
 * Open: starts calls up to its share, retries before first attempts, each in order.
 * Halted: it saw what may stop more than one delivery, raised an alarm and starts nothing of it until the
 * coordinator has answered with `stop` or `go`. What is in flight finishes and is reported as what it was.
 */
export class Sender {
  readonly #setup: SenderSetup
  readonly #port: SenderPort
  readonly #clock: Clock
  readonly #client: Pick<CallClient, 'call'>
  readonly #preparer: Preparer
  readonly #reporter: Reporter
  readonly #mask: SecretMask
  readonly #work = new Workload()
  readonly #lowered: { readonly order: number; readonly share: number }[] = []
  readonly #alarms: Alarms
  #bucket: TokenBucket | null = null
  #startsLeft: number | null = null
  #hasSucceeded = false
  #share = 0
  #round = 0
  #inFlight = 0
  #bytesInFlight = 0
  #isHalted = false
  #isHeld = false
  #isAnnouncing = false
  #isPumping = false
  #cancelWake: (() => void) | null = null
  readonly #isReplacement: boolean

  constructor(options: { setup: SenderSetup; isReplacement: boolean; port: SenderPort; clock: Clock }) {
    const { setup, isReplacement, port, clock } = options
    this.#setup = setup
    this.#port = port
    this.#clock = clock
    this.#isReplacement = isReplacement
    const spare = new SpareDescriptors()
    this.#preparer = new Preparer({ setup, clock, spare })
    this.#mask = new SecretMask(setup.secrets)
    this.#alarms = new Alarms(setup)
    this.#reporter = new Reporter({ setup, port, clock, spare })
    const { origin, concurrency: connections, timeoutMs, ca, network, egress } = setup
    this.#client = setup.isRehearsal
      ? new RehearsalClient()
      : new CallClient({ origin, connections, timeoutMs, ca, network, egress, maxAnswerBytes: answerBytesOf(setup) })
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get unstarted(): number {
    return this.#work.unstarted
  }

  take(slice: Slice): void {
    this.#work.add(slice)
    this.#alarms.learn(slice.chunk, slice.clientErrors)
    this.#pump()
  }

  setShare({ share, starts, perSecond, round, order }: Share): void {
    this.#share = share
    this.#round = round
    this.#startsLeft = starts
    this.#setRate(perSecond)
    this.#lowered.push({ order, share })
    this.#acknowledgeShares()
    this.#pump()
  }

  #setRate(perSecond: number | null): void {
    const now = this.#clock.now()
    if (perSecond === null) this.#bucket = null
    else if (this.#bucket !== null) this.#bucket.setRate(perSecond, now)
    // A sender that takes a lost one's place must not add a start to those that one has used.
    else this.#bucket = createTokenBucket({ perSecond, now, tokens: this.#isReplacement ? 0 : 1 })
  }

  /** A share is acknowledged once no more calls than that are in flight, or a later word allows more. */
  #acknowledgeShares(): void {
    while (this.#lowered.length > 0) {
      const { order, share } = this.#lowered[0]!
      if (this.#inFlight > share && this.#share <= share) return
      this.#lowered.shift()
      this.#port.acknowledged(order)
    }
  }

  /** Nobody would hear of calls that are started now. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#pump()
  }

  go(): void {
    this.#isHalted = false
    this.#alarms.forgetConnectionIssues()
    this.#work.releaseHeld()
    this.#pump()
  }

  stop({ chunk, order }: { chunk: number | null; order: number }): void {
    this.#work.drop(chunk)
    if (chunk === null) this.#isHalted = false
    this.#alarms.forgetConnectionIssues()
    this.#endSlices()
    this.#port.acknowledged(order)
    this.#pump()
  }

  #pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    try {
      while (!this.#isHalted && !this.#isHeld && !this.#isAnnouncing && this.#inFlight < this.#share) {
        const prepared = this.#work.nextReady() ?? this.#prepareMore()
        if (prepared === null) break
        if (prepared.kind === 'decided') this.#decide(prepared)
        else if (this.#hasMemoryFor(prepared) && this.#mayStart()) this.#begin(prepared)
        else {
          this.#work.putBack(prepared)
          break
        }
      }
    } finally {
      this.#isPumping = false
    }
    this.#endSlices()
  }

  /** Bodies of batches take megabytes: with so many of them out, the next one waits for an answer. */
  #hasMemoryFor({ request }: PreparedDelivery): boolean {
    return this.#bytesInFlight === 0 || this.#bytesInFlight + bytesOf(request) <= BYTES_IN_FLIGHT
  }

  #mayStart(): boolean {
    if (this.#startsLeft === 0) return false
    const now = this.#clock.now()
    if (this.#bucket?.take(now, 1) === 0) {
      this.#wakeAt(this.#bucket.nextAt(now) - now)
      return false
    }
    if (this.#startsLeft !== null) this.#startsLeft--
    return true
  }

  #wakeAt(ms: number): void {
    this.#cancelWake?.()
    this.#cancelWake = this.#clock.after(ms, () => {
      this.#cancelWake = null
      this.#pump()
    })
  }

  #prepareMore(): Prepared | null {
    const tasks = this.#work.nextBlock()
    const first = tasks[0]
    if (first === undefined) return null
    const isCareful = this.#work.isCareful(first)
    if (isCareful && !this.#isAnnounced(first)) return null
    const prepared = this.#preparer.prepare(tasks, { isCareful })
    if (isCareful && prepared.length > 0) this.#port.announce({ seq: first.seq, isRendering: false, row: null })
    this.#work.prepared(prepared)
    // A block that was cut short took its time: let answers that have come be handled before the next.
    if (prepared.length < tasks.length) this.#wakeAt(0)
    return this.#work.nextReady()
  }

  /** Before a careful task's next render the coordinator knows whose it is: only then it is done. */
  #isAnnounced(task: Task): boolean {
    const row = this.#preparer.nextRow(task)
    if (this.#work.wasAnnounced(task, row)) return true
    this.#isAnnouncing = true
    this.#port.announce({ seq: task.seq, isRendering: true, row }, () => {
      this.#isAnnouncing = false
      this.#work.markAnnounced(task, row)
      this.#pump()
    })
    return false
  }

  #decide(prepared: DecidedTask): void {
    this.#work.begun(prepared.task)
    this.#reporter.decided(prepared)
    this.#work.finished(prepared.task)
    if (prepared.verdict.kind === 'called') this.#raise({ kind: 'local' })
  }

  #begin(ready: PreparedDelivery): void {
    this.#inFlight++
    this.#bytesInFlight += bytesOf(ready.request)
    this.#work.begun(ready.task)
    const round = this.#round
    try {
      this.#client.call(ready.request, (result) => {
        this.#inFlight--
        this.#bytesInFlight -= bytesOf(ready.request)
        this.#finish(ready, { result, round })
        this.#acknowledgeShares()
        this.#pump()
      })
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#inFlight--
      this.#bytesInFlight -= bytesOf(ready.request)
      this.#reporter.decided(unsendable(ready, error.message))
      this.#work.finished(ready.task)
    }
  }

  #finish(ready: PreparedDelivery, { result, round }: { result: CallResult; round: number }): void {
    const { task } = ready
    const context = {
      attempt: task.attempt,
      isInDoubt: task.isInDoubt || ready.isKept || result.hadInstantRetry,
      wasReusedConnection: result.wasReusedConnection,
      hasRunSucceeded: this.#hasSucceeded,
      endedAt: this.#clock.now(),
      rules: this.#setup,
    }
    const judged = judgeAnswer(result.answer, context)
    const answer = maskedAnswer(result.answer, this.#mask)
    const whole = answer === result.answer ? judged : withMaskedWords(judged, judgeAnswer(answer, context))
    const batch =
      ready.batch === null
        ? null
        : judgeBatch(ready, { answer: result.answer, masked: answer, outcome: whole }, this.#setup)
    const outcome = batch?.outcome ?? whole
    if (outcome.kind === 'sent') this.#hasSucceeded = true
    const told = answer === result.answer ? result : { ...result, answer }
    this.#reporter.called(ready, { result: told, outcome, round, batch })
    this.#work.finished(task)
    const split = batch?.isToBeSplit === true ? splitOf(ready) : 'none'
    const alarm = this.#alarms.for({ chunk: task.chunk, outcome, split }, this.#isHalted)
    if (alarm !== null) this.#raise(alarm)
  }

  #raise(alarm: Alarm): void {
    if (alarm.kind === 'chunk') this.#work.hold(alarm.chunk)
    else this.#isHalted = true
    this.#reporter.flush()
    this.#port.alarm(alarm)
  }

  #endSlices(): void {
    for (const sliceId of this.#work.takeStarted()) this.#port.started(sliceId)
    const ended = this.#work.takeEnded()
    if (ended.length === 0) return
    // The coordinator forgets a slice when it ends: its last reports go first.
    this.#reporter.flush()
    for (const { sliceId, notStarted } of ended) this.#port.ended(sliceId, notStarted)
  }
}
