import { checkAudience } from '../audience/audience.ts'
import type { Campaign } from '../campaign/campaign.ts'
import {
  FactCounter,
  lintTemplate,
  placeOf,
  readTemplate,
  writtenPath,
  type LintFinding,
  type AudienceFacts,
  type TemplateReading,
} from '../template/template.ts'
import { compileOptions, templatesOf } from './check-templates.ts'

/** Reads every template that makes a request, for what it asks of a customer. */
export function readCampaign(campaign: Campaign): readonly TemplateReading[] {
  return templatesOf(campaign)
    .filter(({ isOfRequest }) => isOfRequest)
    .map((use) => readTemplate(use.template.text, compileOptions(campaign, use)))
}

/** Counts what the templates read in the rows that it is shown. */
export function createFactCounter(readings: readonly TemplateReading[]): FactCounter {
  const paths = readings.flatMap(({ reads }) => reads.map(({ path }) => path))
  return new FactCounter(paths)
}

/** An attribute that templates read and rows lack. */
export interface MissingAttribute {
  /** As it is written in a template: `customer.address.city`. */
  readonly attribute: string
  /** Rows without it. */
  readonly customers: number
  readonly share: number
  /** A template reads it somewhere without saying what to do when it is missing. */
  readonly has_fallback: boolean
  readonly places: readonly string[]
}

const PLACES_SHOWN = 5

/** Lists what templates read and rows lack, the most often lacking first. */
export function missingAttributes(
  readings: readonly TemplateReading[],
  facts: AudienceFacts,
): readonly MissingAttribute[] {
  const found = new Map<string, { path: readonly string[]; places: string[]; hasFallback: boolean }>()
  for (const reading of readings) {
    for (const { path, start, hasFallback } of reading.reads) {
      const known = found.get(path.join('\0')) ?? { path, places: [], hasFallback: true }
      known.places.push(placeOf(reading, start))
      known.hasFallback &&= hasFallback
      found.set(path.join('\0'), known)
    }
  }
  return [...found.values()]
    .map(({ path, places, hasFallback }) => {
      const customers = facts.of(path).missing
      return {
        attribute: writtenPath(path),
        customers,
        share: facts.rows === 0 ? 0 : customers / facts.rows,
        has_fallback: hasFallback,
        places: places.slice(0, PLACES_SHOWN),
      }
    })
    .filter(({ customers }) => customers > 0)
    .toSorted((a, b) => b.customers - a.customers)
}

/** Looks through every template of the request for what is seldom meant; without facts, for what does not depend on the audience. */
export function lintCampaign(
  readings: readonly TemplateReading[],
  facts: AudienceFacts | null,
): readonly LintFinding[] {
  return readings.flatMap((reading) => lintTemplate(reading, facts))
}

/**
 * The same, with a look at every row of the audience; rows that cannot be read are passed over.
 *
 * Standard input is read once only, for what is made of it: it is not looked at.
 */
export async function lintWithAudience(
  campaign: Campaign,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly LintFinding[]> {
  const readings = readCampaign(campaign)
  const { audience: source, ...rules } = campaign
  if (source.path === '-') return lintCampaign(readings, null)
  const facts = createFactCounter(readings)
  await checkAudience({
    source,
    rules,
    skipBadRows: true,
    signal,
    onRow: (row) => {
      if (row !== null) facts.see(row)
    },
  })
  return lintCampaign(readings, facts)
}
