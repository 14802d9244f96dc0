import type { Tell } from '../campaign/notice.ts'
import { HookcastError } from '../errors.ts'
import { RESTORED } from '../ledger/service-schema.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { listEventRuns, type EventRun, type EventRunHost } from '../runner/runner.ts'
import type { Campaigns } from './campaigns.ts'
import { EventFeed } from './event-feed.ts'
import { Holds, type HeldCampaign, type HoldEnd, type Stop } from './holds.ts'
import * as sql from './statements.ts'
import type { TriggerLog } from './trigger-log.ts'

export interface RouterOptions {
  readonly store: ServiceStore
  readonly campaigns: () => Campaigns
  readonly host: EventRunHost & { readonly dataFolder: string }
  readonly tell: Tell
  readonly log: TriggerLog
  /** Told of each run of events that is opened. */
  readonly onRun: (run: EventRun) => void
  /** Told what nobody expects: the other campaigns go on. */
  readonly onError: (error: unknown) => void
}

/** Leads triggers from the inbox to the runs of the campaigns that listen to them, and keeps those on hold that were stopped. */
export class Router implements AsyncDisposable {
  readonly #options: RouterOptions
  readonly #holds: Holds
  readonly #feeds = new Map<string, EventFeed>()
  /** How far the runs of each campaign had come, by version; null before anybody has looked. */
  #positions: Map<string, Map<number, number>> | null = null
  #isStarted = false
  #isClosed = false
  /** Types of which triggers have come in this turn of the event loop. */
  readonly #kicked = new Set<string>()
  /** Releases that a crash has broken off, by campaign. */
  readonly #brokenOff = new Map<string, HoldEnd>()
  /** Holds that are being written down. */
  #writing: Promise<void> = Promise.resolve()

  constructor(options: RouterOptions) {
    this.#options = options
    this.#holds = new Holds(options.store, options.host.clock)
  }

  /** Opens the runs that a restart has left, and goes on with what waits. */
  async start(): Promise<void> {
    const runs = listEventRuns(this.#options.host.dataFolder).toReversed()
    for (const { runId, campaign, state, isSealed } of runs) {
      if (state === 'finished' || state === 'cancelled') continue
      await this.#feed(campaign).reopen(runId, { isSealed })
    }
    await this.#writing
    this.#isStarted = true
    for (const [campaign, end] of this.#brokenOff) await this.#finish(campaign, end)
    this.refresh()
    for (const { campaign } of this.#holds.list()) {
      // What could not be opened, for one, and can be now.
      if (this.#feeds.get(campaign)?.isHeld !== true)
        await this.#holds.end(campaign, { by: 'start', isDiscarded: false })
    }
  }

  /** Looks at who listens, when that has changed. */
  refresh(): void {
    if (!this.#isStarted) return
    for (const row of this.#options.store.all(sql.selectListeningCampaigns)) this.#feed(String(row['campaign'])).kick()
  }

  /** Triggers of that type have come. Those of one commit come together: who listens is looked up once for them. */
  kick(type: string): void {
    // What a restart has left is opened first, and that looks at all there is.
    if (!this.#isStarted || this.#kicked.has(type)) return
    this.#kicked.add(type)
    setImmediate(() => this.#kickNow(type))
  }

  #kickNow(type: string): void {
    this.#kicked.delete(type)
    if (this.#isClosed) return
    for (const row of this.#options.store.all(sql.selectCampaignsOfType, type))
      this.#feed(String(row['campaign'])).kick()
  }

  /** Does something while nothing is led to a campaign's runs; gives it how far its active version has come. */
  async whileStill<T>(campaign: string, change: (position: number | null) => Promise<T>): Promise<T> {
    return await this.#feed(campaign).whileStill(change)
  }

  /** Resolves when everything that had been taken from the inbox is in a run. */
  async settle(): Promise<void> {
    await Promise.all(Array.from(this.#feeds.values(), (feed) => feed.whileStill(async () => await Promise.resolve())))
  }

  /** Does something to a run while nobody has it: an open run of events is closed for it, and goes on then. */
  async aside<T>(runId: string, work: () => Promise<T>): Promise<T> {
    const feed = [...this.#feeds.values()].find((feed) => feed.has(runId))
    return await (feed === undefined ? work() : feed.aside(runId, work))
  }

  /** What is on hold, the longest first; `waiting` are the triggers behind those of its run. */
  holds(): readonly (HeldCampaign & { readonly waiting: number })[] {
    return this.#holds.list().map((hold) => ({ ...hold, waiting: this.#feed(hold.campaign).waiting }))
  }

  /**
   * Lets a campaign go on in order; or ends its run, with everybody who waits in it, where they can be replayed from.
   *
   * @throws {HookcastError} HOOKCAST_CAMPAIGN_STATE, when it is not on hold.
   * @throws {ConfigError} when one of its secrets is gone: the hold stays.
   */
  async release(campaign: string, { by, isDiscarded }: { by: string; isDiscarded: boolean }): Promise<HeldCampaign> {
    const hold = this.#holds.list().find((held) => held.campaign === campaign)
    if (hold === undefined) {
      throw new HookcastError('HOOKCAST_CAMPAIGN_STATE', `expected the campaign to be on hold: ${campaign}`)
    }
    // A stop that follows at once is a hold of its own.
    await this.#writing
    const endedAt = await this.#holds.end(campaign, { by, isDiscarded })
    try {
      await this.#letGo(campaign, { runId: hold.runId, endedAt, isDiscarded })
    } catch (error) {
      await this.#holds.put(hold)
      throw error
    }
    return hold
  }

  async #finish(campaign: string, end: HoldEnd): Promise<void> {
    try {
      await this.#letGo(campaign, end)
    } catch (error) {
      const message = error instanceof HookcastError ? error.message : 'A release was broken off'
      await this.#holds.put({ campaign, runId: end.runId, rule: 'trouble', message })
      this.#options.onError(error)
    }
  }

  async #letGo(campaign: string, { runId, endedAt, isDiscarded }: HoldEnd): Promise<void> {
    const feed = this.#feed(campaign)
    await (isDiscarded ? feed.discard(endedAt) : feed.release())
    this.#options.log('hold.released', { campaign, run_id: runId, is_discarded: isDiscarded })
  }

  #feed(campaign: string): EventFeed {
    const known = this.#feeds.get(campaign)
    if (known !== undefined) return known
    const { store, host, onRun, onError } = this.#options
    const feed = new EventFeed({
      campaign,
      store,
      campaigns: this.#options.campaigns(),
      host,
      positions: this.#positionsOf(campaign),
      isHeld: this.#holds.list().some((held) => held.campaign === campaign && held.rule === RESTORED),
      onRun,
      onStop: (stop) => this.#hold(campaign, stop),
      onError,
    })
    this.#feeds.set(campaign, feed)
    // Asked for by a request that was answered while the service ends.
    if (this.#isClosed) void feed.close()
    return feed
  }

  #positionsOf(campaign: string): ReadonlyMap<number, number> {
    if (this.#positions === null) {
      this.#positions = new Map()
      for (const { campaign, version, position } of listEventRuns(this.#options.host.dataFolder)) {
        const positions = this.#positions.get(campaign) ?? new Map<number, number>()
        positions.set(version, Math.max(position ?? 0, positions.get(version) ?? 0))
        this.#positions.set(campaign, positions)
      }
    }
    return this.#positions.get(campaign) ?? new Map()
  }

  #hold(campaign: string, stop: Stop): void {
    const before = this.#writing
    this.#writing = (async () => {
      await before
      try {
        const { runId, rule, message } = stop
        const end = this.#isStarted ? null : this.#holds.lastEnd(campaign)
        // Whoever released it before a crash need not do so again.
        if (end?.runId === runId && end.endedAt >= stop.stoppedAt) return void this.#brokenOff.set(campaign, end)
        const facts = { campaign, run_id: runId, rule, message }
        await this.#holds.put({ campaign, runId, rule, message }, () => this.#options.tell('webhook.held', facts))
      } catch (error) {
        this.#options.onError(error)
      }
    })()
  }

  /** Nothing more is led or started; what is in flight comes to its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#feeds.values()].map((feed) => feed.close()))
    await this.#writing
  }
}
