import { Queue as JobQueue } from 'bullmq'
import { systemClock } from '../../clock.ts'
import { atMost } from './at-most.ts'
import { Outbox } from './outbox.ts'
import type { RedisLink } from './redis-link.ts'
import { clearIfGone } from './worker-list.ts'
import { callPlace, CALLS, LATE_BEATS, workerKeys, type CallJob, type FromCaller, type HandedCalls } from './wire.ts'

export interface HandedCall {
  /** Over all workers: what is heard of one that was given up is known by it. */
  readonly id: number
  readonly timeoutMs: number
  readonly request: unknown
  readonly onEnd: (end: RemoteEnd) => void
}

export type RemoteEnd =
  | { readonly kind: 'ended'; readonly result: unknown }
  /** It was not made, or nobody knows what became of it. */
  | { readonly kind: 'again' }

export interface CallLineOptions {
  readonly link: RedisLink
  readonly worker: string
  /** Where its worker answers. */
  readonly out: string
  readonly brief: unknown
  /** Numbers of jobs, never the same twice, also over lines to the same worker. */
  readonly nextJob: () => number
  /** It is open now, or is not any more. */
  readonly onTurn: () => void
}

interface Sent {
  readonly call: HandedCall
  readonly at: number
  /** That of the job; null while it waits for others to go with. */
  beat: number | null
}

/** Jobs go no closer to each other, as each costs its worker and Redis a millisecond: what comes meanwhile goes together. */
const APART_MS = 5
const MOST_OF_JOB = 128
/** A worker says each second what it has: one that says nothing for so long is given up. */
const SILENCE_MS = 5000
/** Besides the time of the call: for the ways there and back. */
const GRACE_MS = 10_000
/** One that gave something back, or could not be reached, is asked again after this. */
const REST_MS = 500
/** BullMQ tells what it does in a stream of its own, which nobody here reads. */
const EVENTS_KEPT = 100

/**
 * The way of calls to one worker, and what it has in hand.
 *
 * Asked: it has not answered yet, and gets nothing. Open. Leaving: it finishes what is in flight. Resting: see `REST_MS`.
 * Gone: it said so, or fell silent, and what it had is to be made again.
 */
export class CallLine {
  readonly #options: CallLineOptions
  readonly #inbox: Outbox
  readonly #jobs: JobQueue<CallJob>
  readonly #sent = new Map<number, Sent>()
  #waiting: Sent[] = []
  #beat = 0
  #flushedAt = 0
  #heardAt = systemClock.now()
  #state: 'asked' | 'open' | 'leaving' | 'gone' = 'asked'
  #isResting = false
  #cancelFlush: (() => void) | null = null
  #cancelRest = (): void => undefined

  constructor(options: CallLineOptions) {
    this.#options = options
    const { link, worker } = options
    const { prefix, inbox: key } = workerKeys(worker)
    this.#inbox = new Outbox({ link, key, clock: systemClock, gatherMs: 0, makesStream: true })
    this.#jobs = new JobQueue<CallJob>(CALLS, {
      connection: link.redis,
      prefix,
      streams: { events: { maxLen: EVENTS_KEPT } },
    })
    this.#jobs.on('error', () => undefined)
  }

  get worker(): string {
    return this.#options.worker
  }

  get isOpen(): boolean {
    return this.#state === 'open' && !this.#isResting
  }

  get isGone(): boolean {
    return this.#state === 'gone'
  }

  /** How long something that was said has waited for Redis to take it. */
  get delayMs(): number {
    return this.#inbox.delayMs
  }

  attend(beat: number): void {
    const { out, brief } = this.#options
    this.#beat = beat
    this.#inbox.put({ kind: 'attend', out, beat, brief })
  }

  call(call: HandedCall): void {
    const sent = { call, at: systemClock.now(), beat: null }
    this.#sent.set(call.id, sent)
    this.#waiting.push(sent)
    if (this.#waiting.length >= MOST_OF_JOB) return this.#flush()
    this.#cancelFlush ??= systemClock.after(this.#flushedAt + APART_MS - systemClock.now(), () => this.#flush())
  }

  #flush(): void {
    this.#cancelFlush?.()
    this.#cancelFlush = null
    const group = this.#waiting
    this.#waiting = []
    this.#flushedAt = systemClock.now()
    if (group.length > 0) void this.#add(group)
  }

  async #add(group: readonly Sent[]): Promise<void> {
    const { link, out, nextJob } = this.#options
    const beat = this.#beat
    for (const sent of group) sent.beat = beat
    const place = { out, id: nextJob() }
    const handed: HandedCalls = { beat, calls: group.map(({ call: { id, request } }) => ({ id, request })) }
    const sealed = link.seal.seal(handed, callPlace(place)).toString('base64')
    try {
      await this.#jobs.add(CALLS, { ...place, sealed }, { removeOnComplete: true, removeOnFail: true })
    } catch {
      // Out of memory, read-only: it has not left.
      this.#rest()
      this.#giveBack(group.map(({ call: { id } }) => id))
    }
  }

  hear(message: FromCaller['message']): void {
    if (this.isGone) return
    this.#heardAt = systemClock.now()
    switch (message.kind) {
      case 'ended': {
        const sent = this.#sent.get(message.id)
        this.#sent.delete(message.id)
        return sent?.call.onEnd({ kind: 'ended', result: message.result })
      }
      case 'back':
        this.#rest()
        return this.#giveBack(message.ids)
      case 'holds':
        this.#become(message.isLeaving ? 'leaving' : 'open')
        return this.#lookAfter(message)
      case 'gone':
        return this.end()
    }
  }

  /** Handed over, but not held: Redis has lost it on its way, or the answer on the way back. */
  #lookAfter({ ids, heard }: { readonly ids: readonly number[]; readonly heard: number }): void {
    const late = [...this.#sent.values()].filter(({ beat }) => beat !== null && heard >= beat + LATE_BEATS)
    if (late.length === 0) return
    const held = new Set(ids)
    this.#giveBack(late.map(({ call: { id } }) => id).filter((id) => !held.has(id)))
  }

  /** Each second. `hearsSince`: until then nobody could have been heard. */
  look(hearsSince: number): void {
    const now = systemClock.now()
    this.#heardAt = Math.max(this.#heardAt, hearsSince)
    if (now - this.#heardAt > SILENCE_MS) return this.end()
    const sent = [...this.#sent.values()]
    const late = sent.filter(({ call: { timeoutMs }, at }) => now - Math.max(at, hearsSince) > timeoutMs + GRACE_MS)
    this.#giveBack(late.map(({ call: { id } }) => id))
  }

  /** Nothing more is heard of it. */
  end(): void {
    if (this.isGone) return
    this.#become('gone')
    this.#cancelFlush?.()
    this.#giveBack([...this.#sent.keys()])
  }

  #giveBack(ids: readonly number[]): void {
    for (const id of ids) {
      const sent = this.#sent.get(id)
      this.#sent.delete(id)
      sent?.call.onEnd({ kind: 'again' })
    }
  }

  #rest(): void {
    if (this.#isResting) return
    this.#isResting = true
    this.#options.onTurn()
    this.#cancelRest = systemClock.after(REST_MS, () => {
      this.#isResting = false
      this.#options.onTurn()
    })
  }

  #become(state: 'open' | 'leaving' | 'gone'): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.onTurn()
  }

  /** Says that nobody waits for an answer any more; resolves when that is on its way. */
  async dismiss(): Promise<void> {
    this.#state = 'gone'
    this.#cancelFlush?.()
    this.#sent.clear()
    this.#inbox.put({ kind: 'dismiss', out: this.#options.out })
    await this.#inbox.drain()
  }

  async close(): Promise<void> {
    this.#state = 'gone'
    this.#cancelFlush?.()
    this.#cancelRest()
    this.#inbox.close()
    const { link, worker } = this.#options
    const leaving = (async () => {
      await this.#jobs.close()
      await clearIfGone(link, worker)
    })()
    await atMost(
      REST_MS,
      leaving.catch(() => undefined),
    )
  }
}
