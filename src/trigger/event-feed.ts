import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { readReport } from '../report/report.ts'
import { openEventRun, reopenEventRun, type EventRun, type EventRunHost, type Hold } from '../runner/runner.ts'
import type { Campaigns } from './campaigns.ts'
import type { Stop } from './holds.ts'
import { Turn } from './turn.ts'
import { WaitingTriggers, type Listener } from './waiting-triggers.ts'

export interface FeedOptions {
  readonly campaign: string
  readonly store: ServiceStore
  readonly campaigns: Campaigns
  readonly host: EventRunHost & { readonly dataFolder: string }
  /** How far the runs of each version had come. */
  readonly positions: ReadonlyMap<number, number>
  /** From the start, until it is released. */
  readonly isHeld: boolean
  readonly onRun: (run: EventRun) => void
  readonly onStop: (stop: Stop) => void
  readonly onError: (error: unknown) => void
}

const DAY_MS = 86_400_000
const SOON_MS = 200
const AGAIN_MS = 5000
const PRUNE_AFTER_MS = 250
/** Each addition waits for the disk: what comes soon after is one. */
const PACE_MS = 20

/**
 * Moves a campaign's triggers from the inbox into its runs, in the order of their acceptance, each once.
 *
 * How far it has come is kept by the run, in the commit that takes the rows: after a crash it goes on from there.
 * Another day or another version has another run; it gets its first row when nobody of the run before is left to be
 * called, so that nobody is overtaken.
 *
 * Going: whatever comes is added at once.
 * On hold: nothing is added, it waits in the inbox, where a mended version can take it over.
 */
export class EventFeed {
  readonly #options: FeedOptions
  readonly #clock: Clock
  readonly #waiting: WaitingTriggers
  /** Takes rows. */
  #run: EventRun | null = null
  /** Sealed, and not at their end. */
  readonly #older = new Set<EventRun>()
  #isHeld: boolean
  #isClosed = false
  #isAsked = false
  #isGoing = false
  #notBefore = 0
  readonly #turn = new Turn()
  #cancelLater: (() => void) | null = null
  #cancelPrune: (() => void) | null = null

  constructor(options: FeedOptions) {
    this.#options = options
    this.#clock = options.host.clock
    this.#isHeld = options.isHeld
    this.#waiting = new WaitingTriggers(options.store, options.campaign, options.positions)
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  /** Triggers that are in no run yet. */
  get waiting(): number {
    return this.#waiting.count()
  }

  /** Opens a run that a restart has left; the oldest first. */
  async reopen(runId: string, { isSealed }: { readonly isSealed: boolean }): Promise<void> {
    await this.#turn.take(async () => await this.#reopen(runId, isSealed))
  }

  async #reopen(runId: string, isSealed: boolean): Promise<void> {
    const run = await this.#opened(async (host) => await reopenEventRun(runId, host), runId)
    if (run === null) return
    if (isSealed) return void this.#older.add(run)
    if (this.#run !== null) await this.#seal(this.#run)
    this.#run = run
  }

  /** Adds what is there, and what comes while it does so. */
  kick(): void {
    this.#isAsked = true
    if (this.#isGoing) return
    this.#isGoing = true
    void this.#guarded(async () => await this.#go())
  }

  async #go(): Promise<void> {
    try {
      while (this.#isAsked) {
        this.#isAsked = false
        // Others take their turn in between.
        while (await this.#turn.take(async () => await this.#step())) await this.#clock.sleep(PACE_MS)
      }
    } finally {
      this.#isGoing = false
    }
  }

  /** Does something while no row is added; gives it how far the listener of the active version has come. */
  async whileStill<T>(change: (position: number | null) => Promise<T>): Promise<T> {
    return await this.#turn.take(async () => {
      const open = this.#waiting.listeners().find(({ to }) => to === null)
      return await change(open === undefined ? null : this.#waiting.positionOf(open))
    })
  }

  has(runId: string): boolean {
    return this.#runs().some((run) => run.runId === runId)
  }

  /** Does something to a run that is open here while nobody has it; it goes on then as what it was. */
  async aside<T>(runId: string, work: () => Promise<T>): Promise<T> {
    return await this.#turn.take(async () => {
      const run = this.#runs().find((run) => run.runId === runId)
      if (run === undefined) return await work()
      const isSealed = run !== this.#run
      await run.close()
      this.#forget(run)
      try {
        return await work()
      } finally {
        if (!this.#isClosed && (await run.ended) === 'running') await this.#reopen(runId, isSealed)
      }
    })
  }

  /** Goes on with everything that is on hold. @throws {ConfigError} when a secret is gone: the hold stays. */
  async release(): Promise<void> {
    await this.#turn.take(async () => {
      for (const run of this.#runs()) run.release()
      this.#isHeld = false
    })
    this.kick()
  }

  /** Ends the runs that are on hold; what waits since before `until` is added first, so that it has a result and can be replayed. */
  async discard(until: number): Promise<void> {
    await this.#turn.take(async () => {
      const held = this.#runs().filter((run) => run.hold !== null)
      const last = this.#run
      if (last !== null && held.includes(last)) while (await this.#move(last, until));
      for (const run of held) await run.cancel()
      this.#isHeld = false
    })
    this.kick()
  }

  /** Nothing more is added or started; what is in flight comes to its end. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelLater?.()
    await this.#turn.end()
    await Promise.all(this.#runs().map((run) => run.close()))
    if (this.#cancelPrune !== null) await this.#prune()
    this.#cancelPrune?.()
  }

  #runs(): EventRun[] {
    return [...this.#older, ...(this.#run === null ? [] : [this.#run])]
  }

  /** One look at what is there; true when another is worth it. */
  async #step(): Promise<boolean> {
    const now = this.#clock.now()
    if (this.#isHeld || this.#isClosed || now < this.#notBefore) return false
    const [listener] = this.#waiting.listeners()
    const day = new Date(now).toISOString().slice(0, 10)
    const run = this.#run
    if (run !== null && (run.version !== listener?.version || run.day !== day)) {
      if (run.isCaughtUp) await this.#seal(run)
      else this.#later(SOON_MS)
      return run.isCaughtUp
    }
    if (listener === undefined) return false
    if (this.#waiting.has(listener)) {
      const open = run ?? (await this.#open(listener, day))
      return open !== null && (await this.#move(open))
    }
    this.#later(DAY_MS - (now % DAY_MS))
    if (listener.to === null) return false
    await this.#prune()
    await this.#waiting.drop(listener)
    return true
  }

  /** Of another day or version, once everybody in it was called. */
  async #seal(run: EventRun): Promise<void> {
    await this.#prune()
    await run.seal()
    this.#older.add(run)
    this.#run = null
  }

  async #open({ version }: Listener, day: string): Promise<EventRun | null> {
    const { campaign, campaigns } = this.#options
    this.#run = await this.#opened(async (host) => {
      const loaded = campaigns.load(campaigns.versions.get(campaign, version))
      return await openEventRun({ ...loaded, version, day }, host)
    }, null)
    return this.#isHeld ? null : this.#run
  }

  /** What keeps a run from being opened somebody has to mend. */
  async #opened(
    open: (host: FeedOptions['host']) => Promise<EventRun>,
    runId: string | null,
  ): Promise<EventRun | null> {
    let run: EventRun | null = null
    try {
      // Of a hold that it is opened with, the run itself tells below.
      run = await open({ ...this.#options.host, onHold: (hold) => run !== null && this.#holdOn(hold, run) })
    } catch (error) {
      if (!(error instanceof HookcastError)) throw error
      if (error.code === 'HOOKCAST_RUN_STATE') return null
      this.#isHeld = true
      this.#options.onStop({ runId, rule: 'trouble', message: error.message, stoppedAt: this.#clock.now() })
      return null
    }
    this.#waiting.note(run.version, run.position ?? 0)
    if (run.hold !== null) this.#holdOn(run.hold, run)
    this.#options.onRun(run)
    void this.#forgetWhenEnded(run)
    return run
  }

  async #forgetWhenEnded(run: EventRun): Promise<void> {
    await this.#guarded(async () => void (await run.ended))
    this.#forget(run)
    if (!this.#isClosed) this.#later(Math.max(SOON_MS, this.#notBefore - this.#clock.now()))
  }

  #forget(run: EventRun): void {
    this.#older.delete(run)
    if (this.#run === run) this.#run = null
  }

  #holdOn({ state, error }: Hold, run: EventRun): void {
    this.#isHeld = true
    const { aborts, finished_at: at } = readReport(run.paths, { isLocked: true, clock: this.#clock })
    const stop = state === 'aborted' ? aborts.at(-1) : undefined
    const rule = stop?.rule ?? (error === null ? 'paused' : 'trouble')
    const message = stop?.message ?? error?.message ?? 'Paused by hand'
    const stoppedAt = at === null ? this.#clock.now() : Date.parse(at)
    this.#options.onStop({ runId: run.runId, rule, message, stoppedAt })
  }

  /** Adds some triggers to a run; false when none are left. */
  async #move(run: EventRun, until = Infinity): Promise<boolean> {
    const listener = this.#waiting.listeners().find(({ version }) => version === run.version)
    const next = listener === undefined ? null : await this.#waiting.next(listener, until)
    if (next === null) return false
    try {
      await run.append(next.rows, next.position)
    } catch (error) {
      // A full disk, or the run was ended meanwhile: nothing of it was added.
      this.#options.onError(error)
      this.#notBefore = this.#clock.now() + AGAIN_MS
      await run.close()
      return false
    }
    this.#waiting.note(run.version, next.position)
    this.#pruneLater()
    return true
  }

  #pruneLater(): void {
    const prune = async (): Promise<void> => await this.#turn.take(async () => await this.#prune())
    this.#cancelPrune ??= this.#clock.after(PRUNE_AFTER_MS, () => void this.#guarded(prune))
  }

  async #prune(): Promise<void> {
    this.#cancelPrune?.()
    this.#cancelPrune = null
    if (await this.#waiting.prune()) this.#pruneLater()
  }

  #later(ms: number): void {
    this.#cancelLater?.()
    this.#cancelLater = this.#clock.after(ms, () => this.kick())
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => this.#options.onError(error))
  }
}
