import { describe, expect, vi } from 'vitest'
import { systemClock, type Clock } from '../../src/clock.ts'
import { HookcastError } from '../../src/errors.ts'
import { ServiceStore } from '../../src/ledger/service-store.ts'
import { Campaigns } from '../../src/trigger/campaigns.ts'
import type { FiringState } from '../../src/trigger/firings.ts'
import { Scheduler, type ScheduledRuns } from '../../src/trigger/scheduler.ts'
import { plainSettings } from '../support/campaign-folder.ts'
import { campaignFile, test, type Place } from './fixture.ts'

/** The hour is the test's own: it jumps from one timer to the next. */
class OwnClock implements Clock {
  readonly sleep = systemClock.sleep
  readonly #timers = new Set<{ readonly dueAt: number; readonly fire: () => void }>()
  at: number

  constructor(at: string) {
    this.at = Date.parse(at)
  }

  now(): number {
    return this.at
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { dueAt: this.at + ms, fire }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Goes on to an instant; what is due on the way is called in its turn. */
  goTo(instant: string): void {
    const until = Date.parse(instant)
    for (;;) {
      const due = [...this.#timers].filter(({ dueAt }) => dueAt <= until).toSorted((a, b) => a.dueAt - b.dueAt)[0]
      if (due === undefined) break
      this.#timers.delete(due)
      this.at = Math.max(this.at, due.dueAt)
      due.fire()
    }
    this.at = until
  }

  /** Was asleep, or down, until then: what was due in between is called late. */
  sleepUntil(instant: string): void {
    this.at = Date.parse(instant)
    this.goTo(instant)
  }
}

/** Writes at once: the hour of the store is not what is tested. */
const hurried: Clock = {
  ...systemClock,
  after: (_, callback) => {
    const immediate = setImmediate(callback)
    return () => clearImmediate(immediate)
  },
}

/** Where runs would go: begun ones, and which of them have not ended. */
class Runs implements ScheduledRuns {
  readonly begun: { readonly campaign: string; readonly at: number; readonly runId: string }[] = []
  readonly #clock: Clock
  readonly #ends = new Map<string, () => void>()
  endsAtOnce = true
  refusal: Error | null = null
  dies = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async start({ runId, checked }: Parameters<ScheduledRuns['start']>[0]): ReturnType<ScheduledRuns['start']> {
    if (this.refusal !== null) throw this.refusal
    if (this.dies) return await new Promise(() => undefined)
    this.begun.push({ campaign: checked.campaign.name, at: this.#clock.now(), runId })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ends.set(runId, resolve)
    if (this.endsAtOnce) this.end()
    return { ended: promise }
  }

  end(): void {
    for (const resolve of this.#ends.values()) resolve()
    this.#ends.clear()
  }

  has(runId: string): boolean {
    return this.begun.some((run) => run.runId === runId)
  }

  isOpen(runId: string): boolean {
    return this.#ends.has(runId)
  }
}

interface Stage extends AsyncDisposable {
  readonly campaigns: Campaigns
  readonly scheduler: Scheduler
  readonly notices: Record<string, unknown>[]
}

/** The part of a service that schedules need, as it starts: on the store of the place. */
function open({ store, campaigns: folder }: Place, clock: Clock, runs: Runs): Stage {
  const notices: Record<string, unknown>[] = []
  const campaigns: Campaigns = new Campaigns({
    store,
    clock,
    folder,
    env: {},
    settings: plainSettings,
    stillness: { whileStill: async (_, change) => await change(null), onChange: () => scheduler.refresh() },
  })
  const scheduler: Scheduler = new Scheduler({
    store,
    clock,
    campaigns,
    runs,
    tell: (type, facts) => void notices.push({ type, ...facts }),
    log: () => undefined,
    onError: (error) => {
      throw error
    },
  })
  return { campaigns, scheduler, notices, [Symbol.asyncDispose]: async () => await scheduler[Symbol.asyncDispose]() }
}

const schedule = (cron: string, more = ''): string[] => [
  'audience: people.csv',
  `trigger: { schedule: "${cron}"${more}, on_unchanged: send }`,
]

const scheduled = test.extend<{ place: Place }>({
  place: async ({ place }, use) => {
    place.store[Symbol.dispose]()
    using store = new ServiceStore(place.data, hurried)
    // Nobody cuts the power here, and a year has many commits.
    store.run('PRAGMA synchronous = OFF')
    await use({ ...place, store })
  },
})

/** A loaded machine takes its time. */
const until = async (check: () => void): Promise<void> => await vi.waitFor(check, 45_000)

const statesOf = ({ scheduler }: Stage, campaign = 'daily'): FiringState[] =>
  scheduler.firings.list(campaign, { before: null, limit: 10_000 }).map(({ state }) => state)

const isos = (times: readonly number[]): string[] => times.map((at) => new Date(at).toISOString())

async function activate(place: Place, stage: Stage, files: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [name, lines] of Object.entries(files)) {
    place.write(`${name}/campaign.yaml`, campaignFile(name, lines))
    place.write(`${name}/people.csv`, 'customer_id\n1\n')
    await stage.campaigns.activate(name, { by: 'ada' })
  }
}

scheduled(
  'fires at each instant of a year once, also on the days on which clocks change',
  async ({ place }) => {
    const clock = new OwnClock('2026-01-01T00:00:00Z')
    const runs = new Runs(clock)
    await using stage = open(place, clock, runs)
    await activate(place, stage, {
      prague: schedule('30 2 * * 0', ', timezone: Europe/Prague'),
      york: schedule('30 1 * * 0', ', timezone: America/New_York'),
      kathmandu: schedule('0 9 * * 1', ', timezone: Asia/Kathmandu'),
      gap: schedule('0 2 29 3 *', ', timezone: Europe/Prague'),
      utc: schedule('0 0 31 * *'),
    })
    stage.scheduler.start()
    clock.goTo('2027-01-01T00:00:00Z')
    await until(() => expect(runs.begun.length).toBe(52 + 52 + 52 + 1 + 7))
    const of = (name: string): number[] =>
      stage.scheduler.firings
        .list(name, { before: null, limit: 400 })
        .map(({ dueAt }) => dueAt)
        .toReversed()
    const near = (name: string, day: string): string[] => isos(of(name)).filter((instant) => instant.startsWith(day))
    expect(near('prague', '2026-03-29')).toEqual(['2026-03-29T01:00:00.000Z'])
    expect(near('prague', '2026-10-25')).toEqual(['2026-10-25T00:30:00.000Z'])
    expect(near('york', '2026-03-08')).toEqual(['2026-03-08T06:30:00.000Z'])
    expect(near('york', '2026-11-01')).toEqual(['2026-11-01T05:30:00.000Z'])
    expect(near('gap', '2026')).toEqual(['2026-03-29T01:00:00.000Z'])
    expect(isos(of('kathmandu')).every((instant) => instant.endsWith('T03:15:00.000Z'))).toBe(true)
    expect(new Set(runs.begun.map(({ runId }) => runId)).size).toBe(runs.begun.length)
    expect(stage.notices).toEqual([])
  },
  60_000,
)

describe('an instant', () => {
  scheduled('is dealt with once, over a restart too', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    for (let restart = 0; restart < 3; restart++) {
      await using stage = open(place, clock, runs)
      if (restart === 0) await activate(place, stage, { daily: schedule('0 9 * * *') })
      stage.scheduler.start()
      clock.goTo('2026-06-01T09:00:00Z')
      await until(() => expect(statesOf(stage)).toEqual(['started']))
    }
    expect(isos(runs.begun.map(({ at }) => at))).toEqual(['2026-06-01T09:00:00.000Z'])
  })

  scheduled('gets its run after a restart, when the service died before that began', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const dying = new Runs(clock)
    dying.dies = true
    const first = open(place, clock, dying)
    await activate(place, first, { daily: schedule('0 9 * * *') })
    first.scheduler.start()
    clock.goTo('2026-06-01T09:00:00Z')
    await until(() => expect(statesOf(first)).toEqual(['starting']))
    const runs = new Runs(clock)
    await using stage = open(place, clock, runs)
    stage.scheduler.start()
    await until(() => expect(statesOf(stage)).toEqual(['started']))
    expect(runs.begun).toHaveLength(1)
  })

  scheduled('is left to its run, when that had begun before the service died', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    {
      await using stage = open(place, clock, runs)
      await activate(place, stage, { daily: schedule('0 9 * * *') })
      stage.scheduler.start()
      clock.goTo('2026-06-01T09:00:00Z')
      await until(() => expect(statesOf(stage)).toEqual(['started']))
    }
    place.store.run(`UPDATE firing SET state = 'starting'`)
    await using stage = open(place, clock, runs)
    stage.scheduler.start()
    await until(() => expect(statesOf(stage)).toEqual(['started']))
    expect(runs.begun).toHaveLength(1)
  })

  scheduled('is refused with its reason when its run cannot begin', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    runs.refusal = new HookcastError('HOOKCAST_AUDIENCE_INVALID', 'expected at most 10 customers')
    await using stage = open(place, clock, runs)
    await activate(place, stage, { daily: schedule('0 9 * * *') })
    stage.scheduler.start()
    clock.goTo('2026-06-01T09:00:00Z')
    await until(() => expect(stage.notices).toHaveLength(1))
    expect(stage.scheduler.firings.list('daily', { before: null, limit: 1 })[0]).toMatchObject({
      state: 'refused',
      runId: null,
      message: 'expected at most 10 customers',
    })
    runs.refusal = null
    clock.goTo('2026-06-02T09:00:00Z')
    await until(() => expect(statesOf(stage)).toEqual(['started', 'refused']))
  })

  scheduled('is dealt with when the machine was asleep for less than a minute', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    await using stage = open(place, clock, runs)
    await activate(place, stage, { daily: schedule('0 9 * * *', ', on_missed: skip') })
    stage.scheduler.start()
    clock.sleepUntil('2026-06-01T09:00:59Z')
    await until(() => expect(statesOf(stage)).toEqual(['started']))
    expect(stage.notices).toEqual([])
  })
})

describe('instants that were missed', () => {
  scheduled.for([
    ['once', ['started'], 1],
    ['skip', ['missed'], 0],
  ] as const)('are made up for by one run at most: on_missed: %s', async ([onMissed, states, begun], { place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    await using stage = open(place, clock, runs)
    await activate(place, stage, { daily: schedule('0 9 * * *', `, on_missed: ${onMissed}`) })
    stage.scheduler.start()
    clock.sleepUntil('2026-06-04T12:00:00Z')
    await until(() => expect(stage.notices).toHaveLength(1))
    await until(() => expect(statesOf(stage)).toEqual(states))
    expect(runs.begun).toHaveLength(begun)
    expect(stage.notices[0]).toMatchObject({
      type: 'schedule.missed',
      campaign: 'daily',
      first_due_at: '2026-06-01T09:00:00.000Z',
      last_due_at: '2026-06-04T09:00:00.000Z',
      is_made_up: onMissed === 'once',
    })
    clock.goTo('2026-06-05T09:00:00Z')
    await until(() => expect(statesOf(stage)).toEqual(['started', ...states]))
  })

  scheduled('are none before the activation, and none of a campaign that is not active', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    await using stage = open(place, clock, runs)
    place.write('daily/campaign.yaml', campaignFile('daily', schedule('0 9 * * *')))
    place.write('daily/people.csv', 'customer_id\n1\n')
    stage.scheduler.start()
    clock.goTo('2026-06-05T10:00:00Z')
    await stage.campaigns.activate('daily', { by: 'ada' })
    clock.goTo('2026-06-06T08:00:00Z')
    expect(stage.scheduler.nextDue('daily')).toBe(Date.UTC(2026, 5, 6, 9))
    await stage.campaigns.deactivate('daily', 'ada')
    clock.goTo('2026-06-07T08:00:00Z')
    expect([runs.begun, statesOf(stage), stage.notices, stage.scheduler.nextDue('daily')]).toEqual([[], [], [], null])
  })
})

describe('an instant during the run before', () => {
  const cases: readonly (readonly [string, readonly FiringState[], readonly FiringState[], number])[] = [
    ['skip', ['overlapped', 'overlapped', 'started'], ['overlapped', 'overlapped', 'started'], 1],
    ['queue', ['overlapped', 'queued', 'started'], ['overlapped', 'started', 'started'], 2],
    ['allow', ['started', 'started', 'started'], ['started', 'started', 'started'], 3],
  ]
  scheduled.for(cases)('goes as on_overlap says: %s', async ([onOverlap, during, after, begun], { place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    runs.endsAtOnce = false
    await using stage = open(place, clock, runs)
    await activate(place, stage, { daily: schedule('0 9 * * *', `, on_overlap: ${onOverlap}`) })
    stage.scheduler.start()
    clock.goTo('2026-06-03T10:00:00Z')
    await until(() => expect(statesOf(stage)).toEqual(during))
    runs.end()
    await until(() => expect(statesOf(stage)).toEqual(after))
    expect(runs.begun).toHaveLength(begun)
  })

  scheduled('waits over a restart', async ({ place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    runs.endsAtOnce = false
    {
      await using stage = open(place, clock, runs)
      await activate(place, stage, { daily: schedule('0 9 * * *', ', on_overlap: queue') })
      stage.scheduler.start()
      clock.goTo('2026-06-02T10:00:00Z')
      await until(() => expect(statesOf(stage)).toEqual(['queued', 'started']))
    }
    await using stage = open(place, clock, runs)
    stage.scheduler.start()
    clock.goTo('2026-06-02T10:01:00Z')
    runs.end()
    clock.goTo('2026-06-02T10:02:00Z')
    await until(() => expect(statesOf(stage)).toEqual(['started', 'started']))
    expect(runs.begun).toHaveLength(2)
  })
})

describe('an audience that is the one of the firing before', () => {
  scheduled.for([
    ['skip', ['started', 'unchanged', 'started']],
    ['send', ['started', 'started', 'started']],
  ] as const)('goes as on_unchanged says: %s', async ([onUnchanged, states], { place }) => {
    const clock = new OwnClock('2026-06-01T08:00:00Z')
    const runs = new Runs(clock)
    await using stage = open(place, clock, runs)
    await activate(place, stage, {
      daily: ['audience: people.csv', `trigger: { schedule: "0 9 * * *", on_unchanged: ${onUnchanged} }`],
    })
    stage.scheduler.start()
    clock.goTo('2026-06-01T10:00:00Z')
    await until(() => expect(statesOf(stage)).toHaveLength(1))
    place.write('daily/people.csv', 'customer_id\n1\n')
    clock.goTo('2026-06-02T10:00:00Z')
    await until(() => expect(statesOf(stage)).toHaveLength(2))
    place.write('daily/people.csv', 'customer_id\n2\n')
    clock.goTo('2026-06-03T10:00:00Z')
    await until(() => expect(statesOf(stage)).toEqual(states))
  })
})
