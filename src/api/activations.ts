import { z } from 'zod'
import { ApiError } from '../errors.ts'
import { instantOf } from '../report/report.ts'
import type { KnownCampaign } from '../trigger/campaigns.ts'
import { CAMPAIGN_PARAMS } from './campaigns.ts'
import { operation } from './operation.ts'
import type { ApiServices } from './services.ts'

const version = z.number().int().min(1)

const shape = z
  .object({
    campaign: z.string().describe('As its file names it'),
    active_version: version.nullable().describe('Null while nothing starts it by itself'),
    activated_at: z.iso.datetime().nullable(),
    activated_by: z.string().nullable(),
    current_version: version.nullable().describe('What its files are now; null while they have problems'),
    next_due_at: z.iso.datetime().nullable().describe('Of its schedule'),
  })
  .meta({ id: 'Activation' })

export const activationOperations = [
  operation({
    id: 'getActivation',
    method: 'get',
    path: '/v1/campaigns/{campaign}/activation',
    tag: 'Campaigns',
    summary: 'Which version of a campaign starts by itself, and when next',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    params: CAMPAIGN_PARAMS,
    answer: shape,
    handle: async ({ params, services }) => {
      const { campaigns } = startersOf(services)
      return shown(await campaigns.get(params.campaign), services)
    },
  }),
  operation({
    id: 'activateCampaign',
    method: 'post',
    path: '/v1/campaigns/{campaign}/activate',
    tag: 'Campaigns',
    summary: 'Let a campaign start by itself, as its files are now',
    description: 'A version of before when it is named. Files that change later wait for another activation.',
    roles: ['admin', 'operator'],
    params: CAMPAIGN_PARAMS,
    body: z.strictObject({ version: version.optional() }).meta({ id: 'Activate' }),
    answer: shape,
    handle: async ({ params, body, actor, services }) => {
      const { campaigns } = startersOf(services)
      const wanted = body.version === undefined ? {} : { version: body.version }
      const known = await campaigns.activate(params.campaign, { by: actor.name, ...wanted })
      const detail = { version: known.active?.version ?? null }
      await services.audit.record(actor, 'campaign.activated', { subject: known.name, detail })
      return shown(known, services)
    },
  }),
  operation({
    id: 'deactivateCampaign',
    method: 'post',
    path: '/v1/campaigns/{campaign}/deactivate',
    tag: 'Campaigns',
    summary: 'Let a campaign start by itself no more; what has begun goes on',
    roles: ['admin', 'operator'],
    params: CAMPAIGN_PARAMS,
    answer: shape,
    handle: async ({ params, actor, services }) => {
      const { campaigns } = startersOf(services)
      const known = await campaigns.deactivate(params.campaign, actor.name)
      await services.audit.record(actor, 'campaign.deactivated', { subject: known.name })
      return shown(known, services)
    },
  }),
]

/** @throws {ApiError} HOOKCAST_API_UNKNOWN, where nothing starts campaigns. */
export function startersOf({ starters }: ApiServices): NonNullable<ApiServices['starters']> {
  if (starters !== null) return starters
  throw new ApiError('HOOKCAST_API_UNKNOWN', 'This service starts no campaign by itself', { status: 404 })
}

function shown({ name, active, current, activation }: KnownCampaign, services: ApiServices): z.output<typeof shape> {
  return {
    campaign: name,
    active_version: active?.version ?? null,
    activated_at: active === null ? null : instantOf(activation?.activatedAt ?? null),
    activated_by: active === null ? null : (activation?.activatedBy ?? null),
    current_version: current?.version ?? null,
    next_due_at: instantOf(services.starters?.nextDue(name) ?? null),
  }
}
