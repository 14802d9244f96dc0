import { deliveriesOf, type Slice } from '../campaign/delivery.ts'
import { systemClock } from '../clock.ts'
import { QueueError } from '../errors.ts'
import { KnownSender, type SenderLine } from './known-sender.ts'
import { unpackReports } from './plain-reports.ts'
import type { FromSender } from './protocol.ts'
import type { Gate, Queue, QueueEvents } from './queue.ts'
import { splitShares } from './shares.ts'

/** A sender that says nothing for this long is hung: two renders at their limit of 1 s each fit with room to spare. */
const SILENCE_MS = 5000
const WATCH_MS = 1000

/** Starting takes half a second, and many times that on a machine that is busy with something else. */
const START_MS = 30_000

/** Besides the slice it is working on, a sender holds one more, so that it never waits for the coordinator. */
const SLICES_HELD = 2

interface Order {
  readonly waitingFor: Set<KnownSender>
  readonly done: () => void
}

/**
 * What every queue does with its senders, wherever they run: shares, orders, alarms, silence.
 *
 * Shares of the gate are told, lowered before any is raised; a sender that dies or falls silent hands its slices back as
 * lost. Who opens lines to senders, and when, is for the queue that is made of it.
 */
export abstract class SenderGroup implements Queue {
  protected readonly events: QueueEvents
  protected readonly senders = new Set<KnownSender>()
  protected isStopping = false
  readonly #orders = new Map<number, Order>()
  readonly #gone = new Map<KnownSender, PromiseWithResolvers<void>>()
  #gate: Gate = { concurrency: 0, starts: null, perSecond: null, round: 0 }
  #gateNumber = 0
  #nextOrder = 1
  /** Calls that senders which are gone may still have in flight. */
  #leftInFlight = 0
  #watchedAt = 0
  #cancelWatch = (): void => undefined

  protected constructor(events: QueueEvents) {
    this.events = events
  }

  abstract readonly sliceRows: number

  /** Begins to open lines to senders. */
  abstract start(): Promise<void>

  /** A sender is gone, and its slices were handed back: another may take its place. */
  protected abstract replace(lost: KnownSender, error: Error | null): void

  /** False while silence says nothing about senders: nobody could have been heard. */
  protected canHear(): boolean {
    return true
  }

  protected add(line: SenderLine): KnownSender {
    const sender = new KnownSender(line, systemClock.now())
    this.senders.add(sender)
    this.#gone.set(sender, Promise.withResolvers())
    line.listen(
      (message) => this.#hear(sender, message),
      (error) => this.#lose(sender, error),
    )
    return sender
  }

  get size(): number {
    return this.senders.size
  }

  room(): number {
    if (this.isStopping) return 0
    let room = 0
    for (const sender of this.senders) {
      if (this.#canTake(sender)) room += Math.max(0, SLICES_HELD - sender.heldSlices)
    }
    return room
  }

  #canTake(sender: KnownSender): boolean {
    if (!sender.isReady || sender.isLeaving) return false
    // With fewer calls allowed than senders, those without a share would only sit on what they are lent.
    return sender.share > 0 || this.#gate.concurrency === 0
  }

  lend(slice: Slice): void {
    const candidates = [...this.senders].filter((sender) => this.#canTake(sender))
    const sender = candidates.toSorted((a, b) => a.heldSlices - b.heldSlices || a.unstarted - b.unstarted)[0]
    if (sender === undefined) {
      this.events.onSliceEnded(slice.id, deliveriesOf(slice))
      return
    }
    sender.slices.set(slice.id, { slice, lentAt: systemClock.now(), isStarted: false })
    sender.unstarted += slice.batches?.length ?? slice.count
    sender.line.send({ kind: 'slice', slice })
    if (this.#gate.concurrency < this.senders.size) this.share()
  }

  setGate(gate: Gate): void {
    this.#gate = gate
    this.#gateNumber++
    this.share()
  }

  dismissAlarm(): void {
    for (const { line } of this.senders) line.send({ kind: 'go' })
  }

  stop(scope: { readonly chunk: number } | 'all'): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const waitingFor = new Set([...this.senders].filter(({ isReady }) => isReady))
    if (waitingFor.size === 0) return Promise.resolve()
    const order = this.#nextOrder++
    this.#orders.set(order, { waitingFor, done: resolve })
    const chunk = scope === 'all' ? null : scope.chunk
    for (const { line } of waitingFor) line.send({ kind: 'stop', chunk, order })
    return promise
  }

  mostInFlight(): number {
    let most = this.#leftInFlight
    for (const sender of this.senders) most += Math.max(sender.share, sender.usedShare)
    return most
  }

  inFlight(): number {
    let inFlight = 0
    for (const sender of this.senders) inFlight += sender.inFlight
    return inFlight
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isStopping = true
    this.#cancelWatch()
    for (const { line } of this.senders) line.disconnect()
    await Promise.all([...this.#gone.values()].map(({ promise }) => promise))
  }

  #hear(sender: KnownSender, message: FromSender): void {
    sender.heardAt = systemClock.now()
    const { events } = this
    switch (message.kind) {
      case 'ready':
        sender.isReady = true
        this.onReady(sender)
        return this.share()
      case 'reports':
        sender.inFlight = message.inFlight
        sender.unstarted = message.unstarted
        for (const { sliceId, reports } of unpackReports(message.packed)) events.onReports(sliceId, reports)
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

  protected onReady(_sender: KnownSender): void {
    // For whoever counts those that were not.
  }

  #offerRoom(): void {
    // With fewer calls than senders a share goes on to whoever holds the next slice.
    if (this.#gate.concurrency < this.senders.size) this.share()
    if (this.room() > 0) this.events.onRoom()
  }

  /** Tells lowered shares first; raises follow once they were acknowledged (see `#acknowledge`). */
  protected share(): void {
    const staying = [...this.senders].filter(({ isLeaving }) => !isLeaving)
    const wanted = splitShares(this.#gate.concurrency, staying)
    let free = this.#gate.concurrency - this.#leftInFlight
    for (const sender of this.senders) free -= Math.max(sender.usedShare, 0)
    for (const sender of this.senders) {
      const share = wanted.get(sender) ?? 0
      if (share < sender.share) this.#tellShare(sender, share)
    }
    for (const sender of this.senders) {
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
    if (this.room() > 0) this.events.onRoom()
  }

  /** Nobody gets these calls meanwhile: a sender that cannot be asked any more may still have them in flight. */
  protected keepBack(calls: number, ms: number): void {
    if (calls === 0) return
    this.#leftInFlight += calls
    systemClock.after(ms, () => {
      this.#leftInFlight -= calls
      if (!this.isStopping) this.share()
    })
  }

  #isNews(sender: KnownSender): boolean {
    return sender.toldGate !== this.#gateNumber || sender.toldPerSecond !== this.#perSecondOf(sender.share)
  }

  /** The part of the rate that goes with a share of the calls. */
  #perSecondOf(share: number): number | null {
    const { perSecond, concurrency } = this.#gate
    return perSecond === null || concurrency === 0 ? perSecond : (perSecond * share) / concurrency
  }

  #tellShare(sender: KnownSender, share: number): void {
    const order = this.#nextOrder++
    const isLowered = share < sender.usedShare
    sender.share = share
    if (isLowered) {
      this.#orders.set(order, {
        waitingFor: new Set([sender]),
        done: () => {
          // Only the last word counts: an older, higher share may be acknowledged after a newer, lower one was told.
          sender.usedShare = Math.min(sender.usedShare, Math.max(share, sender.share))
          this.share()
        },
      })
    } else {
      sender.usedShare = share
    }
    const perSecond = this.#perSecondOf(share)
    const { round, starts } = this.#gate
    sender.toldGate = this.#gateNumber
    sender.toldPerSecond = perSecond
    sender.line.send({ kind: 'share', share, starts, perSecond, round, order })
  }

  #acknowledge(sender: KnownSender, number: number): void {
    const order = this.#orders.get(number)
    if (order === undefined) return
    order.waitingFor.delete(sender)
    if (order.waitingFor.size > 0) return
    this.#orders.delete(number)
    order.done()
  }

  #lose(sender: KnownSender, error: Error | null): void {
    this.senders.delete(sender)
    this.#gone.get(sender)?.resolve()
    this.#gone.delete(sender)
    for (const number of this.#orders.keys()) this.#acknowledge(sender, number)
    if (this.isStopping) return
    for (const { slice } of sender.slices.values()) this.events.onSliceLost(slice.id, sender.announced)
    this.replace(sender, error)
  }

  protected watch(): void {
    this.#watchedAt = systemClock.now()
    this.#cancelWatch = systemClock.after(WATCH_MS, () => {
      const now = systemClock.now()
      // A coordinator that was stopped itself (SIGSTOP, a sleeping laptop) heard nobody: everyone gets a new turn.
      const isDeaf = now - this.#watchedAt > 3 * WATCH_MS || !this.canHear()
      for (const sender of this.senders) {
        if (isDeaf) sender.heardAt = now
        else if (now - sender.heardAt > (sender.isReady ? SILENCE_MS : START_MS)) sender.line.kill()
      }
      this.watch()
    })
  }
}
