import { existsSync } from 'node:fs'
import { AuditLog } from '../access/access.ts'
import { HookcastError } from '../errors.ts'
import { ServiceStore } from '../ledger/service-store.ts'
import type { Surroundings } from '../library/library.ts'
import { instantOf } from '../report/report.ts'
import { askService } from './ask-service.ts'
import { Campaigns } from '../trigger/campaigns.ts'
import { CronTimes } from '../campaign/cron.ts'

export interface ActivateOptions {
  readonly surroundings: Surroundings
  /** Looked into when no service runs. */
  readonly campaigns: string
  readonly isOff: boolean
}

export interface ShownActivation {
  readonly campaign: string
  readonly active_version: number | null
  readonly next_due_at: string | null
}

/**
 * Activates a campaign, or ends that: by the service that has the data folder, or in its place while there is none.
 *
 * @throws {HookcastError} what the service refuses it with.
 */
export async function activate(name: string, options: ActivateOptions): Promise<ShownActivation> {
  const settings = options.surroundings.settings(null)
  const { clock } = options.surroundings.wiring
  let store: ServiceStore
  try {
    store = new ServiceStore(settings.data, clock)
  } catch (error) {
    if (error instanceof HookcastError && error.code === 'HOOKCAST_SERVICE_RUNNING') return await ask(name, options)
    throw error
  }
  using _ = store
  const campaigns = campaignsOf(options, store)
  const by = 'command line'
  const known = options.isOff ? await campaigns.deactivate(name, by) : await campaigns.activate(name, { by })
  const action = options.isOff ? 'campaign.deactivated' : 'campaign.activated'
  const detail = options.isOff ? {} : { version: known.active?.version ?? null }
  await new AuditLog(store, clock).record({ id: by, name: by }, action, { subject: known.name, detail })
  const trigger = known.active === null ? null : campaigns.triggerOf(known.active)
  const next = trigger?.kind === 'schedule' ? new CronTimes(trigger.cron, trigger.timezone).next(clock.now()) : null
  return { campaign: known.name, active_version: known.active?.version ?? null, next_due_at: instantOf(next) }
}

/** Nobody listens yet: there is nothing that has to keep still. */
function campaignsOf({ surroundings, campaigns }: ActivateOptions, store: ServiceStore): Campaigns {
  const { env, wiring } = surroundings
  const stillness = {
    whileStill: async <T>(_: string, change: (position: number | null) => Promise<T>): Promise<T> => await change(null),
    onChange: () => undefined,
  }
  const folder = existsSync(campaigns) ? campaigns : null
  return new Campaigns({ store, clock: wiring.clock, env, settings: surroundings.settings(null), folder, stillness })
}

async function ask(name: string, { surroundings, isOff }: ActivateOptions): Promise<ShownActivation> {
  const verb = isOff ? 'deactivate' : 'activate'
  return await askService(surroundings, `/v1/campaigns/${encodeURIComponent(name)}/${verb}`, {})
}
