import type { Context } from 'hono'
import { AuditLog, CallRate, FailedLogins, Repeats, Tokens } from '../access/access.ts'
import type { Settings } from '../campaign/settings.ts'
import type { Clock } from '../clock.ts'
import { ApiError } from '../errors.ts'
import type { ServiceStore } from '../ledger/service-store.ts'
import type { ActiveRuns, Surroundings } from '../library/library.ts'
import type { ErasureInService } from '../privacy/privacy.ts'
import type { Campaigns } from '../trigger/campaigns.ts'
import type { Triggers } from '../trigger/trigger.ts'
import { CampaignFolders } from '../campaign/campaign-folders.ts'
import { problemFrom } from './problem.ts'
import { Uploads } from './uploads.ts'

/** What the program around the API hands over. */
export interface ApiOptions {
  readonly surroundings: Surroundings
  readonly store: ServiceStore
  /** The folder with one folder for each campaign. */
  readonly campaigns: string
  readonly runs: Pick<ActiveRuns, 'start' | 'replay' | 'resume'>
  /** Null where no campaign starts by itself. */
  readonly starters?: Starters | null
  /** Who sends triggers with a signature: their secrets, by the name of the source. */
  readonly triggerSources?: ReadonlyMap<string, readonly Uint8Array[]>
  /** Where people reach the service: what the document says of its server. */
  readonly publicUrl?: string | null
  /** Where a request came from: failed logins are counted by it. */
  readonly addressOf: (context: Context) => string
  /** Told of defects: whoever called got no word of them. */
  readonly onUnexpected?: (error: unknown) => void
  /** Told of every answer; `route` is the pattern, never what somebody has put into it. */
  readonly onAnswered?: (answered: AnsweredRequest) => void
  readonly limits?: ApiLimits
}

/** What starts campaigns by itself, once they are activated. */
export interface Starters {
  readonly campaigns: Campaigns
  /** When the schedule of a campaign is due next; null when it has none that is active. */
  nextDue(campaign: string): number | null
  /** What became of the instants of schedules. */
  readonly firings: Pick<Triggers['scheduler']['firings'], 'list' | 'hasStarted'>
  readonly events: EventStarter
}

/** Takes events in, and leads them to the runs of campaigns. */
export interface EventStarter {
  readonly inbox: Pick<Triggers['inbox'], 'accept' | 'acceptMessage' | 'acceptStream'>
  readonly router: Pick<Triggers['router'], 'holds' | 'release' | 'settle' | 'aside'>
}

export interface AnsweredRequest {
  readonly method: string
  readonly route: string
  readonly status: number
  /** Until the answer began. */
  readonly waitMs: number
}

export interface ApiLimits {
  /** Default: 16 GiB. */
  readonly uploadBytes?: number
  /** Requests a second of one token. Default: see `CallRate`. */
  readonly callsPerSecond?: number
  /** Unknown tokens a minute from one address. Default: see `FailedLogins`. */
  readonly failedLogins?: number
}

/** What the operations work with. */
export interface ApiServices {
  readonly surroundings: Surroundings
  /** hookcast.yaml as it holds where no campaign is spoken of. */
  readonly settings: Settings
  readonly clock: Clock
  readonly campaigns: CampaignFolders
  readonly runs: ApiOptions['runs']
  readonly starters: Starters | null
  readonly triggerSources: NonNullable<ApiOptions['triggerSources']>
  readonly erasure: ErasureInService
  readonly tokens: Tokens
  readonly audit: AuditLog
  readonly failedLogins: FailedLogins
  readonly callRate: CallRate
  readonly repeats: Repeats
  readonly uploads: Uploads
  readonly addressOf: ApiOptions['addressOf']
}

const MOST_UPLOADED = 16 * 1024 ** 3

export function servicesFrom({
  surroundings,
  store,
  campaigns,
  runs,
  addressOf,
  starters = null,
  triggerSources = new Map(),
  limits = {},
}: ApiOptions): ApiServices {
  const { clock } = surroundings.wiring
  const settings = surroundings.settings(null)
  return {
    surroundings,
    settings,
    clock,
    campaigns: new CampaignFolders(campaigns),
    runs,
    starters,
    triggerSources,
    erasure: {
      store,
      settle: async () => await starters?.events.router.settle(),
      aside: async (runId, work) => await (starters?.events.router.aside(runId, work) ?? work()),
    },
    tokens: new Tokens(store, clock),
    audit: new AuditLog(store, clock),
    failedLogins: new FailedLogins(clock, limits.failedLogins),
    callRate: new CallRate(clock, limits.callsPerSecond),
    repeats: new Repeats(store, { clock, isRefusal: (error) => problemFrom(error).status < 500 }),
    uploads: Uploads.open(settings.data, limits.uploadBytes ?? MOST_UPLOADED),
    addressOf,
  }
}

/** The refusal of somebody who shows what nobody has; once an address did so too often, it has to wait. */
export function unknownCaller(message: string, context: Context, services: ApiServices): ApiError {
  const address = services.addressOf(context)
  const retryAfterMs = services.failedLogins.waitMs(address)
  services.failedLogins.note(address)
  if (retryAfterMs === 0) return new ApiError('HOOKCAST_API_DENIED', message, { status: 401 })
  const limited = 'Too many unknown tokens or signatures from this address'
  return new ApiError('HOOKCAST_API_LIMIT', limited, { status: 429, retryAfterMs })
}
