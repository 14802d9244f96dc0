import type { Clock } from '../clock.ts'
import type { Statements } from '../ledger/group-store.ts'
import type { CallResult } from '../request/request.ts'
import { Alarms } from './alarms.ts'
import type { Apps } from './apps.ts'
import { callEndpoint } from './call-endpoint.ts'
import type { Days } from './days.ts'
import type { Deliveries } from './deliveries.ts'
import type { Lane } from './delivery.ts'
import type { CallEnd, EndpointCaller } from './endpoint-caller.ts'
import type { EndpointSecrets } from './endpoint-secrets.ts'
import type { Endpoint, Endpoints } from './endpoints.ts'
import type { Gatherings } from './gatherings.ts'
import { lifeEventOf, seenOf, type SeenResult } from './ended-call.ts'
import { Gate } from './gate.ts'
import { firstDueAt, type Messages } from './messages.ts'
import { nextStep, type Judged } from './next-step.ts'
import { Outbox, type Cargo, type Loaded } from './outbox.ts'
import { publicIdFrom, type Sequence } from './public-id.ts'
import { recordAttempt, type EndedAttempt } from './record-attempt.ts'
import { standingAfter, type Standing } from './standing.ts'
import { Sweeps } from './sweeps.ts'
import { Throttles } from './throttles.ts'
import { Turns } from './turns.ts'

export interface CourierOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly userAgent: string
  readonly sequence: Sequence
  readonly days: Days
  readonly deliveries: Deliveries
  readonly apps: Apps
  readonly endpoints: Endpoints
  readonly secrets: EndpointSecrets
  readonly messages: Messages
  readonly caller: EndpointCaller
  /** What is sent for a delivery of an endpoint that gathers. */
  readonly pileOf: Gatherings['pileOf']
  /** Writes what is to be told of an attempt, in the commit that writes it. */
  readonly note: (store: Statements, ended: EndedAttempt) => void
  /** Told of each attempt that is on the disk. */
  readonly onAttempt: (ended: EndedAttempt) => void
  readonly onError: (error: unknown) => void
}

/**
 * Brings messages to endpoints.
 *
 * Endpoints with something to do take turns of one call: one with a backlog of any length gets no more of them than another.
 * Each has at most 8 calls in flight, fewer while nobody answers there.
 * What became of a call is written before the delivery is touched again: a crash in between sends the message a second time,
 * under the same id.
 */
export class Courier implements AsyncDisposable {
  readonly #options: CourierOptions
  readonly #turns = new Turns()
  readonly #sweeps: Sweeps
  readonly #outboxes = new Map<number, Outbox>()
  readonly #alarms: Alarms<Outbox>
  readonly #throttles = new Throttles()
  readonly #gate: Gate
  #isPumping = false
  #isClosed = false

  constructor(options: CourierOptions) {
    this.#options = options
    const { deliveries, endpoints, onError } = options
    const onSwept = (endpoint: Endpoint): void => this.wake(endpoint)
    this.#alarms = new Alarms(options.clock, (outbox) => this.#wake(outbox))
    this.#gate = new Gate(options.clock, options.caller, () => this.#pump())
    this.#sweeps = new Sweeps({ deliveries, endpointOf: (key) => endpoints.of(key), onSwept, onError })
  }

  get inFlight(): number {
    return this.#turns.inFlight
  }

  /** Goes on with what is open from before. */
  start(): void {
    for (const key of this.#options.deliveries.endpoints()) this.#sweeps.start(key)
  }

  /** A message was accepted for these endpoints; `lane` is where it was put. */
  arrived(cargo: Cargo, targets: readonly { readonly endpoint: Endpoint; readonly lane: Lane }[]): void {
    for (const { endpoint, lane } of targets) {
      const [message, dueAt] = [cargo.message.seq, firstDueAt(cargo.message)]
      const outbox = this.#outboxOf(endpoint)
      outbox.arrive({ endpoint: endpoint.key, message, lane, tries: 0, trigger: 'scheduled', dueAt, last: null, cargo })
      this.#turns.offer(outbox)
    }
    this.#pump()
  }

  /** What waits for an endpoint; null when nothing has since the start. */
  outbox(endpoint: number): Pick<Outbox, 'begunAt' | 'underWay'> | null {
    return this.#outboxes.get(endpoint) ?? null
  }

  /** Something in the files is to be looked at. */
  wake(endpoint: Endpoint): void {
    this.#wake(this.#outboxOf(endpoint))
  }

  /** An endpoint has changed; `after` is null for one that was removed. */
  changed(before: Endpoint, after: Endpoint | null): void {
    const isStopped = after === null || after.state === 'disabled' || after.state === 'suspended'
    if (after?.state === before.state && after.throttleRate === before.throttleRate) return
    if (isStopped) {
      this.#outboxes.get(before.key)?.clear()
      this.#sweeps.start(before.key)
    } else this.wake(after)
  }

  #outboxOf({ key, app }: Endpoint): Outbox {
    let outbox = this.#outboxes.get(key)
    if (outbox === undefined) {
      outbox = new Outbox({ endpoint: key, app }, this.#options.deliveries)
      this.#outboxes.set(key, outbox)
    }
    return outbox
  }

  #pump(): void {
    if (this.#isPumping || this.#isClosed || !this.#gate.mayBegin()) return
    this.#isPumping = true
    try {
      for (let outbox = this.#turns.take(); outbox !== null; outbox = this.#turns.take()) {
        if (this.#beginNext(outbox)) this.#turns.offer(outbox)
      }
    } finally {
      this.#isPumping = false
    }
  }

  #beginNext(outbox: Outbox): boolean {
    const { clock, apps, endpoints } = this.#options
    const endpoint = endpoints.of(outbox.endpoint)
    if (endpoint === null || this.#sweeps.isSweeping(endpoint.key)) return false
    if (endpoints.profileOf(endpoint).isPolled) return false
    const now = clock.now()
    const rate = endpoint.throttleRate ?? apps.of(endpoint.app)?.throttleRate ?? null
    const mayBeginAt = Math.max(outbox.restsUntil, this.#throttles.nextAt(endpoint.key, rate, now))
    if (mayBeginAt > now) {
      this.#alarms.set(outbox, mayBeginAt)
      return false
    }
    const delivery = outbox.next(endpoint.state, now)
    if (delivery === null) {
      const dueAt = outbox.nextDueAt(now)
      if (dueAt !== null) this.#alarms.set(outbox, dueAt)
      return false
    }
    this.#throttles.take(endpoint.key, rate, now)
    this.#begin({ outbox, delivery, endpoint, at: now })
    return true
  }

  #wake(outbox: Outbox): void {
    outbox.wake()
    this.#turns.offer(outbox)
    this.#pump()
  }

  #begin(way: Way): void {
    const { messages, endpoints, pileOf, onError } = this.#options
    const { outbox, delivery, endpoint } = way
    outbox.begunAt = way.at
    this.#turns.begun(outbox)
    if (endpoints.profileOf(endpoint).gathering === null && delivery.last === null) {
      return this.#send(way, delivery.cargo?.payload ?? messages.payloadOf({ seq: delivery.message }))
    }
    pileOf(endpoint, delivery)
      .then((pile) => this.#send(way, pile.count === 0 ? null : pile.payload()))
      .catch((error: unknown) => {
        onError(error)
        this.#gate.shut()
        this.#setBack(way)
      })
  }

  #send(way: Way, payload: Uint8Array | null): void {
    const { messages, caller, apps, endpoints, secrets: signers, userAgent } = this.#options
    const { delivery, endpoint, at } = way
    if (this.#isClosed) return
    const message = delivery.cargo?.message ?? messages.at(delivery.message)
    if (message === null || payload === null) return this.#giveUp(way, 'The content of the message was expunged')
    const profile = endpoints.profileOf(endpoint)
    const app = apps.of(endpoint.app)
    const owner = app?.uid ?? app?.id ?? ''
    const secrets = signers.signing(endpoint)
    try {
      const call = { endpoint, message, payload, profile, secrets, at, owner, userAgent }
      callEndpoint(call, caller, (end) => this.#ended(way, end))
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      this.#giveUp(way, error.message)
    }
  }

  /** It never leaves: that is its end, and says nothing about the endpoint. */
  #giveUp(way: Way, answer: string): void {
    const { outbox, delivery } = way
    this.#leave(outbox, delivery, { hasSucceeded: false, isLost: false })
    const standing: Standing = { state: 'cancelled', lane: delivery.lane, tries: delivery.tries, dueAt: null }
    this.#write(way, { hasSucceeded: false, httpStatus: null, code: 'unsendable', answer, latencyMs: 0 }, standing)
  }

  #ended(way: Way, end: CallEnd): void {
    if (end.kind === 'again') this.#setBack(way)
    else if (end.kind === 'unsendable') this.#giveUp(way, end.why)
    else this.#judge(way, end.result)
  }

  #judge(way: Way, result: CallResult): void {
    const { clock, endpoints, random } = this.#options
    const { outbox, delivery, endpoint } = way
    const profile = endpoints.profileOf(endpoint)
    const endedAt = clock.now()
    const { step, isRefusal } = nextStep({ result, tries: delivery.tries, endedAt, profile, random })
    const hasSucceeded = step.kind === 'sent'
    if (step.kind === 'retry' && delivery.lane === 'held') outbox.pauseDrain(endedAt + step.waitMs)
    if (step.kind === 'local') {
      this.#gate.shut()
      return this.#setBack(way)
    }
    this.#leave(outbox, delivery, { hasSucceeded, isLost: result.answer.kind === 'failed' })
    const isKept = profile.life.kind === 'suspend' && !isRefusal
    const standing = standingAfter(delivery, { step, endedAt, isKept, state: endpoint.state })
    this.#tellLife(endpoint, { step, isRefusal })
    this.#write(way, { hasSucceeded, ...seenOf(result) }, standing)
  }

  /** It is as if it had not begun. */
  #setBack({ outbox, delivery }: Way): void {
    outbox.settled(delivery, { isOpen: true })
    outbox.wake()
    this.#leave(outbox, delivery, { hasSucceeded: false, isLost: false })
  }

  #tellLife({ key }: Endpoint, { step, isRefusal }: Judged): void {
    const { endpoints, onError } = this.#options
    endpoints.happen(key, lifeEventOf(step, isRefusal)).catch(onError)
  }

  #leave(outbox: Outbox, delivery: Loaded, how: { readonly hasSucceeded: boolean; readonly isLost: boolean }): void {
    outbox.ended(delivery, { ...how, at: this.#options.clock.now() })
    this.#turns.ended(outbox)
    // An answer that begins the next call from inside its own end would nest without bound.
    queueMicrotask(() => this.#pump())
  }

  #write(way: Way, result: SeenResult, standing: Standing): void {
    this.#written(way, result, standing).catch(this.#options.onError)
  }

  async #written({ outbox, delivery, endpoint, at }: Way, result: SeenResult, standing: Standing): Promise<void> {
    const { sequence, days, clock, endpoints, note, onAttempt, onError } = this.#options
    const seq = sequence.next(at)
    const { message, trigger } = delivery
    const { key, url } = endpoint
    const attempt = { ...result, seq, id: publicIdFrom('atmpt', seq), endpoint: key, message, at, trigger, url }
    const stateNow = (): Endpoint['state'] | null => endpoints.of(key)?.state ?? null
    const onTrouble = (error: unknown): boolean => {
      if (this.#isClosed) return false
      onError(error)
      this.#gate.shut()
      return true
    }
    const known = await recordAttempt({ attempt, standing, endpoint }, { days, clock, stateNow, note, onTrouble })
    if (known === null) return
    const standsNow = known.standing
    outbox.settled(delivery, { isOpen: standsNow.state === 'open' })
    if (standsNow.dueAt !== null) this.#alarms.set(outbox, standsNow.dueAt)
    this.#turns.offer(outbox)
    this.#pump()
    onAttempt(known)
  }

  /** What is in flight is cut off, and sent again when the service is back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    this.#gate[Symbol.dispose]()
    this.#alarms.close()
    await this.#sweeps[Symbol.asyncDispose]()
    await this.#options.caller[Symbol.asyncDispose]()
  }
}

interface Way {
  readonly outbox: Outbox
  readonly delivery: Loaded
  /** As it was when the call began. */
  readonly endpoint: Endpoint
  readonly at: number
}
