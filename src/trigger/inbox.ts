import { setImmediate as afterOthers } from 'node:timers/promises'
import { JsonLines, RowFault } from '../audience/audience.ts'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import type { ServiceStore, Statements } from '../ledger/service-store.ts'
import { triggerFromMessage } from './message-trigger.ts'
import { parseTrigger, TRIGGER_BYTES_LIMIT, triggerFrom, type EventTrigger } from './parse-trigger.ts'
import * as sql from './statements.ts'

/** What became of triggers that came in: each is counted once. */
export interface Receipt {
  /** On the disk, and sent as soon as the campaign may. */
  accepted: number
  /** Of an id that was accepted within the last seven days. */
  duplicate: number
  /** No active campaign listens to their type: not kept, and their ids may come again. */
  unmatched: number
  /** 1-based lines of a stream, the first thousand of those that are none. */
  readonly errors: { readonly line: number; readonly message: string }[]
  /** Errors beyond those listed. */
  moreErrors: number
}

interface Arrived {
  readonly trigger: EventTrigger
  /** As it came, on one line. */
  readonly body: string
  /** What its id is known by: others' ids are none of ours. */
  readonly key: string
}

const DAY_MS = 86_400_000
const SEEN_MS = 7 * DAY_MS
const ERRORS_LISTED = 1000
/** A transaction of them holds the event loop for some milliseconds. */
const GROUP = 250
const FORGET_EVERY_MS = 3_600_000
const FORGET_AT_ONCE = 1000

/** Where a message came from, and the id that its sender gave it. */
export interface MessageOrigin {
  readonly source: string
  readonly id: string
}

export interface InboxOptions {
  readonly store: ServiceStore
  readonly clock: Clock
  /** Told of a type of which triggers are on the disk. */
  readonly onTriggers: (type: string) => void
}

/**
 * Takes triggers in: whatever was accepted is on the disk, in the order of its acceptance, before anybody is told so.
 *
 * Changes that come within a few milliseconds are one commit, so that 2,000 a second can come one by one.
 */
export class Inbox implements Disposable {
  readonly #store: ServiceStore
  readonly #clock: Clock
  readonly #onTriggers: (type: string) => void
  #cancelForgetting: () => void

  constructor({ store, clock, onTriggers }: InboxOptions) {
    this.#store = store
    this.#clock = clock
    this.#onTriggers = onTriggers
    this.#cancelForgetting = clock.after(FORGET_EVERY_MS, () => void this.#forget())
  }

  /**
   * Accepts one trigger, in JSON.
   *
   * @throws {HookcastError} HOOKCAST_TRIGGER_INVALID, when it is none; HOOKCAST_STORAGE_FULL.
   */
  async accept(text: string): Promise<Receipt> {
    const receipt = emptyReceipt()
    const trigger = Buffer.byteLength(text) > TRIGGER_BYTES_LIMIT ? new RowFault(TOO_LARGE) : parseTrigger(text)
    if (trigger instanceof RowFault) throw new HookcastError('HOOKCAST_TRIGGER_INVALID', trigger.message)
    // A text of JSON has line breaks between its parts only.
    await this.#keep([{ trigger, body: text.replaceAll(/[\r\n]+/g, ' '), key: trigger.id }], receipt)
    return receipt
  }

  /**
   * Accepts one trigger in the payload of an event webhook, whose signature somebody has checked.
   *
   * Its id counts among those of its source: one source cannot take another's ids away.
   * @throws {HookcastError} HOOKCAST_TRIGGER_INVALID, when it is none; HOOKCAST_STORAGE_FULL.
   */
  async acceptMessage(text: string, { source, id }: MessageOrigin): Promise<Receipt> {
    const receipt = emptyReceipt()
    const trigger = triggerFromMessage(id, text)
    if (trigger instanceof RowFault) throw new HookcastError('HOOKCAST_TRIGGER_INVALID', trigger.message)
    const { type, customer, event, occurredAt } = trigger
    const occurred = occurredAt === null ? {} : { occurred_at: new Date(occurredAt).toISOString() }
    const body = JSON.stringify({ id, type, customer, event, ...occurred })
    // No other id has a line break in it.
    await this.#keep([{ trigger, body, key: `${source}\n${id}` }], receipt)
    return receipt
  }

  /**
   * Accepts a stream of them, one a line; what is wrong with a line is told, and the others are accepted all the same.
   *
   * A stream that breaks off leaves what was accepted: sent again whole, its beginning is `duplicate`.
   * @throws {HookcastError} HOOKCAST_STORAGE_FULL; what the stream breaks with.
   */
  async acceptStream(chunks: AsyncIterable<Uint8Array>): Promise<Receipt> {
    const receipt = emptyReceipt()
    let arrived: Arrived[] = []
    const refuse = (line: number, message: string): void => {
      if (receipt.errors.length < ERRORS_LISTED) receipt.errors.push({ line, message })
      else receipt.moreErrors++
    }
    const lines = new JsonLines((object, line) => {
      const { number, bytes, start, end } = line
      const trigger =
        object instanceof RowFault
          ? object
          : end - start > TRIGGER_BYTES_LIMIT
            ? new RowFault(TOO_LARGE)
            : triggerFrom(object)
      if (trigger instanceof RowFault) refuse(number, trigger.message)
      else arrived.push({ trigger, body: bytes.toString('utf8', start, end), key: trigger.id })
    })
    for await (const chunk of chunks) {
      lines.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      const complete = arrived
      arrived = []
      await this.#keepInGroups(complete, receipt)
    }
    lines.end()
    await this.#keepInGroups(arrived, receipt)
    return receipt
  }

  async #keepInGroups(arrived: readonly Arrived[], receipt: Receipt): Promise<void> {
    for (let at = 0; at < arrived.length; at += GROUP) {
      await this.#keep(arrived.slice(at, at + GROUP), receipt)
      await afterOthers()
    }
  }

  async #keep(arrived: readonly Arrived[], receipt: Receipt): Promise<void> {
    const types = new Set<string>()
    const now = this.#clock.now()
    const counts = await this.#store.commit((store) => {
      const counts = { accepted: 0, duplicate: 0, unmatched: 0 }
      for (const one of arrived) {
        const fate = keep(store, one, now)
        counts[fate]++
        if (fate === 'accepted') types.add(one.trigger.type)
      }
      return counts
    })
    receipt.accepted += counts.accepted
    receipt.duplicate += counts.duplicate
    receipt.unmatched += counts.unmatched
    for (const type of types) this.#onTriggers(type)
  }

  /** Forgets ids that may come again. */
  async #forget(): Promise<void> {
    const until = this.#clock.now() - SEEN_MS
    try {
      while ((await this.#store.commit((store) => store.run(sql.forgetSeen, until, FORGET_AT_ONCE))).changes > 0);
    } catch (error) {
      // The disk is full: whoever sends is told, and an hour later there may be room.
      if (!(error instanceof HookcastError)) throw error
    }
    this.#cancelForgetting = this.#clock.after(FORGET_EVERY_MS, () => void this.#forget())
  }

  [Symbol.dispose](): void {
    this.#cancelForgetting()
  }
}

const TOO_LARGE = `expected a trigger to be at most ${TRIGGER_BYTES_LIMIT / 1024} KiB, got a larger one`

function keep(store: Statements, { trigger, body, key }: Arrived, now: number): 'accepted' | 'duplicate' | 'unmatched' {
  const { id, type, occurredAt } = trigger
  if (store.get(sql.selectIsListening, type) === undefined) return 'unmatched'
  if (store.run(sql.noteSeen, key, now, now - SEEN_MS).changes === 0) return 'duplicate'
  store.run(sql.insertTrigger, id, type, body, occurredAt ?? now, now)
  return 'accepted'
}

function emptyReceipt(): Receipt {
  return { accepted: 0, duplicate: 0, unmatched: 0, errors: [], moreErrors: 0 }
}
