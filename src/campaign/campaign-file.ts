import { ConfigError, type Problem } from '../errors.ts'
import type { Campaign } from './campaign.ts'
import { CampaignContext } from './campaign-context.ts'
import type { AudienceOverride, CampaignFiles, CampaignSnapshot } from './campaign-folder.ts'
import { type CampaignInput, campaignSchema } from './campaign-schema.ts'
import type { KeyPath } from './key-path.ts'
import { nearestName } from './nearest-name.ts'
import { readCampaign } from './read-campaign.ts'
import type { Environment } from './secret-text.ts'
import type { Settings } from './settings.ts'
import { type Repaired, checkShape } from './shape-problem.ts'
import { webhookSchema } from './webhook-schema.ts'
import { type YamlText, readYaml } from './yaml-text.ts'
import { YamlReader, inFileOrder } from './yaml-reader.ts'

export interface LoadOptions {
  readonly env: Environment
  readonly settings: Settings
  /** `--param`: replace params of the file for this run. */
  readonly params?: Readonly<Record<string, unknown>>
  readonly audience?: AudienceOverride
  /** Under `serve`: only variables that hookcast.yaml lists may be read, and other triggers than now may be named. */
  readonly isService?: boolean
}

export interface LoadedCampaign {
  readonly campaign: Campaign
  readonly snapshot: CampaignSnapshot
}

/**
 * Reads a campaign file, checks it, and fills in every default.
 *
 * From a run's snapshot it gives the very campaign that the run began with: params, audience and project variables are the
 * run's then, templates and certificates are those that were kept. Only secrets and the origin are read anew.
 * @throws {ConfigError} HOOKCAST_CAMPAIGN_INVALID, with all problems at once, in the order of the file.
 */
export function loadCampaign(files: CampaignFiles, options: LoadOptions): LoadedCampaign {
  const { loaded, problems } = inspectCampaign(files, options)
  if (loaded === null || problems.length > 0) throw new ConfigError('HOOKCAST_CAMPAIGN_INVALID', problems)
  return loaded
}

/**
 * Reads a campaign file as far as it goes, so that its templates can be checked along with it.
 *
 * A fitting blank stands in for each part that is wrong; null when the file is no YAML at all.
 */
export function inspectCampaign(
  files: CampaignFiles,
  options: LoadOptions,
): { readonly loaded: LoadedCampaign | null; readonly problems: readonly Problem[] } {
  const { file, folder } = files
  const bytes = files.read(file)
  const { text, problems } = readYaml(bytes, file)
  if (text === null) return { loaded: null, problems }
  const run = runPartOf(files, options)
  const allowed = options.isService === true ? options.settings.env : null
  const reader = new YamlReader(text, { env: options.env, allowed })
  const shape = checkShape(campaignSchema, text, { isHidden, elsewhere: ELSEWHERE })
  reader.reportAll(shape.problems)
  reader.refusePlaceholders(text.value, (path) => isReadFromEnvironment(path, text), PLACES)
  const input = shape.repaired
  checkParams(reader, input, run.params)
  const { settings } = options
  const isService = options.isService === true || files.snapshot !== null
  const context = new CampaignContext({ reader, files, settings, name: input.name ?? '', isService })
  const campaign = readCampaign(context, input, run)
  const origin = files.snapshot?.origin ?? campaign.webhook.origin
  if (origin !== campaign.webhook.origin) {
    const message = `webhook.url was at ${origin} when the run started, and is at ${campaign.webhook.origin} now`
    context.warnings.push({ code: 'origin_changed', message, count: 1 })
  }
  const texts = { [file]: new TextDecoder().decode(bytes), ...context.texts }
  const secrets = [...reader.names].toSorted()
  const snapshot = { version: 1, file, folder, texts, ...run, origin, secrets } as const
  return { loaded: { campaign, snapshot }, problems: inFileOrder(reader.problems) }
}

/** What belongs to the run and not to the file: as it was at its start, when the run has started. */
function runPartOf(
  { snapshot }: CampaignFiles,
  { params, audience, settings }: LoadOptions,
): Pick<CampaignSnapshot, 'params' | 'audience' | 'project'> {
  if (snapshot !== null) return { params: snapshot.params, audience: snapshot.audience, project: snapshot.project }
  return { params: params ?? {}, audience: audience ?? null, project: settings.project }
}

const PLACES = 'auth, headers of type secret, tls and the origin of webhook.url'

const ELSEWHERE = { 'the file': Object.keys(campaignSchema.shape), webhook: Object.keys(webhookSchema.shape) }

/** What may be a secret, or personal: a message about it names its kind only. */
function isHidden(path: KeyPath): boolean {
  const [top, second] = path
  const last = path.at(-1)
  if (top === 'params') return true
  if (top !== 'webhook') return false
  if (second === 'auth') return last !== 'type'
  if (second === 'headers') return path.length > 2 && last !== 'name' && last !== 'type'
  return second === 'url' || second === 'tls'
}

function isReadFromEnvironment(path: KeyPath, text: YamlText): boolean {
  const [top, second, third, fourth] = path
  if (top !== 'webhook') return false
  // The URL has its own check: its origin may read variables, its path may not.
  if (second === 'auth' || second === 'tls' || second === 'url') return path.length === 2
  if (second !== 'headers' || fourth !== 'value') return false
  const headers = (text.value as { webhook: { headers: { type?: unknown }[] } }).webhook.headers
  return headers[Number(third)]?.type === 'secret'
}

/** A mistyped `--param` would otherwise change nothing, silently, for everyone. */
function checkParams(
  reader: YamlReader,
  input: Repaired<CampaignInput>,
  params: Readonly<Record<string, unknown>>,
): void {
  const known = Object.keys(input.params ?? {})
  for (const name of Object.keys(params)) {
    if (known.includes(name)) continue
    const near = nearestName(name, known)
    reader.report(
      ['params'],
      `unknown param: ${name}, ${near === null ? 'the file has no such one under params' : `did you mean ${near}?`}`,
    )
  }
}
