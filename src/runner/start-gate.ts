import type { Webhook } from '../campaign/campaign.ts'
import type { DeliveryReport } from '../campaign/delivery.ts'
import type { Clock } from '../clock.ts'
import type { CeilingPart } from '../ledger/shared-ceilings.ts'
import { QueueError } from '../errors.ts'
import { ConnectionGate, Pressure, type StopDecision } from '../policy/policy.ts'
import type { Gate, Queue } from '../queue/queue.ts'

/** Trouble of our own (no file descriptor, no local port): everything waits a second, and after this often the run pauses. */
const LOCAL_WAIT_MS = 1000
const LOCAL_TROUBLES = 30

/** A failed probe's delivery waits this much past the next probe, so that another goes first where there is one. */
const BEHIND_PROBE_MS = 500

/** What a slice should keep a sender busy for: long enough to hide the way to it, short enough to be lost. */
const SLICE_WORK_MS = 500

/** How often a run asks for its part of the ceilings that it shares; less often while it only waits for its retries. */
const CLAIM_MS = 250
const IDLE_CLAIM_MS = 2000

/** How much may start: everything, a probe, or nothing. */
const GATES = {
  all: { concurrency: 0, starts: null },
  one: { concurrency: 1, starts: 1 },
  none: { concurrency: 0, starts: null },
} as const

/** This run's part of the ceilings that it shares with others. */
export interface CeilingClaims {
  claim(request: { readonly wanted: number; readonly inUse: number }): CeilingPart
}

/** What is known of the receiver, from one stretch of a run to the next. */
export interface ReceiverMemory {
  readonly connection: ConnectionGate
  readonly pressure: Pressure
}

export function createReceiverMemory(webhook: Webhook): ReceiverMemory {
  return {
    connection: new ConnectionGate({ connectionMs: webhook.abort.connectionMs, timeoutMs: webhook.timeoutMs }),
    pressure: new Pressure(ceilingOf(webhook)),
  }
}

export interface StartGateOptions {
  readonly memory: ReceiverMemory
  readonly queue: Queue
  readonly clock: Clock
  /** The lowest concurrency of the run so far. */
  readonly lowest: number
  readonly ceilings: CeilingClaims
  /** Something is lent; a run that only waits for its retries leaves its part to others. */
  readonly hasWork: () => boolean
}

/**
 * Joins everything that says how many calls may start: the ceiling, pressure, the connection gate, our own trouble.
 *
 * It tells the queue whenever the answer changes.
 */
export class StartGate {
  readonly #queue: Queue
  readonly #clock: Clock
  readonly #connection: ConnectionGate
  readonly #pressure: Pressure
  readonly #lowestBefore: number
  #told: Gate | null = null
  #localTroubles = 0
  #localUntil = 0
  #localMessage = ''
  #isOpen = false
  #deliveriesPerMs = 0
  #countedAt = 0
  #counted = 0
  readonly #ceilings: CeilingClaims
  readonly #hasWork: () => boolean
  #hasBegun = false
  #claimedWithWork = false
  #part: CeilingPart = { concurrency: 0, perSecond: null }
  #claimAt = Number.NEGATIVE_INFINITY

  constructor({ memory, queue, clock, lowest, ceilings, hasWork }: StartGateOptions) {
    this.#hasWork = hasWork
    this.#ceilings = ceilings
    this.#queue = queue
    this.#clock = clock
    this.#lowestBefore = lowest
    this.#connection = memory.connection
    this.#pressure = memory.pressure
    this.#countedAt = clock.now()
  }

  open(): void {
    this.#isOpen = true
    this.#tell()
  }

  /** The lowest concurrency of the run so far. */
  get lowest(): number {
    return Math.min(this.#lowestBefore, this.#pressure.lowest)
  }

  /** Calls that pressure leaves for now. */
  get concurrency(): number {
    return this.#pressure.level.concurrency
  }

  /** Trouble of our own that did not go away; null while there is hope. */
  get trouble(): QueueError | null {
    if (this.#localTroubles < LOCAL_TROUBLES) return null
    return new QueueError('HOOKCAST_LOCAL_TROUBLE', `Could not make calls from this machine: ${this.#localMessage}`)
  }

  get wakeAt(): number | null {
    const now = this.#clock.now()
    const local = this.#localUntil > now ? this.#localUntil : null
    const claim = this.#isOpen ? this.#claimAt : null
    const instants = [local, this.#connection.wakeAt(now), claim].filter((at) => at !== null)
    return instants.length === 0 ? null : Math.min(...instants)
  }

  record(report: DeliveryReport): { readonly isAttemptSpent: boolean; readonly againAt: number } {
    const now = this.#clock.now()
    this.#countDelivery(now)
    const { verdict, httpStatus, round, latencyMs } = report
    if (verdict.kind !== 'called') return { isAttemptSpent: true, againAt: now }
    const { outcome } = verdict
    if (outcome.kind === 'local') this.#noteLocal(outcome.message, now)
    else if (httpStatus !== null) this.#localTroubles = 0
    const { isAttemptSpent } = this.#connection.record({ outcome, httpStatus, latencyMs }, now)
    this.#pressure.record({ outcome, httpStatus, round })
    this.#tell()
    const nextProbeAt = this.#connection.wakeAt(now) ?? now
    const againAt = outcome.kind === 'local' ? this.#localUntil : nextProbeAt + BEHIND_PROBE_MS
    return { isAttemptSpent, againAt }
  }

  /** A sender died: if it was given the one start there is, that start has made no call. */
  recordLost(): void {
    if (this.#told?.starts !== 1) return
    this.#connection.recordUnused()
    this.#told = null
    this.#tell()
  }

  /** Time has passed: tells the queue what may start now; a stop when the receiver has been silent for too long. */
  wake(): StopDecision | null {
    this.#tell()
    return this.#connection.stopDue(this.#clock.now())
  }

  /** How many deliveries a slice should have, so that a sender works on it for about half a second. */
  sliceDeliveries(senders: number): number {
    const share = Math.ceil(this.#pressure.level.concurrency / senders)
    const worked = Math.ceil((this.#deliveriesPerMs * SLICE_WORK_MS) / senders)
    return this.#deliveriesPerMs === 0 ? Math.max(share, 1) : Math.max(share, worked, 1)
  }

  #countDelivery(now: number): void {
    this.#counted++
    const spanMs = now - this.#countedAt
    if (spanMs < 200) return
    this.#deliveriesPerMs = this.#counted / spanMs
    this.#counted = 0
    this.#countedAt = now
  }

  #noteLocal(message: string, now: number): void {
    this.#localMessage = message
    if (now < this.#localUntil) return
    this.#localTroubles++
    this.#localUntil = now + LOCAL_WAIT_MS
  }

  /** What pressure allows, as far as there is a part of the shared ceilings for it. */
  #claimed(now: number): CeilingPart {
    const wanted = this.#pressure.level.concurrency
    const hasWork = !this.#hasBegun || this.#hasWork()
    if (now >= this.#claimAt || (hasWork && !this.#claimedWithWork)) {
      this.#hasBegun = true
      this.#claimedWithWork = hasWork
      this.#claimAt = now + (hasWork ? CLAIM_MS : IDLE_CLAIM_MS)
      this.#part = this.#ceilings.claim({ wanted: hasWork ? wanted : 1, inUse: this.#queue.mostInFlight() })
    }
    const { concurrency, perSecond } = this.#part
    return perSecond === 0 ? { concurrency: 0, perSecond } : { concurrency: Math.min(wanted, concurrency), perSecond }
  }

  #tell(): void {
    if (!this.#isOpen) return
    const now = this.#clock.now()
    const { round } = this.#pressure.level
    const { concurrency, perSecond } = this.#claimed(now)
    const allowed = now < this.#localUntil || concurrency === 0 ? 'none' : this.#connection.startsAllowed(now)
    const gate: Gate = { ...GATES[allowed], ...(allowed === 'all' && { concurrency }), perSecond, round }
    // A probe that was given out and has not come back keeps its permit: `none` here means that no other may go.
    if (allowed === 'none' && this.#told?.starts === 1 && this.#connection.mode !== 'open') return
    if (allowed === 'one') this.#connection.recordStart(now)
    const told = this.#told
    this.#told = gate
    if (!isSameGate(told, gate) || allowed === 'one') this.#queue.setGate(gate)
  }
}

function isSameGate(a: Gate | null, b: Gate): boolean {
  if (a === null || a.concurrency !== b.concurrency || a.round !== b.round) return false
  return a.starts === b.starts && a.perSecond === b.perSecond
}

/** The hard ceiling: the campaign's own, lowered by the shared policy that it names. */
function ceilingOf(webhook: Webhook): number {
  return Math.min(webhook.concurrency, webhook.throughput?.concurrency ?? Number.POSITIVE_INFINITY)
}
