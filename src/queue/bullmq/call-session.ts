import { systemClock } from '../../clock.ts'
import { atMost } from './at-most.ts'
import { Outbox } from './outbox.ts'
import type { RedisLink } from './redis-link.ts'
import { LATE_BEATS, type FromCaller, type HandedCalls } from './wire.ts'

/** Makes calls; what they are, and what comes of them, is for whoever hands this in. */
export interface CallMaker extends AsyncDisposable {
  call(request: unknown, onEnd: (result: unknown) => void): void
}

export interface CallSessionOptions {
  readonly link: RedisLink
  readonly worker: string
  readonly out: string
  readonly maker: CallMaker
}

const GATHER_MS = 2
/** What Redis has not taken within this long is a sign that nobody hears of what is done here. */
const UNHEARD_MS = 1000
/** A service says each second that it is there: silent for so long it may be gone. */
const ALONE_MS = 4000
/** After so long its connections are closed: one that has started again has other calls. */
const OVER_MS = 60_000
/** How long the last words may take to get away. */
const LAST_WORDS_MS = 5000

/** What a worker does for one service: calls that it was handed, and one way back. */
export class CallSession {
  readonly #options: CallSessionOptions
  readonly #outbox: Outbox
  readonly #inFlight = new Set<number>()
  /** Jobs by their beat, as long as they could come again: BullMQ brings one twice when Redis has lost that it was done. */
  readonly #taken = new Map<number, number>()
  #heard = 0
  #beatAt = systemClock.now()
  #isLeaving = false
  #isClosed = false
  #empty: (() => void) | null = null

  constructor(options: CallSessionOptions) {
    this.#options = options
    const { link, out } = options
    this.#outbox = new Outbox({ link, key: out, clock: systemClock, gatherMs: GATHER_MS, makesStream: false })
  }

  /** Its service is gone. */
  get isOver(): boolean {
    return this.#aloneMs > OVER_MS
  }

  get #aloneMs(): number {
    return systemClock.now() - this.#beatAt
  }

  attend(beat: number): void {
    if (beat <= this.#heard) return
    const isFirst = this.#heard === 0
    this.#heard = beat
    this.#beatAt = systemClock.now()
    for (const [job, of] of this.#taken) if (this.#isLate(of)) this.#taken.delete(job)
    if (isFirst) this.sayHeld()
  }

  take(job: number, { beat, calls }: HandedCalls): void {
    if (this.#isClosed || this.#taken.has(job)) return
    this.#taken.set(job, beat)
    const fresh = calls.filter(({ id }) => !this.#inFlight.has(id))
    if (!this.#mayBegin(beat)) return this.#say({ kind: 'back', ids: fresh.map(({ id }) => id) })
    for (const { id, request } of fresh) {
      this.#inFlight.add(id)
      this.#options.maker.call(request, (result) => this.#ended(id, result))
    }
  }

  #mayBegin(beat: number): boolean {
    if (this.#isLeaving || this.#isLate(beat)) return false
    return this.#aloneMs <= ALONE_MS && this.#outbox.delayMs <= UNHEARD_MS
  }

  #isLate(beat: number): boolean {
    return this.#heard >= beat + LATE_BEATS
  }

  #ended(id: number, result: unknown): void {
    if (this.#isClosed) return
    this.#inFlight.delete(id)
    this.#say({ kind: 'ended', id, result })
    if (this.#inFlight.size === 0) this.#empty?.()
  }

  /** Tells which calls are in flight. */
  sayHeld(): void {
    this.#say({ kind: 'holds', ids: [...this.#inFlight], heard: this.#heard, isLeaving: this.#isLeaving })
  }

  #say(message: FromCaller['message']): void {
    this.#outbox.put({ worker: this.#options.worker, message } satisfies FromCaller)
  }

  /** Begins nothing more; resolves when all that was in flight has ended, and its service knows. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.sayHeld()
    if (this.#inFlight.size > 0) await new Promise<void>((resolve) => (this.#empty = resolve))
    this.#say({ kind: 'gone' })
    await atMost(LAST_WORDS_MS, this.#outbox.drain())
  }

  /** Cuts off what is in flight. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#outbox.close()
    this.#empty?.()
    await this.#options.maker[Symbol.asyncDispose]()
  }
}
