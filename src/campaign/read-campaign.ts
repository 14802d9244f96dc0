import type { Campaign, ColumnType } from './campaign.ts'
import type { CampaignContext } from './campaign-context.ts'
import type { AudienceOverride } from './campaign-folder.ts'
import { CAMPAIGN_DEFAULTS as D, type CampaignInput } from './campaign-schema.ts'
import { shorten } from './key-path.ts'
import { readAudience } from './read-audience.ts'
import { isEventTriggered, readTrigger } from './read-trigger.ts'
import { msFrom } from './read-delivery-rules.ts'
import { readWebhook } from './read-webhook.ts'
import type { Repaired } from './shape-problem.ts'

type Input = Repaired<CampaignInput>

const DAY_MS = 86_400_000

/** Reads the whole file but its params' names; what is wrong is reported, and a fitting blank stands in for it. */
export function readCampaign(
  context: CampaignContext,
  input: Input,
  run: { params: Campaign['params']; audience: AudienceOverride | null; project: Campaign['project'] },
): Campaign {
  const { reader } = context
  const trigger = readTrigger(context, input)
  const audience = readAudience(context, input.audience ?? null, { override: run.audience, trigger })
  checkConsent(context, input)
  return {
    name: input.name ?? '',
    file: reader.file,
    trigger,
    audience,
    columns: definedColumns(input),
    customerId: input.customer_id ?? null,
    isUnique: input.unique ?? false,
    consentColumn: consentColumnOf(input),
    excludeFiles: (input.exclude ?? []).map((file, index) => context.pathAt(['exclude', index], file ?? '')),
    chunkSize: input.chunk_size ?? null,
    timezone: readTimezone(context, input),
    maxCustomers: input.max_customers ?? null,
    webhook: readWebhook(context, input.webhook ?? {}, isEventTriggered(input)),
    params: { ...input.params, ...run.params },
    project: run.project,
    isLegacyLoopScope: input.legacy_loop_scope ?? false,
    retainDays: msFrom(input.retain ?? D.retain) / DAY_MS,
    warnings: context.warnings,
  }
}

function definedColumns({ columns }: Input): Record<string, ColumnType> {
  const entries = Object.entries(columns ?? {})
  return Object.fromEntries(entries.filter((entry): entry is [string, ColumnType] => entry[1] !== undefined))
}

function consentColumnOf({ consent }: Input): string | null {
  return typeof consent === 'object' && consent !== null ? (consent.column ?? null) : null
}

/** A node of the product that it comes from relied on that product's consents: dropping them silently would contact people. */
function checkConsent({ reader }: CampaignContext, { consent, webhook }: Input): void {
  if (consent === 'handled' || webhook === undefined) return
  const isMapped = consent !== undefined && consent !== null
  const refuse = (key: string, ways: string): void => {
    reader.report(['webhook', key], `webhook.${key} is not applied by hookcast: ${ways}`)
  }
  const ways = 'name the column under consent: { column: … }, or state consent: handled'
  if (webhook.general_consent === true && !isMapped) refuse('general_consent', ways)
  if ((webhook.consent_category ?? '') !== '' && !isMapped) refuse('consent_category', ways)
  if ((webhook.frequency_policy ?? '') !== '')
    refuse('frequency_policy', 'state consent: handled when the audience is within it')
}

function readTimezone({ reader }: CampaignContext, input: Input): string {
  const timezone = input.timezone ?? D.timezone
  // Known without the database of time zones, which takes ten milliseconds to load.
  if (timezone === 'UTC') return timezone
  try {
    void new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    reader.report(
      ['timezone'],
      `expected timezone to be a time zone such as "Europe/Prague", got ${JSON.stringify(shorten(timezone))}`,
    )
  }
  return timezone
}
