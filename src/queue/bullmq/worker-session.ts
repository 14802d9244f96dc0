import { systemClock } from '../../clock.ts'
import type { SenderLine } from '../known-sender.ts'
import { Outbox } from './outbox.ts'
import type { RedisLink } from './redis-link.ts'
import { WorkerLine } from './worker-line.ts'
import type { FromWorker } from './wire.ts'

/** Senders report at least every 10 ms, and that goes on within 20 ms more: each group wakes worker, Redis and coordinator, which costs more than its bytes. */
const GATHER_MS = 20
/**
 * So many reports may be on their way to Redis, or half as many again as calls may be in flight, or what came within
 * 40 ms: nobody may ever hear of them.
 */
const UNHEARD_REPORTS = 128
const UNHEARD_SHARE = 1.5
const FRESH_MS = 40
/** What Redis has not taken within this long is a sign that nobody hears of what is done here. */
const UNHEARD_MS = 250
/** A coordinator beats each second: silent for so long it may be gone. */
const ALONE_MS = 4000
/** After so long its senders are ended: whoever goes on with the run starts others. */
const OVER_MS = 60_000
/** For how long calls may be started without another word, should this process be stopped. */
const LEASE_MS = 1500

interface NewLine {
  readonly process: SenderLine
  readonly setup: unknown
  readonly isReplacement: boolean
}

/** What a worker does for one coordinator: some senders, and one way back. */
export class WorkerSession {
  readonly outbox: Outbox
  readonly #lines = new Map<string, WorkerLine>()
  #beatAt = systemClock.now()
  #isHeld = false

  constructor(link: RedisLink, out: string) {
    this.outbox = new Outbox({
      link,
      key: out,
      clock: systemClock,
      gatherMs: GATHER_MS,
      makesStream: false,
      onWritten: () => (this.#isHeld ? this.tend() : undefined),
    })
  }

  /** Nobody asks for it any more. */
  get isOver(): boolean {
    return systemClock.now() - this.#beatAt > OVER_MS
  }

  /** Senders that it has. */
  get size(): number {
    return this.#lines.size
  }

  noteBeat(): void {
    this.#beatAt = systemClock.now()
  }

  line(id: string): WorkerLine | undefined {
    return this.#lines.get(id)
  }

  open(id: string, { process, setup, isReplacement }: NewLine): void {
    const line = new WorkerLine({
      id,
      process,
      setup,
      isReplacement,
      say: (message) => this.#say(message),
      onGone: () => this.#lines.delete(id),
    })
    this.#lines.set(id, line)
    line.lease(this.#isHeld ? 0 : LEASE_MS)
  }

  refuse(line: string, why: string, { isForGood }: { readonly isForGood: boolean }): void {
    this.#say({ line, number: 1, message: { kind: 'gone', why, isRefusal: isForGood } })
  }

  closeLine(id: string): void {
    const line = this.#lines.get(id)
    if (line !== undefined) line.close(null)
    else this.refuse(id, 'there is no such sender', { isForGood: false })
  }

  sayHeld(): void {
    for (const line of this.#lines.values()) line.sayHeld()
  }

  /** Lets senders start calls while somebody hears of them, and nobody when not. */
  tend(): void {
    this.#isHeld = this.#isUnheard() || systemClock.now() - this.#beatAt > ALONE_MS
    for (const line of this.#lines.values()) line.lease(this.#isHeld ? 0 : LEASE_MS)
  }

  async leave(): Promise<void> {
    const lines = [...this.#lines.values()]
    for (const line of lines) line.leave()
    await Promise.all(lines.map(({ gone }) => gone))
  }

  close(): void {
    for (const line of this.#lines.values()) line.close(null)
    this.outbox.close()
  }

  #say(message: FromWorker): void {
    const { outbox } = this
    outbox.put(message, reportsIn(message))
    if (isUrgent(message)) outbox.hurry()
    if (!this.#isHeld && this.#isUnheard()) this.tend()
  }

  #isUnheard(): boolean {
    const { delayMs, weight } = this.outbox
    return delayMs > UNHEARD_MS || (delayMs > FRESH_MS && weight > this.#mostUnheard())
  }

  #mostUnheard(): number {
    let share = 0
    for (const line of this.#lines.values()) share += line.share
    return Math.max(UNHEARD_REPORTS, UNHEARD_SHARE * share)
  }
}

/** Somebody waits for it: what stops calls, and what lets others start. */
function isUrgent({ message: { kind } }: FromWorker): boolean {
  return kind === 'alarm' || kind === 'acknowledged' || kind === 'ready' || kind === 'gone'
}

function reportsIn({ message }: FromWorker): number {
  return message.kind === 'reports' ? message.packed.count : 0
}
