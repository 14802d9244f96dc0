import { deliveriesOf, type Slice } from '../../campaign/delivery.ts'
import { systemClock } from '../../clock.ts'
import { QueueError } from '../../errors.ts'
import type { Gate, Queue, QueueEvents } from '../queue.ts'
import { unpackReports } from './plain-reports.ts'
import type { FromSender } from './protocol.ts'
import { SenderProcess, type SenderProgram } from './sender-process.ts'
import { splitShares } from './shares.ts'

export type { FromSender, ToSender } from './protocol.ts'
export { endProcesses, processStartOf, type SenderProgram } from './sender-process.ts'

export interface ProcessQueueOptions {
  readonly program: SenderProgram
  readonly senders: number
  /** Handed to every sender as it starts; holds secrets, is written nowhere. */
  readonly setup: unknown
  readonly events: QueueEvents
  /** A sender process was started; written down before it is lent anything. */
  onProcess(pid: number): void
}

/** A sender that says nothing for this long is hung: two renders at their limit of 1 s each fit with room to spare. */
const SILENCE_MS = 5000
const WATCH_MS = 1000

/** Starting takes half a second, and many times that on a machine that is busy with something else. */
const START_MS = 30_000

/** A sender that dies this often in a row before it is ready cannot be started at all. */
const FAILED_STARTS = 3

/** Besides the slice it is working on, a sender holds one more, so that it never waits for the coordinator. */
const SLICES_HELD = 2

interface Order {
  readonly waitingFor: Set<SenderProcess>
  readonly done: () => void
}

/**
 * Senders as child processes of the coordinator.
 *
 * Starting: processes are forked and told their setup; a slice is lent only to a ready one.
 * Running: shares of the gate are told, lowered before any is raised; a sender that dies or falls silent
 * is replaced, and its slices are handed back as lost.
 * Stopping: dispose cuts the channels; a sender without a coordinator ends by itself.
 */
export class ProcessQueue implements Queue {
  readonly #options: ProcessQueueOptions
  readonly #senders = new Set<SenderProcess>()
  readonly #orders = new Map<number, Order>()
  readonly #gone = new Map<SenderProcess, PromiseWithResolvers<void>>()
  #gate: Gate = { concurrency: 0, starts: null, perSecond: null, round: 0 }
  #gateNumber = 0
  #nextOrder = 1
  #failedStarts = 0
  #isStopping = false
  #watchedAt = 0
  #cancelWatch = (): void => undefined

  constructor(options: ProcessQueueOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    for (let i = 0; i < this.#options.senders; i++) this.#spawn(false)
    this.#watch()
    await Promise.resolve()
  }

  room(): number {
    if (this.#isStopping) return 0
    let room = 0
    for (const sender of this.#senders) {
      if (this.#canTake(sender)) room += Math.max(0, SLICES_HELD - sender.heldSlices)
    }
    return room
  }

  #canTake(sender: SenderProcess): boolean {
    // With fewer calls allowed than senders, those without a share would only sit on what they are lent.
    return sender.isReady && (sender.share > 0 || this.#gate.concurrency === 0)
  }

  lend(slice: Slice): void {
    const candidates = [...this.#senders].filter((sender) => this.#canTake(sender))
    const sender = candidates.toSorted((a, b) => a.heldSlices - b.heldSlices || a.unstarted - b.unstarted)[0]
    if (sender === undefined) {
      this.#options.events.onSliceEnded(slice.id, deliveriesOf(slice))
      return
    }
    sender.slices.set(slice.id, { slice, isStarted: false })
    sender.unstarted += slice.batches?.length ?? slice.count
    sender.send({ kind: 'slice', slice })
    if (this.#gate.concurrency < this.#senders.size) this.#share()
  }

  setGate(gate: Gate): void {
    this.#gate = gate
    this.#gateNumber++
    this.#share()
  }

  dismissAlarm(): void {
    for (const sender of this.#senders) sender.send({ kind: 'go' })
  }

  stop(scope: { readonly chunk: number } | 'all'): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waitingFor = new Set([...this.#senders].filter(({ isReady }) => isReady))
    if (waitingFor.size === 0) return Promise.resolve()
    const order = this.#nextOrder++
    this.#orders.set(order, { waitingFor, done: resolve })
    for (const sender of waitingFor) sender.send({ kind: 'stop', chunk: scope === 'all' ? null : scope.chunk, order })
    return promise
  }

  mostInFlight(): number {
    let most = 0
    for (const sender of this.#senders) most += Math.max(sender.share, sender.usedShare)
    return most
  }

  inFlight(): number {
    let inFlight = 0
    for (const sender of this.#senders) inFlight += sender.inFlight
    return inFlight
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    this.#cancelWatch()
    for (const sender of this.#senders) sender.disconnect()
    await Promise.all([...this.#gone.values()].map(({ promise }) => promise))
  }

  #spawn(isReplacement: boolean): void {
    const sender = new SenderProcess(this.#options.program, systemClock.now())
    this.#senders.add(sender)
    this.#gone.set(sender, Promise.withResolvers())
    sender.listen(
      (message) => this.#hear(sender, message),
      (error) => this.#lose(sender, error),
    )
    if (sender.pid !== undefined) this.#options.onProcess(sender.pid)
    sender.send({ kind: 'setup', setup: this.#options.setup, isReplacement })
  }

  #hear(sender: SenderProcess, message: FromSender): void {
    sender.heardAt = systemClock.now()
    const { events } = this.#options
    switch (message.kind) {
      case 'ready':
        sender.isReady = true
        this.#failedStarts = 0
        this.#share()
        return
      case 'reports':
        sender.inFlight = message.inFlight
        sender.unstarted = message.unstarted
        for (const told of message.batches) events.onReports(told.sliceId, unpackReports(told))
        return
      case 'started': {
        const held = sender.slices.get(message.sliceId)
        if (held !== undefined) held.isStarted = true
        events.onSliceStarted(message.sliceId)
        return this.#offerRoom()
      }
      case 'ended':
        sender.slices.delete(message.sliceId)
        events.onSliceEnded(message.sliceId, message.notStarted)
        return this.#offerRoom()
      case 'alarm':
        return events.onAlarm(message.alarm)
      case 'acknowledged':
        return this.#acknowledge(sender, message.order)
      case 'beat': {
        const isNews = sender.inFlight !== message.inFlight
        sender.inFlight = message.inFlight
        sender.unstarted = message.unstarted
        return isNews ? events.onInFlight() : undefined
      }
      case 'announced':
        sender.announced = message.announced
        return
      case 'failed':
        return events.onTrouble(new QueueError('HOOKCAST_SENDER_LOST', message.message))
    }
  }

  #offerRoom(): void {
    // With fewer calls than senders a share goes on to whoever holds the next slice.
    if (this.#gate.concurrency < this.#senders.size) this.#share()
    if (this.room() > 0) this.#options.events.onRoom()
  }

  /** Tells lowered shares first; raises follow once they were acknowledged (see `#acknowledge`). */
  #share(): void {
    const wanted = splitShares(this.#gate.concurrency, [...this.#senders])
    let free = this.#gate.concurrency
    for (const sender of this.#senders) free -= Math.max(sender.usedShare, 0)
    for (const sender of this.#senders) {
      const share = wanted.get(sender) ?? 0
      if (share < sender.share) this.#tellShare(sender, share)
    }
    for (const sender of this.#senders) {
      const share = wanted.get(sender) ?? 0
      if (share < sender.share) continue
      const raised = Math.min(share, sender.usedShare + Math.max(0, free))
      if (raised > sender.share) {
        free -= raised - sender.usedShare
        this.#tellShare(sender, raised)
      } else if (sender.isReady && this.#isNews(sender)) {
        this.#tellShare(sender, sender.share)
      }
    }
    if (this.room() > 0) this.#options.events.onRoom()
  }

  #isNews(sender: SenderProcess): boolean {
    return sender.toldGate !== this.#gateNumber || sender.toldPerSecond !== this.#perSecondOf(sender.share)
  }

  /** The part of the rate that goes with a share of the calls. */
  #perSecondOf(share: number): number | null {
    const { perSecond, concurrency } = this.#gate
    return perSecond === null || concurrency === 0 ? perSecond : (perSecond * share) / concurrency
  }

  #tellShare(sender: SenderProcess, share: number): void {
    const order = this.#nextOrder++
    const isLowered = share < sender.usedShare
    sender.share = share
    if (isLowered) {
      this.#orders.set(order, {
        waitingFor: new Set([sender]),
        done: () => {
          // Only the last word counts: an older, higher share may be acknowledged after a newer, lower one was told.
          sender.usedShare = Math.min(sender.usedShare, Math.max(share, sender.share))
          this.#share()
        },
      })
    } else {
      sender.usedShare = share
    }
    const perSecond = this.#perSecondOf(share)
    const { round, starts } = this.#gate
    sender.toldGate = this.#gateNumber
    sender.toldPerSecond = perSecond
    sender.send({ kind: 'share', share, starts, perSecond, round, order })
  }

  #acknowledge(sender: SenderProcess, number: number): void {
    const order = this.#orders.get(number)
    if (order === undefined) return
    order.waitingFor.delete(sender)
    if (order.waitingFor.size > 0) return
    this.#orders.delete(number)
    order.done()
  }

  #lose(sender: SenderProcess, error: Error | null): void {
    this.#senders.delete(sender)
    this.#gone.get(sender)?.resolve()
    this.#gone.delete(sender)
    for (const number of this.#orders.keys()) this.#acknowledge(sender, number)
    if (this.#isStopping) return
    for (const { slice } of sender.slices.values()) this.#options.events.onSliceLost(slice.id, sender.announced)
    if (!sender.isReady && ++this.#failedStarts >= FAILED_STARTS) {
      const cause = error ?? new Error('the process ended before it was ready')
      this.#options.events.onTrouble(
        new QueueError('HOOKCAST_SENDER_LOST', `Could not start a sender process: ${cause.message}`, { cause }),
      )
      return
    }
    this.#spawn(true)
    this.#share()
  }

  #watch(): void {
    this.#watchedAt = systemClock.now()
    this.#cancelWatch = systemClock.after(WATCH_MS, () => {
      const now = systemClock.now()
      // A coordinator that was stopped itself (SIGSTOP, a sleeping laptop) heard nobody: everyone gets a new turn.
      const wasStopped = now - this.#watchedAt > 3 * WATCH_MS
      for (const sender of this.#senders) {
        if (wasStopped) sender.heardAt = now
        else if (now - sender.heardAt > (sender.isReady ? SILENCE_MS : START_MS)) sender.kill()
      }
      this.#watch()
    })
  }
}
