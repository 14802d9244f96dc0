import type { Campaign, Warning } from '../campaign/campaign.ts'
import { STATIC_IPS_REFUSED, staticIpsRefusal, staticIpsWarning } from '../check/static-budget.ts'
import { HookcastError } from '../errors.ts'

/** What becomes of more requests over static IPs than those are for. */
export interface StaticIpsOveruse {
  /** Somebody has agreed to it beforehand (`--yes`). */
  readonly isAllowed?: boolean
  readonly onWarning?: (warning: Warning) => void
}

/** @throws {HookcastError} HOOKCAST_STATIC_IPS, when they are so many that somebody has to agree, and nobody has. */
export function overuseWarnings(campaign: Campaign, deliveries: number, overuse: StaticIpsOveruse = {}): Warning[] {
  const refusal = overuse.isAllowed === true ? null : staticIpsRefusal(campaign, deliveries)
  if (refusal !== null) throw new HookcastError('HOOKCAST_STATIC_IPS', refusal)
  const warning = staticIpsWarning(campaign, deliveries)
  if (warning === null) return []
  overuse.onWarning?.(warning)
  return [warning]
}

/** Of a stream nobody knows how long it is: it pauses where another run would be refused, and `resume` is the agreement. */
export function limitStream(
  limit: RunRows | null,
  { campaign: { webhook }, overuse }: { readonly campaign: Campaign; readonly overuse: StaticIpsOveruse | undefined },
): RunRows | null {
  const isFree = webhook.egress === null || overuse?.isAllowed === true
  const rows = STATIC_IPS_REFUSED * (webhook.batch?.size ?? 1)
  return isFree || (limit !== null && limit.rows <= rows) ? limit : { rows, state: 'paused' }
}

interface RunRows {
  readonly rows: number
  readonly state: 'interrupted' | 'paused'
}
