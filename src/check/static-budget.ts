import type { Campaign, Warning } from '../campaign/campaign.ts'

/** A few thousand requests over static IPs are fine; more of them are what batches are for. */
const STATIC_IPS_WARNED = 5_000
/** More than these hold up whatever else leaves by the pool, for too long to be an oversight. */
export const STATIC_IPS_REFUSED = 100_000

const ADVICE =
  'send batches (webhook.batch), or let https and credentials do what the addresses are for, and leave static_ips out'

/** What a campaign with `static_ips` is told about its size; null while it is small, or leaves by no pool. */
export function staticIpsWarning({ webhook }: Campaign, deliveries: number): Warning | null {
  if (webhook.egress === null || deliveries <= STATIC_IPS_WARNED) return null
  const limit = deliveries > STATIC_IPS_REFUSED ? STATIC_IPS_REFUSED : STATIC_IPS_WARNED
  const refusal = limit === STATIC_IPS_REFUSED ? ', which a run refuses without --yes' : ''
  const [above, got] = [limit, deliveries].map((count) => count.toLocaleString('en-US'))
  const message = `${got} requests over static IPs, more than ${above}${refusal}: a few thousand are fine, many are slow and hold up what else leaves by the pool: ${ADVICE}`
  return { code: 'static_ips_overuse', message, count: 1 }
}

/** Why so many requests may not leave over static IPs by themselves; null when they may. */
export function staticIpsRefusal({ webhook }: Campaign, deliveries: number): string | null {
  if (webhook.egress === null || deliveries <= STATIC_IPS_REFUSED) return null
  const [most, got] = [STATIC_IPS_REFUSED, deliveries].map((count) => count.toLocaleString('en-US'))
  return `expected at most ${most} requests over static IPs (webhook.static_ips), got ${got}: ${ADVICE}`
}

/** How the requests of a campaign stand to what may leave over static IPs. */
export interface StaticIpsBudget {
  readonly pool: string
  readonly deliveries: number
  readonly warned_above: number
  /** Without `--yes`. */
  readonly refused_above: number
  readonly verdict: 'fine' | 'warned' | 'refused'
}

/** Null for a campaign that leaves by no pool. */
export function staticIpsBudget(campaign: Campaign, deliveries: number): StaticIpsBudget | null {
  const { egress } = campaign.webhook
  if (egress === null) return null
  const limits = { warned_above: STATIC_IPS_WARNED, refused_above: STATIC_IPS_REFUSED }
  const verdict = deliveries > STATIC_IPS_REFUSED ? 'refused' : deliveries > STATIC_IPS_WARNED ? 'warned' : 'fine'
  return { pool: egress.name, deliveries, ...limits, verdict }
}

/** How many requests an audience comes to; a batch is one, whoever is left out of it. */
export function deliveriesOf(
  { webhook: { batch }, chunkSize }: Campaign,
  { rows, suppressed }: { readonly rows: number; readonly suppressed?: Readonly<Record<string, number>> },
): number {
  if (batch !== null) {
    const inChunk = Math.min(chunkSize ?? rows, rows)
    const chunks = inChunk === 0 ? 0 : Math.floor(rows / inChunk)
    return chunks * Math.ceil(inChunk / batch.size) + Math.ceil((rows - chunks * inChunk) / batch.size)
  }
  return rows - Object.values(suppressed ?? {}).reduce((sum, count) => sum + count, 0)
}
