import { existsSync } from 'node:fs'
import type { ApiOptions } from '../api/api.ts'
import type { Tell } from '../campaign/notice.ts'
import type { Settings } from '../campaign/settings.ts'
import { runPaths } from '../ledger/run-folder.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import type { ActiveRun, ActiveRuns, Surroundings } from '../library/library.ts'
import { readReport, readRun } from '../report/report.ts'
import type { EventRun, EventRunHost } from '../runner/runner.ts'
import type { Telemetry } from '../telemetry.ts'
import { Triggers, type Receipt, type ScheduledRuns } from '../trigger/trigger.ts'
import type { RunObserver } from './run-observer.ts'

export interface StartersOptions {
  readonly surroundings: Surroundings
  readonly store: ServiceStore
  /** The folder with one folder for each campaign; it may be missing. */
  readonly campaigns: string
  readonly runs: ActiveRuns
  readonly observer: RunObserver
  readonly telemetry: Telemetry
  readonly cutSignal: AbortSignal
  readonly tell: Tell
  readonly onError: (error: unknown) => void
}

type Starters = NonNullable<ApiOptions['starters']>

/** What the API reaches of it, with its beginning and its end. */
export interface OpenStarters extends Starters, AsyncDisposable {
  start(): Promise<void>
}

const countInbox = 'SELECT count(*) AS count FROM inbox'

/** Puts together what starts campaigns by itself: the runs go among all others of the service, and are watched as they are. */
export function openStarters(options: StartersOptions): OpenStarters {
  const { surroundings, store, runs, observer, telemetry, cutSignal, onError } = options
  const { env, wiring } = surroundings
  const settings = surroundings.settings(null)
  const events = new Map<string, ActiveRun>()
  const watched = (runId: string, tell: (run: ActiveRun) => void): void => {
    const run = events.get(runId)
    if (run !== undefined) tell(run)
  }
  const onRun = (run: EventRun): void => {
    const known = readRun(settings.data, run.runId)
    const isResumed = run.position !== null
    const active = { runId: run.runId, campaign: 'error' in known ? '' : known.campaign, isResumed }
    events.set(run.runId, active)
    observer.onBegun(active)
    void endOf(run, active).catch(onError)
  }
  const endOf = async (run: EventRun, active: ActiveRun): Promise<void> => {
    const state = await run.ended
    events.delete(run.runId)
    const isOver = state === 'finished' || state === 'cancelled'
    const report = isOver ? readReport(run.paths, { isLocked: false, clock: wiring.clock }) : null
    if (report === null) observer.forgetProgress(active)
    else observer.onEnd(active, { report, error: null })
  }
  const triggers = new Triggers({
    store,
    env,
    settings,
    folder: existsSync(options.campaigns) ? options.campaigns : null,
    host: {
      ...wiring,
      env,
      settings,
      dataFolder: settings.data,
      senders: surroundings.senders(settings),
      cutSignal,
      ...remotePart(surroundings),
      seats: runs.seats,
      isUnknownResent: false,
      onProgress: (progress) => watched(progress.runId, (run) => observer.onProgress(run, progress)),
      onAttempt: (attempt, runId) => watched(runId, (run) => observer.onAttempt(run, attempt)),
    },
    runs: scheduledRunsOf(runs, settings),
    tell: (type, facts) => {
      if (type === 'webhook.held') telemetry.log(type, facts)
      options.tell(type, facts)
    },
    log: (line, facts) => telemetry.log(line, facts),
    onRun,
    onError,
  })
  telemetry.onCollect(() => {
    telemetry.set('hookcast_triggers_waiting', Number(store.get(countInbox)?.['count']), {})
    telemetry.set('hookcast_holds', triggers.router.holds().length, {})
  })
  const counted = async (receiving: Promise<Receipt>): Promise<Receipt> => {
    const receipt = await receiving
    const { accepted, duplicate, unmatched, errors, moreErrors } = receipt
    const results = { accepted, duplicate, unmatched, error: errors.length + moreErrors }
    for (const [result, by] of Object.entries(results)) telemetry.count('hookcast_triggers_total', { result }, by)
    return receipt
  }
  const { campaigns, inbox, router, scheduler } = triggers
  return {
    campaigns,
    nextDue: (campaign) => scheduler.nextDue(campaign),
    firings: scheduler.firings,
    events: {
      router,
      inbox: {
        accept: async (text) => await counted(inbox.accept(text)),
        acceptMessage: async (text, origin) => await counted(inbox.acceptMessage(text, origin)),
        acceptStream: async (chunks) => await counted(inbox.acceptStream(chunks)),
      },
    },
    start: async () => await triggers.start(),
    [Symbol.asyncDispose]: async () => await triggers[Symbol.asyncDispose](),
  }
}

function remotePart({ remote, onNote }: Surroundings): Pick<EventRunHost, 'remote' | 'onNote'> {
  return { ...(remote === undefined ? {} : { remote }), ...(onNote === undefined ? {} : { onNote }) }
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
