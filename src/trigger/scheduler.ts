import { createRunId } from '../campaign/run-id.ts'
import type { Tell } from '../campaign/notice.ts'
import type { Trigger } from '../campaign/campaign.ts'
import { CronTimes } from '../campaign/cron.ts'
import type { Checked } from '../check/check.ts'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import { identityOf } from './audience-identity.ts'
import type { Campaigns } from './campaigns.ts'
import { Firings, type Firing } from './firings.ts'
import type { TriggerLog } from './trigger-log.ts'
import type { CampaignVersion } from './versions.ts'

/** Who lets runs go, as far as schedules need them. */
export interface ScheduledRuns {
  /** Begins a run under that id: resolves once its audience is read, rejects when it cannot begin. */
  start(order: { readonly runId: string; readonly checked: Checked }): Promise<{ readonly ended: Promise<unknown> }>
  /** Whether a run of that id has begun. */
  has(runId: string): boolean
  /** Whether it has not come to its end, going on or not. */
  isOpen(runId: string): boolean
}

export interface SchedulerOptions {
  readonly store: ServiceStore
  readonly clock: Clock
  readonly campaigns: Campaigns
  readonly runs: ScheduledRuns
  readonly tell: Tell
  readonly log: TriggerLog
  /** Told what nobody expects: the schedule goes on. */
  readonly onError: (error: unknown) => void
}

type Schedule = Extract<Trigger, { readonly kind: 'schedule' }>

interface Plan {
  readonly version: CampaignVersion
  readonly schedule: Schedule
  readonly times: CronTimes
  /** The last instant that was dealt with. */
  until: number
  /** The next one; null when none comes. */
  nextAt: number | null
  /** An instant waits for the run before to end. */
  isQueued: boolean
  /** One instant after the other. */
  turn: Promise<void>
}

/** A service that was busy, or started anew, for so long has missed nothing. */
const GRACE_MS = 60_000
/** Clocks are put right and machines sleep: the time is looked at so often at least. */
const LOOK_MS = 60_000

/**
 * Starts the runs of schedules that are active, each instant once.
 *
 * An instant is written down together with the id of its run before that run begins. Is it there after a restart without a
 * run, the run is begun then; is there a run, it goes on by itself.
 */
export class Scheduler implements AsyncDisposable {
  readonly firings: Firings
  readonly #options: SchedulerOptions
  readonly #plans = new Map<string, Plan>()
  #cancelWake: (() => void) | null = null
  #isStopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.firings = new Firings(options.store, options)
  }

  /** Goes on with what a restart has left, and deals with what was missed meanwhile. */
  start(): void {
    this.refresh()
    for (const firing of this.firings.unfinished()) {
      const plan = this.#plans.get(firing.campaign)
      if (plan !== undefined) this.#inTurn(plan, async () => await this.#takeUp(plan, firing))
      else void this.#guarded(async () => await this.#giveUp(firing))
    }
    this.#tick()
  }

  /** Looks at what is active, when that has changed. */
  refresh(): void {
    const { campaigns } = this.#options
    const active = campaigns.versions.active()
    for (const campaign of this.#plans.keys()) {
      if (!active.some((version) => version.campaign === campaign)) this.#plans.delete(campaign)
    }
    for (const version of active) {
      const { campaign } = version
      const before = this.#plans.get(campaign)
      if (before?.version.version === version.version) continue
      this.#plans.delete(campaign)
      const schedule = campaigns.triggerOf(version)
      if (schedule.kind !== 'schedule') continue
      const since = campaigns.history(campaign)[0]?.activatedAt ?? this.#options.clock.now()
      const times = new CronTimes(schedule.cron, schedule.timezone)
      const until = Math.max(since, this.firings.lastDue(campaign) ?? 0)
      const turn = before?.turn ?? Promise.resolve()
      this.#plans.set(campaign, { version, schedule, times, until, nextAt: times.next(until), isQueued: true, turn })
    }
    if (this.#cancelWake !== null) this.#tick()
  }

  /** The next instant of a campaign; null when it has no schedule that is active. */
  nextDue(campaign: string): number | null {
    const plan = this.#plans.get(campaign)
    return plan === undefined ? null : plan.times.next(Math.max(plan.until, this.#options.clock.now()))
  }

  #tick(): void {
    this.#cancelWake?.()
    if (this.#isStopped) return
    const { clock } = this.#options
    const now = clock.now()
    let wakeAt = now + LOOK_MS
    for (const plan of this.#plans.values()) {
      if (plan.nextAt !== null && plan.nextAt <= now) this.#dealWith(plan, now)
      wakeAt = Math.min(wakeAt, plan.nextAt ?? wakeAt)
      if (!plan.isQueued) continue
      // Looked at once in its turn, however often time is looked at until that comes.
      plan.isQueued = false
      this.#inTurn(plan, async () => await this.#drain(plan))
    }
    this.#cancelWake = clock.after(Math.max(0, wakeAt - now), () => this.#tick())
  }

  #dealWith(plan: Plan, now: number): void {
    const { times, schedule } = plan
    const due: number[] = []
    for (let at = times.next(Math.max(plan.until, now - GRACE_MS)); at !== null && at <= now; at = times.next(at)) {
      due.push(at)
    }
    const lastMissed = times.last(Math.max(plan.until, now - GRACE_MS)) ?? 0
    if (lastMissed > plan.until) {
      const firstMissed = times.next(plan.until)!
      const isMadeUp = schedule.onMissed === 'once' && due.length === 0
      this.#inTurn(plan, async () => await this.#miss(plan, { firstMissed, lastMissed, isMadeUp }))
    }
    for (const dueAt of due) this.#inTurn(plan, async () => await this.#fire(plan, dueAt))
    plan.until = Math.max(plan.until, lastMissed, due.at(-1) ?? 0)
    plan.nextAt = times.next(plan.until)
  }

  /** Of all that were missed one is made up for at most: nobody wants a week of reminders at once. */
  async #miss(
    plan: Plan,
    { firstMissed, lastMissed, isMadeUp }: { firstMissed: number; lastMissed: number; isMadeUp: boolean },
  ): Promise<void> {
    const { campaign } = plan.version
    const span = firstMissed === lastMissed ? iso(lastMissed) : `${iso(firstMissed)} to ${iso(lastMissed)}`
    const made = isMadeUp ? 'its run begins late' : 'no run is made up for it'
    const message = `Missed while the service was down or asleep, ${made}: ${span}`
    const facts = { campaign, first_due_at: iso(firstMissed), last_due_at: iso(lastMissed), is_made_up: isMadeUp }
    const tell = (): void => this.#options.tell('schedule.missed', { ...facts, message })
    if (isMadeUp) await this.#fire(plan, lastMissed, tell)
    else await this.firings.add({ ...keyOf(plan, lastMissed) }, { state: 'missed', message }, tell)
  }

  /** `also` is written down together with the instant. */
  async #fire(plan: Plan, dueAt: number, also: () => void = nothing): Promise<void> {
    const { firings } = this
    const { campaign } = plan.version
    const key = keyOf(plan, dueAt)
    if (plan.schedule.onOverlap !== 'allow' && this.#isGoing(campaign)) {
      const { runId } = firings.lastStarted(campaign)!
      const message = `The run before was still going: ${runId}`
      if (plan.schedule.onOverlap === 'queue' && firings.queued(campaign) === null) {
        plan.isQueued = true
        return void (await firings.add(key, { state: 'queued', message }, also))
      }
      return void (await firings.add(key, { state: 'overlapped', message }, also))
    }
    await this.#begin(plan, { ...key, state: 'starting', runId: null, audience: null, message: null }, also)
  }

  #isGoing(campaign: string): boolean {
    const last = this.firings.lastStarted(campaign)
    return last !== null && last.runId !== null && this.#options.runs.isOpen(last.runId)
  }

  /** Begins the run of an instant, which was written down before unless there is something to write down with it. */
  async #begin(plan: Plan, firing: Firing, also: (() => void) | null = null): Promise<void> {
    const { clock, campaigns, runs } = this.#options
    const write = async (told: Parameters<Firings['add']>[1]): Promise<boolean> =>
      also === null ? await this.firings.update(firing, told) : await this.firings.add(firing, told, also)
    let isThere = also === null
    let begun = firing
    try {
      const checked = campaigns.load(plan.version)
      const audience = await identityOf(checked.campaign.audience.path)
      const last = this.firings.lastStarted(firing.campaign)
      const isSame = audience !== null && audience === last?.audience && last.dueAt !== firing.dueAt
      if (plan.schedule.onUnchanged === 'skip' && isSame) {
        const message = `The audience is the one of the firing before: ${iso(last.dueAt)}`
        return void (await write({ state: 'unchanged', runId: null, message }))
      }
      const runId = createRunId(clock.now())
      begun = { ...firing, version: plan.version.version, state: 'starting', runId, audience, message: null }
      if (this.#isStopped || !(await write(begun))) return
      isThere = true
      const { ended } = await runs.start({ runId, checked })
      await this.firings.update(begun, { state: 'started' })
      void this.#guarded(async () => {
        await ended.catch(() => undefined)
        if (!this.#isStopped) this.#inTurn(plan, async () => await this.#drain(plan))
      })
    } catch (error) {
      // The service ends before the run has begun: it is begun when the service starts again.
      if (!(error instanceof HookcastError) || error.code === 'HOOKCAST_INTERRUPTED') throw error
      const told = { state: 'refused', runId: null, audience: null, message: error.message } as const
      const facts = { campaign: firing.campaign, due_at: iso(firing.dueAt), code: error.code, message: error.message }
      const tell = (): void => this.#options.tell('schedule.missed', facts)
      await (isThere ? this.firings.update(begun, told, tell) : this.firings.add(firing, told, tell))
    }
  }

  /** Goes on with an instant that the service died over. */
  async #takeUp(plan: Plan, firing: Firing): Promise<void> {
    if (firing.state === 'queued') return await this.#drain(plan)
    if (firing.runId !== null && this.#options.runs.has(firing.runId)) {
      return void (await this.firings.update(firing, { state: 'started' }))
    }
    await this.#begin(plan, firing)
  }

  async #drain(plan: Plan): Promise<void> {
    const { campaign } = plan.version
    const queued = this.firings.queued(campaign)
    plan.isQueued = queued !== null
    if (queued === null || this.#isStopped || this.#isGoing(campaign)) return
    const current = this.#plans.get(campaign)
    if (current === undefined) await this.#giveUp(queued)
    else await this.#begin(current, queued)
  }

  async #giveUp(firing: Firing): Promise<void> {
    const hasRun = firing.runId !== null && this.#options.runs.has(firing.runId)
    const message = 'The campaign was deactivated before its run began'
    await this.firings.update(firing, hasRun ? { state: 'started' } : { state: 'missed', runId: null, message })
  }

  #inTurn(plan: Plan, work: () => Promise<void>): void {
    const before = plan.turn
    plan.turn = (async () => {
      await before
      if (!this.#isStopped) await this.#guarded(work)
    })()
  }

  /** One campaign's trouble is not another's. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#options.onError(error)
    }
  }

  /** Starts nothing more; what was about to begin has begun, or begins when the service starts again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    this.#cancelWake?.()
    await Promise.all([...this.#plans.values()].map(({ turn }) => turn))
  }
}

const nothing = (): void => undefined

function keyOf(
  { version: { campaign, version } }: Plan,
  dueAt: number,
): Pick<Firing, 'campaign' | 'dueAt' | 'version'> {
  return { campaign, dueAt, version }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
