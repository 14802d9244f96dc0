import type { LoadOptions } from '../campaign/campaign-file.ts'
import type { Tell } from '../campaign/notice.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import type { EventRun, EventRunHost } from '../runner/runner.ts'
import { Campaigns } from './campaigns.ts'
import { Inbox } from './inbox.ts'
import { Router } from './router.ts'
import { Scheduler, type ScheduledRuns } from './scheduler.ts'
import type { TriggerLog } from './trigger-log.ts'

export type { MessageOrigin, Receipt } from './inbox.ts'
export { TRIGGER_BYTES_LIMIT } from './parse-trigger.ts'
export type { ScheduledRuns } from './scheduler.ts'

export interface TriggersOptions extends Pick<LoadOptions, 'env' | 'settings'> {
  readonly store: ServiceStore
  /** The campaigns' folder; null for a service without. */
  readonly folder: string | null
  /** What runs of events take from the program around them. */
  readonly host: EventRunHost & { readonly dataFolder: string }
  /** Who lets the runs of schedules go. */
  readonly runs: ScheduledRuns
  readonly tell: Tell
  readonly log: TriggerLog
  /** Told of each run of events that is opened. */
  readonly onRun: (run: EventRun) => void
  /** Told what nobody expects: the rest goes on. */
  readonly onError: (error: unknown) => void
}

/**
 * What starts runs on a service, once each: its campaigns and their versions, the inbox of events and the way from there
 * into runs, the schedules.
 */
export class Triggers implements AsyncDisposable {
  readonly campaigns: Campaigns
  readonly inbox: Inbox
  /** From the inbox to the runs; with the holds. */
  readonly router: Router
  readonly scheduler: Scheduler

  /** @throws {HookcastError} HOOKCAST_CONFIG_INVALID, when the campaigns' folder cannot be read. */
  constructor(options: TriggersOptions) {
    const { store, folder, env, settings, host, runs, tell, log, onRun, onError } = options
    const { clock } = host
    this.router = new Router({ store, campaigns: () => this.campaigns, host, tell, log, onRun, onError })
    this.campaigns = new Campaigns({
      store,
      clock,
      folder,
      env,
      settings,
      stillness: {
        whileStill: async (campaign, change) => await this.router.whileStill(campaign, change),
        onChange: () => {
          this.router.refresh()
          this.scheduler.refresh()
        },
      },
    })
    this.scheduler = new Scheduler({ store, clock, campaigns: this.campaigns, runs, tell, log, onError })
    this.inbox = new Inbox({ store, clock, onTriggers: (type) => this.router.kick(type) })
  }

  /** Goes on with what a restart has left; before that nothing is started. */
  async start(): Promise<void> {
    await this.router.start()
    this.scheduler.start()
  }

  /** Starts nothing more; what is in flight comes to its end, the rest goes on when the service starts again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.inbox[Symbol.dispose]()
    await Promise.all([this.scheduler[Symbol.asyncDispose](), this.router[Symbol.asyncDispose]()])
  }
}
