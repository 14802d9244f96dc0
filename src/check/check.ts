import { resolve } from 'node:path'
import { checkAudience, type SpoolSummary } from '../audience/audience.ts'
import { inspectCampaign, type LoadedCampaign, type LoadOptions } from '../campaign/campaign-file.ts'
import type { CampaignFiles } from '../campaign/campaign-folder.ts'
import { ConfigError, type ErrorCode, type Problem } from '../errors.ts'
import type { Readable } from 'node:stream'
import { addressProblems } from './check-address.ts'
import { egressProblems } from './check-egress.ts'
import { headerProblems } from './check-headers.ts'
import { templateProblems } from './check-templates.ts'
import { oddities } from './oddities.ts'

export { usablePools } from './check-egress.ts'

/** A campaign that can be run: everything but its audience was looked at. */
export type Checked = LoadedCampaign

interface Findings {
  /** Null when the file itself has problems: what else was found may follow from them. */
  readonly checked: Checked | null
  readonly problems: readonly Problem[]
  readonly code: ErrorCode
}

/**
 * Checks a campaign before its first request: the file, every template, every secret, the address.
 *
 * From a run's snapshot it is the campaign that the run began with; secrets and what may be called are those of now.
 *
 * @throws {ConfigError} with all problems at once, in the order of the files: HOOKCAST_TEMPLATE_INVALID when templates
 *   alone are wrong, else HOOKCAST_CAMPAIGN_INVALID.
 */
export function checkCampaign(files: CampaignFiles, options: LoadOptions): Checked {
  const { checked, problems, code } = inspect(files, options)
  if (checked === null || problems.length > 0) throw new ConfigError(code, problems)
  return checked
}

/** How the rows of an audience are read. */
interface Reading {
  readonly skipBadRows?: boolean
  readonly stdin?: Readable
  readonly signal?: AbortSignal
}

/**
 * Checks a campaign and every row of its audience, and writes nothing.
 *
 * @throws {ConfigError} with the problems of both at once; rows are read only when the file says rightly how.
 */
export async function checkAll(
  files: CampaignFiles,
  options: LoadOptions & Reading,
): Promise<Checked & { readonly audience: SpoolSummary }> {
  return await withAudience(inspect(files, options), options)
}

/**
 * Checks a campaign that is to be run. Its rows are read here only when something else is wrong, so that their problems
 * are told with it; the run reads them itself.
 *
 * @throws {ConfigError} what `checkCampaign` throws, with the problems of the rows unless they come as a stream.
 */
export async function checkBeforeRun(
  files: CampaignFiles,
  { isStreamed, ...options }: LoadOptions & Omit<Reading, 'stdin'> & { readonly isStreamed: boolean },
): Promise<Checked> {
  const found = inspect(files, options)
  const { checked, problems, code } = found
  if (checked !== null && problems.length === 0) return checked
  if (isStreamed || checked?.campaign.audience.path === '-') throw new ConfigError(code, problems)
  return await withAudience(found, options)
}

async function withAudience(
  { checked, problems, code }: Findings,
  { skipBadRows = false, stdin, signal }: Reading,
): Promise<Checked & { readonly audience: SpoolSummary }> {
  if (checked === null) throw new ConfigError(code, problems)
  const { audience: source, ...rules } = checked.campaign
  try {
    const given = { ...(stdin === undefined ? {} : { stdin }), ...(signal === undefined ? {} : { signal }) }
    const audience = await checkAudience({ source, rules, skipBadRows, ...given })
    if (problems.length === 0) return { ...checked, audience }
  } catch (error) {
    if (problems.length === 0 || !(error instanceof ConfigError)) throw error
    throw new ConfigError('HOOKCAST_CAMPAIGN_INVALID', [...problems, ...error.problems], {
      cause: error,
      more: error.more,
    })
  }
  throw new ConfigError(code, problems)
}

function inspect(files: CampaignFiles, options: LoadOptions): Findings {
  const { loaded, problems: ofFile } = inspectCampaign(files, options)
  if (loaded === null)
    return { checked: null, problems: ofFile.map(placedIn(files)), code: 'HOOKCAST_CAMPAIGN_INVALID' }
  const { campaign, snapshot } = loaded
  const ofTemplates = templateProblems(campaign)
  const ofSettings = [
    ...headerProblems(campaign),
    ...addressProblems(campaign, options.settings),
    ...egressProblems(campaign, options.settings),
  ]
  const problems = inOrder([...ofFile, ...ofSettings, ...ofTemplates], campaign.file).map(placedIn(files))
  const areTemplatesAlone = ofTemplates.length > 0 && ofFile.length + ofSettings.length === 0
  return {
    checked:
      ofFile.length > 0
        ? null
        : { campaign: { ...campaign, warnings: [...campaign.warnings, ...oddities(campaign)] }, snapshot },
    problems,
    code: areTemplatesAlone ? 'HOOKCAST_TEMPLATE_INVALID' : 'HOOKCAST_CAMPAIGN_INVALID',
  }
}

/** The campaign names its files from its own folder; whoever reads of them is perhaps in another. */
function placedIn({ folder }: CampaignFiles): (problem: Problem) => Problem {
  return (problem) => ({ ...problem, file: resolve(folder, problem.file) })
}

/** The campaign file first, then its templates by name; each from its beginning to its end. */
function inOrder(problems: readonly Problem[], campaignFile: string): Problem[] {
  const rank = ({ file }: Problem): string => (file === campaignFile ? '' : file)
  return problems.toSorted(
    (a, b) =>
      rank(a).localeCompare(rank(b), 'en') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}
