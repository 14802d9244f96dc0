import { randomBytes } from 'node:crypto'
import { systemClock } from '../../src/clock.ts'
import type { RedisLink } from '../../src/queue/bullmq/bullmq.ts'
import { OutReader } from '../../src/queue/bullmq/out-reader.ts'
import { Outbox } from '../../src/queue/bullmq/outbox.ts'
import { workerKeys, WORKERS, type FromWorker, type Registration, type ToWorker } from '../../src/queue/bullmq/wire.ts'

const BEAT_MS = 500

/** A worker that says and hears what a test wants it to, in the words of the wire. It has no senders, and says so when one is to end. */
export class HandmadeWorker implements AsyncDisposable {
  readonly id = randomBytes(9).toString('base64url')
  /** All that it was told, in order. */
  readonly heard: ToWorker[] = []
  readonly #link: RedisLink
  readonly #registration: Registration
  readonly #reader: OutReader<ToWorker>
  readonly #outboxes = new Map<string, Outbox>()
  #beat = 0
  #cancelBeat = (): void => undefined

  constructor(link: RedisLink, registration: Partial<Registration> = {}) {
    this.#link = link
    const { keyId } = link.seal
    this.#registration = {
      version: '1.0.0',
      keyIds: [keyId],
      senders: 1,
      inUse: 0,
      egressPools: [],
      isLeaving: false,
      beat: 0,
      host: 'handmade',
      ...registration,
    }
    this.#reader = new OutReader(link, {
      key: this.inbox,
      keptMs: 60_000,
      onMessages: (messages) => this.#hear(messages),
    })
  }

  get inbox(): string {
    return workerKeys(this.id).inbox
  }

  /** The senders that it was asked for. */
  get opened(): readonly Extract<ToWorker, { kind: 'open' }>[] {
    return this.heard.filter((message) => message.kind === 'open')
  }

  async start(): Promise<void> {
    await this.#reader.open()
    await this.#register()
  }

  async #register(): Promise<void> {
    await this.#link.redis.hset(WORKERS, this.id, JSON.stringify({ ...this.#registration, beat: ++this.#beat }))
    this.#cancelBeat = systemClock.after(BEAT_MS, () => void this.#register())
  }

  #hear(messages: readonly ToWorker[]): void {
    this.heard.push(...messages)
    for (const message of messages)
      if (message.kind === 'close') this.say(1, { kind: 'gone', why: null, isRefusal: false }, message)
  }

  /** Says something of the sender that was asked for first, or of another; it counts only when told to. */
  say(
    number: number,
    message: FromWorker['message'],
    { line, out }: { readonly line: string; readonly out: string } = this.opened[0]!,
  ): void {
    const outbox =
      this.#outboxes.get(out) ??
      new Outbox({ link: this.#link, key: out, clock: systemClock, gatherMs: 0, makesStream: false })
    this.#outboxes.set(out, outbox)
    outbox.put({ line, number, message } satisfies FromWorker)
  }

  /** It is not listed any more, as after a leave; what lies in Redis for it stays. */
  async vanish(): Promise<void> {
    this.#cancelBeat()
    await this.#reader.close()
    await this.#link.redis.hdel(WORKERS, this.id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vanish()
    for (const outbox of this.#outboxes.values()) outbox.close()
  }
}
