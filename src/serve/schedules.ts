import { existsSync } from 'node:fs'
import type { NoticeType } from '../campaign/notice.ts'
import type { Settings } from '../campaign/settings.ts'
import { HookcastError } from '../errors.ts'
import { runPaths } from '../ledger/run-folder.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import type { ActiveRuns, Surroundings } from '../library/library.ts'
import { readRun } from '../report/report.ts'
import { Campaigns, type KnownCampaign } from '../trigger/campaigns.ts'
import { Scheduler, type ScheduledRuns } from '../trigger/scheduler.ts'

export interface SchedulesOptions {
  readonly surroundings: Surroundings
  readonly store: ServiceStore
  /** The folder with one folder for each campaign; it may be missing. */
  readonly campaigns: string
  readonly runs: ActiveRuns
  readonly notify: (type: NoticeType, facts: Readonly<Record<string, unknown>>) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** What starts campaigns by itself. */
export interface Schedules extends AsyncDisposable {
  readonly campaigns: Campaigns
  start(): void
  nextDue(campaign: string): number | null
}

/** Puts the scheduler together: the runs that it starts go among all others of the service. */
export function openSchedules({ surroundings, store, campaigns, runs, notify, onError }: SchedulesOptions): Schedules {
  const { clock } = surroundings.wiring
  const settings = surroundings.settings(null)
  const known = openCampaigns({ surroundings, store, campaigns, onChange: () => scheduler.refresh() })
  const scheduler: Scheduler = new Scheduler({
    store,
    clock,
    campaigns: known,
    runs: scheduledRunsOf(runs, settings),
    tell: notify,
    onError,
  })
  return {
    campaigns: known,
    start: () => scheduler.start(),
    nextDue: (campaign) => scheduler.nextDue(campaign),
    [Symbol.asyncDispose]: async () => await scheduler[Symbol.asyncDispose](),
  }
}

/** The campaigns of a folder, with their versions. */
export function openCampaigns({
  surroundings,
  store,
  campaigns,
  onChange,
}: Pick<SchedulesOptions, 'surroundings' | 'store' | 'campaigns'> & { readonly onChange: () => void }): Campaigns {
  const { env, wiring } = surroundings
  const folder = existsSync(campaigns) ? campaigns : null
  const stillness = {
    whileStill: async <T>(_: string, change: (position: number | null) => Promise<T>): Promise<T> => await change(null),
    onChange,
  }
  return new ScheduledCampaigns({
    store,
    clock: wiring.clock,
    env,
    settings: surroundings.settings(null),
    folder,
    stillness,
  })
}

/** Nothing leads events to a run yet: what was accepted would never be sent. */
class ScheduledCampaigns extends Campaigns {
  override async activate(...[name, order]: Parameters<Campaigns['activate']>): Promise<KnownCampaign> {
    const { found } = await this.get(name)
    if (found?.checked?.campaign.trigger.kind === 'event') {
      throw new HookcastError('HOOKCAST_CAMPAIGN_STATE', `A trigger of events is not supported yet: ${name}`)
    }
    return await super.activate(name, order)
  }
}

const ENDED: ReadonlySet<string> = new Set(['finished', 'aborted', 'cancelled'])

function scheduledRunsOf(runs: ActiveRuns, settings: Settings): ScheduledRuns {
  const has = (runId: string): boolean => existsSync(runPaths(settings.data, runId).ledger)
  return {
    has,
    isOpen: (runId) => {
      if (!has(runId)) return false
      const run = readRun(settings.data, runId)
      return !('error' in run) && !ENDED.has(run.state)
    },
    start: async ({ runId, checked: { campaign, snapshot } }) => {
      const overuse = { isAllowed: false }
      await runs.start({ runId, campaign, snapshot, isStreamed: false, skipsBadRows: false, overuse }, { settings })
      return { ended: runs.untilEnded(runId) }
    },
  }
}
