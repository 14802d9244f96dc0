import type { EventRow, EventSpool, SpoolReader } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import { HookcastError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { EventRunRow } from '../ledger/rows.ts'
import type { RunLock, RunPaths } from '../ledger/run-folder.ts'
import type { RunState } from '../campaign/result.ts'
import { execute, type Growth, type Host } from './execute.ts'
import type { Ending } from './progress.ts'
import { RESTART_LIMIT } from './recovery.ts'
import { watchRunRequest } from './run-request.ts'
import { campaignOf, readSnapshot } from './run-snapshot.ts'
import { saveEnding } from './save-ending.ts'
import { createReceiverMemory, type ReceiverMemory } from './start-gate.ts'
import { tidyUp } from './tidy-up.ts'
import { Turns } from './turns.ts'
import { Wishes, type Wish } from './wishes.ts'

/** Why a run of events calls nobody for now: a rule stopped the webhook (its report explains it), or somebody or our own trouble paused it. */
export interface Hold {
  readonly state: 'aborted' | 'paused'
  readonly error: HookcastError | null
}

export interface EventRunHost extends Host {
  /** Told when the run begins to hold what comes, once each time; also of a hold that it is opened with. */
  readonly onHold?: (hold: Hold) => void
  /** Senders are let go after so long without work. Default: a minute. */
  readonly idleMs?: number
}

const IDLE_MS = 60_000
/** One keeps the order in which calls are started, and makes thousands of them a second. */
const SENDERS = 1

/**
 * The open run of a campaign version on one day: customers are appended as events happen to them, and called at once.
 *
 * Open: sender processes are there while there is work, and for a minute after.
 * On hold: what comes is kept, and nobody is called until `release`, in order, or `cancel`.
 * Sealed: nobody comes any more; it ends when everybody has a result.
 * Closed: nothing more is started, what was in flight has come back, and another process may open it.
 */
export class EventRun {
  readonly runId: string
  readonly paths: RunPaths
  /** Resolves when nothing more happens here: it is over (`finished`, `cancelled`), or was closed and goes on elsewhere (`running`). */
  readonly ended: Promise<RunState>
  readonly #host: EventRunHost
  readonly #lock: RunLock
  readonly #ledger: Ledger
  /** Null once no more rows can come. */
  readonly #spool: EventSpool | null
  readonly #reader: SpoolReader
  readonly #event: EventRunRow
  #campaign: Campaign
  #memory: ReceiverMemory
  #position: number | null
  #isSealed: boolean
  #needsRecovery: boolean
  #hold: Hold | null
  readonly #wishes = new Wishes()
  #coordinator: Parameters<Growth['onCoordinator']>[0] | null = null
  #news = new AbortController()
  readonly #turns = new Turns()

  /** The parts are the run's from now on: it gives them back when it has `ended`. */
  constructor({ paths, runId, lock, ledger, spool, reader, campaign, host }: EventRunParts) {
    this.runId = runId
    this.paths = paths
    this.#host = { ...host, senders: Math.min(SENDERS, host.senders) }
    this.#lock = lock
    this.#ledger = ledger
    this.#spool = spool
    this.#reader = reader
    this.#campaign = campaign
    this.#memory = createReceiverMemory(campaign.webhook)
    const { event, state, isAudienceComplete, startedAt } = ledger.run()
    if (event === null) throw new TypeError(`expected a run of events, got ${runId}`)
    this.#event = event
    this.#position = event.position
    this.#isSealed = isAudienceComplete
    this.#needsRecovery = startedAt !== null
    this.#hold = state === 'aborted' || state === 'paused' ? { state, error: null } : null
    this.ended = this.#live()
  }

  get version(): number {
    return this.#event.version
  }

  get day(): string {
    return this.#event.day
  }

  /** What the last `append` that is on the disk was told; null before the first. */
  get position(): number | null {
    return this.#position
  }

  get customers(): number {
    return this.#reader.rows
  }

  /** Nobody is left who was not called yet: what comes after goes out behind them, in whichever run. */
  get isCaughtUp(): boolean {
    return (this.#ledger.chunks()[0]?.nextSeq ?? 0) >= this.customers
  }

  /** Null while customers are called. */
  get hold(): Hold | null {
    return this.#hold
  }

  /**
   * Adds customers, in this order, also to a run on hold; resolves once they are on the disk, together with `position`.
   *
   * After a crash either all of them are there, with the position, or none.
   *
   * @throws {RangeError} when one is too large: none of them was added.
   * @throws {LedgerError} when the disk is full or gone: none of them was added; close the run, and open it again later.
   */
  append(rows: readonly EventRow[], position: number): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#spool === null || this.#isSealed)
        throw new TypeError('expected a run that is open, got one that is sealed')
      await this.#spool.append(rows, this.#host.clock.now())
      const customers = this.#spool.rows
      await this.#ledger.commitBeside(() => {
        this.#ledger.saveAudience(customers, false)
        this.#ledger.savePosition(position)
      })
      this.#position = position
      this.#grow(customers)
    })
  }

  /** Nobody comes any more: the run ends when all is done. */
  seal(): Promise<void> {
    return this.#turns.take(async () => {
      if (this.#spool === null || this.#isSealed) return
      await this.#spool.seal()
      this.#isSealed = true
      this.#ledger.commit(() => this.#ledger.saveAudience(this.customers, true))
      this.#grow(this.customers)
    })
  }

  /** Calls nobody until `release`; what is in flight comes to its end. */
  pause(): void {
    if (this.#hold === null) this.#want('paused')
  }

  /**
   * Goes on with what was held, in order; secrets are read anew from the environment.
   *
   * @throws {ConfigError} when one is gone: the hold stays.
   */
  release(): void {
    if (this.#hold === null) return
    this.#campaign = campaignOf(readSnapshot(this.paths).campaign, this.#host)
    this.#memory = createReceiverMemory(this.#campaign.webhook)
    this.#hold = null
    this.#needsRecovery = true
    this.#tell()
  }

  /** Ends the run for good, on hold or not: whoever has no result is `aborted`. */
  async cancel(): Promise<void> {
    await this.seal()
    this.#want('cancelled')
    await this.ended
  }

  /** Starts nothing more, waits for what is in flight, and leaves the rest to whoever opens the run next. */
  async close(): Promise<void> {
    this.#want('closed')
    await this.ended
  }

  #grow(customers: number): void {
    this.#reader.grow(customers)
    this.#coordinator?.setAudience(customers, this.#isSealed)
    this.#tell()
  }

  #want(wish: Wish): void {
    this.#wishes.put(wish)
    this.#tell()
  }

  #tell(): void {
    this.#news.abort()
    this.#news = new AbortController()
  }

  async #live(): Promise<RunState> {
    const unwatch = watchRunRequest(this.paths, {
      clock: this.#host.clock,
      // What cannot be written down here is left to whoever asked, who ends a run that nobody has.
      onRequest: (request) =>
        request === 'pause' ? this.pause() : void this.cancel().catch(() => this.#want('closed')),
    })
    try {
      // The one who opens it gets it first.
      await Promise.resolve()
      if (this.#hold !== null) this.#host.onHold?.(this.#hold)
      for (;;) {
        const state = await this.#next()
        if (state !== null) return state
      }
    } finally {
      unwatch()
      await this.#turns.end()
      this.#spool?.[Symbol.dispose]()
      this.#reader.close()
      this.#ledger[Symbol.dispose]()
      this.#lock.release()
    }
  }

  /** One step: a stretch of calls, or a wait for something to do. Says how the run ended here, once it has. */
  async #next(): Promise<RunState | null> {
    const wanted = this.#wishes.take()
    if (wanted === 'closed') return 'running'
    if (wanted === 'cancelled') return this.#end('cancelled')
    if (wanted === 'paused') return this.#holdOn({ state: this.#end('paused'), error: null })
    const { clock, idleMs = IDLE_MS } = this.#host
    const dueAt = this.#dueAt()
    if (dueAt === null) return this.#end('finished')
    const waitMs = dueAt - clock.now()
    if (waitMs > idleMs) {
      await clock.sleep(waitMs, this.#news.signal)
      return null
    }
    const { state, error } = await this.#execute(idleMs)
    if (state === 'finished' || state === 'cancelled') return state
    if (this.#wishes.wish === 'closed' || this.#host.cutSignal?.aborted === true) return 'running'
    if (state === 'running') return null
    if (this.#wishes.wish === 'paused') this.#wishes.take()
    return this.#holdOn({ state: state === 'aborted' ? state : 'paused', error })
  }

  /** When there is something to do: at once, later, never as far as is known; null when all is done. */
  #dueAt(): number | null {
    if (this.#hold !== null) return Infinity
    if (this.#needsRecovery || !this.isCaughtUp) return 0
    return this.#ledger.nextDueAt(RESTART_LIMIT) ?? (this.#isSealed ? null : Infinity)
  }

  async #execute(idleMs: number): Promise<Ending> {
    const { runId, paths } = this
    const growth: Growth = {
      idleMs,
      asked: this.#wishes.listen(),
      memory: this.#memory,
      onCoordinator: (coordinator) => {
        this.#coordinator = coordinator
        coordinator.setAudience(this.customers, this.#isSealed)
      },
    }
    const part = { ledger: this.#ledger, spool: this.#reader, campaign: this.#campaign, kept: new Map(), limit: null }
    const isResumed = this.#needsRecovery
    this.#needsRecovery = false
    try {
      return await execute({ ...part, runId, paths, growth, isResumed }, this.#host)
    } catch (error) {
      // A secret that is gone, a disk that is full: somebody has to look, and nothing is lost meanwhile.
      if (error instanceof HookcastError) return { state: 'paused', error }
      throw error
    } finally {
      this.#coordinator = null
    }
  }

  #holdOn(hold: Hold): null {
    this.#hold = hold
    this.#host.onHold?.(hold)
    return null
  }

  #end<S extends 'finished' | 'paused' | 'cancelled'>(state: S): S {
    const ledger = this.#ledger
    saveEnding(ledger, { state, error: null }, this.#host.clock.now())
    if (state !== 'paused') tidyUp({ ledger, paths: this.paths })
    return state
  }
}

export interface EventRunParts {
  readonly runId: string
  readonly paths: RunPaths
  readonly lock: RunLock
  readonly ledger: Ledger
  readonly spool: EventSpool | null
  readonly reader: SpoolReader
  readonly campaign: Campaign
  readonly host: EventRunHost
}
