import { relative } from 'node:path'
import { z } from 'zod'
import { inspectCampaign } from '../campaign/campaign-file.ts'
import type { Campaign, Trigger } from '../campaign/campaign.ts'
import { ConfigError } from '../errors.ts'
import { CAMPAIGN_NAME } from '../campaign/campaign-folders.ts'
import { operation } from './operation.ts'
import { nextCursor, PAGE_QUERY, pageOf } from './page.ts'
import { shownProblem } from './problem.ts'
import type { ApiServices } from './services.ts'

export const CAMPAIGN_PARAMS = {
  campaign: z.string().regex(CAMPAIGN_NAME).describe("The name of the campaign's folder"),
}

export const problem = z
  .object({
    file: z.string(),
    line: z.number().int().nullable(),
    column: z.number().int().nullable(),
    message: z.string(),
  })
  .meta({ id: 'CampaignProblem' })

const facts = {
  campaign: z.string().describe("The name of the campaign's folder, by which it is called here"),
  name: z.string().nullable().describe('As the file has it; null when that cannot be read'),
  trigger: z.enum(['now', 'schedule', 'event']).nullable(),
  problems: z.array(problem).describe('Of the campaign file alone: `validate` looks at all of it'),
}

export const campaignOperations = [
  operation({
    id: 'listCampaigns',
    method: 'get',
    path: '/v1/campaigns',
    tag: 'Campaigns',
    summary: 'The campaigns, in the order of the alphabet',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    query: PAGE_QUERY,
    answer: z
      .object({ campaigns: z.array(z.object(facts).meta({ id: 'CampaignSummary' })), next_cursor: nextCursor })
      .meta({ id: 'CampaignPage' }),
    handle: async ({ query: { limit, cursor = '' }, services }) => {
      const names = services.campaigns.names().filter((name) => name > cursor)
      const { entries, next_cursor } = pageOf(names, limit, (name) => name)
      return { campaigns: entries.map((name) => inspected(name, services).facts), next_cursor }
    },
  }),
  operation({
    id: 'getCampaign',
    method: 'get',
    path: '/v1/campaigns/{campaign}',
    tag: 'Campaigns',
    summary: 'A campaign: what it calls, for whom and when, and its files',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    params: CAMPAIGN_PARAMS,
    answer: z
      .object({
        ...facts,
        schedule: z.object({ cron: z.string(), timezone: z.string() }).nullable(),
        event: z.string().nullable().describe('The event type that triggers it'),
        webhook: z.object({ method: z.string(), url: z.string() }).nullable().describe('As written, unrendered'),
        audience: z.string().nullable().describe("Relative to the campaign's folder; null when it comes otherwise"),
        params: z.record(z.string(), z.unknown()),
        files: z
          .record(z.string(), z.string())
          .describe(
            'The campaign file and what it names, by path; none while there are problems, which may be a secret',
          ),
      })
      .meta({ id: 'Campaign' }),
    handle: async ({ params, services }) => {
      const { facts, campaign, folder, texts } = inspected(params.campaign, services)
      const { trigger = null } = campaign ?? {}
      return {
        ...facts,
        schedule: scheduleOf(trigger),
        event: trigger?.kind === 'event' ? trigger.type : null,
        webhook:
          campaign === null
            ? null
            : { method: campaign.webhook.method, url: campaign.webhook.origin + campaign.webhook.path.text },
        audience: campaign === null || !hasAudience(campaign) ? null : relative(folder, campaign.audience.path),
        params: campaign?.params ?? {},
        files: texts,
      }
    },
  }),
]

/** False for one that reads standard input, or takes customers from events alone. */
export function hasAudience({ audience: { path } }: Campaign): boolean {
  return path !== '' && path !== '-'
}

interface Inspected {
  readonly facts: {
    readonly campaign: string
    readonly name: string | null
    readonly trigger: Trigger['kind'] | null
    readonly problems: ConfigError['problems']
  }
  /** Null when the file has problems: blanks would stand in for what is wrong. */
  readonly campaign: Campaign | null
  readonly folder: string
  readonly texts: Readonly<Record<string, string>>
}

/** Reads a campaign file as far as it goes; a file that cannot be read is a problem of it, and hides no other campaign. */
function inspected(name: string, { campaigns, surroundings }: ApiServices): Inspected {
  const files = campaigns.filesOf(name)
  try {
    const { loaded, problems } = inspectCampaign(files, {
      env: surroundings.env,
      settings: surroundings.settings(files.folder),
      isService: surroundings.isService === true,
    })
    const campaign = problems.length === 0 ? (loaded?.campaign ?? null) : null
    return {
      facts: { campaign: name, name: campaign?.name ?? null, trigger: campaign?.trigger.kind ?? null, problems },
      campaign,
      folder: files.folder,
      // A secret that was written where none may be is one of the problems.
      texts: campaign === null ? {} : (loaded?.snapshot.texts ?? {}),
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const facts = { campaign: name, name: null, trigger: null, problems: error.problems.map(shownProblem) }
    return { facts, campaign: null, folder: files.folder, texts: {} }
  }
}

function scheduleOf(trigger: Trigger | null): { readonly cron: string; readonly timezone: string } | null {
  if (trigger?.kind !== 'schedule') return null
  const { cron, timezone } = trigger
  return { cron, timezone }
}
