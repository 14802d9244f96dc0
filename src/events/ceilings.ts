import type { Clock } from '../clock.ts'
import type { Statements } from '../ledger/group-store.ts'
import { createTokenBucket, type TokenBucket } from '../policy/policy.ts'
import type { App } from './apps.ts'
import type { Days } from './days.ts'
import type { Endpoint } from './endpoints.ts'
import { EventsError } from './events-error.ts'

/** What one app may bring at most, so that it leaves room for the others. */
export interface AppCeilings {
  /** Messages accepted a second. */
  readonly perSecond: number
  /** Deliveries that are open: to be sent, held, or gathered. */
  readonly backlog: number
  /** Payloads that are kept, with what stands around them. */
  readonly bytes: number
  /** Endpoints: each message is looked at for each of them. */
  readonly endpoints: number
}

export interface CeilingsOptions {
  readonly days: Days
  readonly clock: Clock
  readonly endpointsOf: (app: App) => readonly Endpoint[]
  readonly ceilings: AppCeilings
}

/** How much of its ceilings an app takes. */
export interface AppUsage {
  readonly backlog: number
  readonly bytes: number
}

interface Counted {
  readonly at: number
  backlog: number
  bytes: number
}

/** What was sent since is not known until the next count: between two of them it is taken for waiting. */
const COUNTED_EVERY_MS = 10_000
/** At a ceiling, it is counted sooner. */
const COUNTED_AGAIN_MS = 1000
const BACKLOG_AGAIN_MS = 30_000
const BYTES_AGAIN_MS = 3_600_000

const countOpen = `SELECT count(*) AS count FROM delivery WHERE endpoint = ? AND due_at IS NOT NULL`
const selectBytes = `SELECT bytes FROM usage WHERE app = ?`
const addBytes = `
  INSERT INTO usage (app, bytes) VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET bytes = bytes + excluded.bytes`

/** Holds each app to what it may bring. */
export class Ceilings {
  readonly #options: CeilingsOptions
  readonly #buckets = new Map<number, TokenBucket>()
  readonly #counted = new Map<number, Counted>()
  readonly #shown = new Map<number, Readonly<Counted>>()

  constructor(options: CeilingsOptions) {
    this.#options = options
  }

  get most(): AppCeilings {
    return this.#options.ceilings
  }

  /** @throws {EventsError} limited, with the time after which there may be room. */
  take(app: App, { bytes, deliveries }: { readonly bytes: number; readonly deliveries: number }): void {
    const { clock, ceilings } = this.#options
    const now = clock.now()
    let counted = this.#countedSince(app, now - COUNTED_EVERY_MS)
    const isOver = (): boolean =>
      counted.backlog + deliveries > ceilings.backlog || counted.bytes + bytes > ceilings.bytes
    if (isOver()) counted = this.#countedSince(app, now - COUNTED_AGAIN_MS)
    if (counted.backlog + deliveries > ceilings.backlog) {
      throw limited(
        `expected the app to have at most ${ceilings.backlog} deliveries waiting, got more`,
        BACKLOG_AGAIN_MS,
      )
    }
    if (counted.bytes + bytes > ceilings.bytes) {
      throw limited(`expected the app's messages to take at most ${ceilings.bytes} bytes, got more`, BYTES_AGAIN_MS)
    }
    this.#takeTurn(app, now)
    counted.backlog += deliveries
    counted.bytes += bytes
  }

  /** Inside the commit of a message. */
  note(store: Statements, app: Pick<App, 'key'>, bytes: number): void {
    store.run(addBytes, app.key, bytes)
  }

  /** Counted at most once a second, however often it is asked for. */
  usageOf(app: App): AppUsage {
    const now = this.#options.clock.now()
    const known = this.#shown.get(app.key)
    if (known !== undefined && now - known.at < COUNTED_AGAIN_MS) return known
    const { at, backlog, bytes } = this.#count(app)
    const usage = { at, backlog, bytes }
    this.#shown.set(app.key, usage)
    return usage
  }

  #takeTurn(app: App, now: number): void {
    const { perSecond } = this.#options.ceilings
    const bucket = this.#buckets.get(app.key) ?? createTokenBucket({ perSecond, now, tokens: perSecond })
    this.#buckets.set(app.key, bucket)
    const waitMs = bucket.nextAt(now) - now
    if (waitMs > 0) throw limited(`expected at most ${perSecond} messages a second from the app, got more`, waitMs)
    bucket.take(now, 1)
  }

  #countedSince(app: App, since: number): Counted {
    const known = this.#counted.get(app.key)
    return known !== undefined && known.at > since ? known : this.#count(app)
  }

  #count(app: App): Counted {
    const { days, clock, endpointsOf } = this.#options
    const stores = days.oldestFirst().map(({ store }) => store)
    const keys = endpointsOf(app).map(({ key }) => key)
    const counted = { at: clock.now(), backlog: 0, bytes: 0 }
    for (const store of stores) {
      counted.bytes += Number(store.get(selectBytes, app.key)?.['bytes'] ?? 0)
      for (const key of keys) counted.backlog += Number(store.get(countOpen, key)!['count'])
    }
    this.#counted.set(app.key, counted)
    return counted
  }
}

const limited = (message: string, retryAfterMs: number): EventsError =>
  new EventsError('limited', message, { retryAfterMs })
