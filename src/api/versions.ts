import { z } from 'zod'
import { instantOf } from '../report/report.ts'
import { startersOf } from './activations.ts'
import { CAMPAIGN_PARAMS } from './campaigns.ts'
import { operation } from './operation.ts'

const number = z.number().int().min(1)
const instant = z.iso.datetime()
const READERS = ['admin', 'editor', 'operator', 'viewer'] as const

export const versionOperations = [
  operation({
    id: 'listVersions',
    method: 'get',
    path: '/v1/campaigns/{campaign}/versions',
    tag: 'Campaigns',
    summary: 'What the files of a campaign said, each time they had changed, and when which of it was active',
    roles: READERS,
    params: CAMPAIGN_PARAMS,
    answer: z
      .object({
        versions: z.array(
          z
            .object({
              version: number,
              made_at: instant,
              is_active: z.boolean(),
              files: z.array(z.string()).describe('By path'),
            })
            .meta({ id: 'CampaignVersion' }),
        ),
        history: z.array(
          z.object({
            version: number,
            activated_at: instant,
            activated_by: z.string(),
            deactivated_at: instant.nullable(),
            deactivated_by: z.string().nullable(),
          }),
        ),
      })
      .meta({ id: 'CampaignVersions' }),
    handle: async ({ params, services }) => {
      const { campaigns } = startersOf(services)
      const { name } = await campaigns.get(params.campaign)
      return {
        versions: campaigns.versions.list(name).map(({ version, madeAt, isActive, snapshot }) => ({
          version,
          made_at: new Date(madeAt).toISOString(),
          is_active: isActive,
          files: Object.keys(snapshot.texts),
        })),
        history: campaigns.history(name).map(({ version, activatedAt, activatedBy, deactivatedAt, deactivatedBy }) => ({
          version,
          activated_at: new Date(activatedAt).toISOString(),
          activated_by: activatedBy,
          deactivated_at: instantOf(deactivatedAt),
          deactivated_by: deactivatedBy,
        })),
      }
    },
  }),
  operation({
    id: 'diffVersions',
    method: 'get',
    path: '/v1/campaigns/{campaign}/diff',
    tag: 'Campaigns',
    summary: 'What changed from one version of a campaign to another, as `diff -u` shows it',
    roles: READERS,
    params: CAMPAIGN_PARAMS,
    query: { from: z.coerce.number().int().min(1), to: z.coerce.number().int().min(1) },
    answer: z.object({ from: number, to: number, diff: z.string() }).meta({ id: 'VersionDiff' }),
    handle: async ({ params, query: { from, to }, services }) => {
      const { campaigns } = startersOf(services)
      const { name } = await campaigns.get(params.campaign)
      return { from, to, diff: campaigns.diff(name, from, to) }
    },
  }),
]
