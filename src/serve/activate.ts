import { AuditLog } from '../access/access.ts'
import { ERROR_CODES, HookcastError, type ErrorCode } from '../errors.ts'
import { ServiceStore } from '../ledger/service-store.ts'
import type { Surroundings } from '../library/library.ts'
import { instantOf } from '../report/report.ts'
import { announcedIn } from './address-file.ts'
import { administratorToken } from './admin-token.ts'
import { openCampaigns } from './schedules.ts'
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
  const campaigns = openCampaigns({ ...options, store, onChange: () => undefined })
  const by = 'command line'
  const known = options.isOff ? await campaigns.deactivate(name, by) : await campaigns.activate(name, { by })
  const action = options.isOff ? 'campaign.deactivated' : 'campaign.activated'
  const detail = options.isOff ? {} : { version: known.active?.version ?? null }
  await new AuditLog(store, clock).record({ id: by, name: by }, action, { subject: known.name, detail })
  const trigger = known.active === null ? null : campaigns.triggerOf(known.active)
  const next = trigger?.kind === 'schedule' ? new CronTimes(trigger.cron, trigger.timezone).next(clock.now()) : null
  return { campaign: known.name, active_version: known.active?.version ?? null, next_due_at: instantOf(next) }
}

async function ask(name: string, { surroundings, isOff }: ActivateOptions): Promise<ShownActivation> {
  const { env } = surroundings
  const { data } = surroundings.settings(null)
  const url = announcedIn(data)
  const token = administratorToken(env)
  if (url === null || token === null) {
    const what = url === null ? 'it does not say where it listens' : 'set HOOKCAST_ADMIN_TOKEN to a token of it'
    throw new HookcastError('HOOKCAST_SERVICE_RUNNING', `A service has this data folder, ${what}: ${data}`)
  }
  const verb = isOff ? 'deactivate' : 'activate'
  const answer = await fetch(`${url}/v1/campaigns/${encodeURIComponent(name)}/${verb}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: isOff ? null : '{}',
  })
  const body = (await answer.json()) as ShownActivation & { readonly code?: string; readonly detail?: string }
  if (answer.ok) return body
  throw new HookcastError(knownCode(body.code), body.detail ?? `The service answered ${answer.status}`)
}

function knownCode(code: string | undefined): ErrorCode {
  return code !== undefined && code in ERROR_CODES ? (code as ErrorCode) : 'HOOKCAST_UNEXPECTED'
}
