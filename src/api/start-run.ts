import { z } from 'zod'
import type { AudienceOverride } from '../campaign/campaign-folder.ts'
import { checkCampaign } from '../check/check.ts'
import { ApiError } from '../errors.ts'
import type { RunLimit } from '../runner/runner.ts'
import { CAMPAIGN_PARAMS, hasAudience } from './campaigns.ts'
import { operation } from './operation.ts'

const limit = z.number().int().min(1).describe('Interrupt the run after so many customers')
const pauseAfter = z
  .union([z.number().int().min(1), z.string().regex(/^(?:100|\d{1,2})(?:\.\d+)?%$/)])
  .describe('Pause the run after so many customers, or a share of them such as 1%')

const start = z
  .strictObject({
    audience: z
      .string()
      .min(1)
      .max(1000)
      .optional()
      .describe("A file in the campaign's folder, in place of the campaign's own audience"),
    format: z.enum(['ndjson', 'csv', 'tsv']).optional().describe("By the file's name, when left out"),
    params: z.record(z.string(), z.unknown()).optional().describe('Replace params of the campaign for this run'),
    limit: limit.optional(),
    pause_after: pauseAfter.optional(),
    skip_bad_rows: z.boolean().optional().describe('Record rows that cannot be read as failed, and go on'),
    allow_static_ips: z.boolean().optional().describe('Agree to more than 100,000 requests over static IPs'),
  })
  .meta({ id: 'RunStart' })

const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()

/** The same for uploads, whose body is the audience. */
const QUERY = {
  params: z.string().max(20_000).optional().describe('As JSON'),
  limit: z.coerce.number().int().min(1).optional(),
  pause_after: z.string().max(20).optional(),
  skip_bad_rows: flag,
  allow_static_ips: flag,
}

export const startOperation = operation({
  id: 'startRun',
  method: 'post',
  path: '/v1/campaigns/{campaign}/runs',
  tag: 'Runs',
  summary: 'Start a run',
  description:
    "Checks the campaign and every row of its audience, and answers once the run has begun. The body says how, as JSON; or it is the audience, of any size, as NDJSON, CSV or TSV (`Content-Encoding: gzip` is taken), and the query says how. Without a body the campaign's own audience is called.",
  roles: ['admin', 'operator'],
  params: CAMPAIGN_PARAMS,
  query: QUERY,
  body: start,
  uploads: { 'application/x-ndjson': 'ndjson', 'text/csv': 'csv', 'text/tab-separated-values': 'tsv' },
  status: 201,
  answer: z.object({ run_id: z.string() }).meta({ id: 'StartedRun' }),
  refuse: ({ campaign }, { campaigns }) => void campaigns.filesOf(campaign),
  handle: async ({ params, query, body, upload, actor, services, context }) => {
    const { surroundings, campaigns, runs, audit } = services
    const files = campaigns.filesOf(params.campaign)
    const settings = surroundings.settings(files.folder)
    const wanted = { ...body, ...definedOf(query), ...paramsOf(query.params) }
    const audience: AudienceOverride | null =
      upload ??
      (body.audience === undefined && body.format === undefined
        ? null
        : { path: body.audience === undefined ? null : files.locate(body.audience), format: body.format })
    const { campaign, snapshot } = checkCampaign(files, {
      env: surroundings.env,
      settings,
      isService: surroundings.isService === true,
      params: wanted.params ?? {},
      ...(audience === null ? {} : { audience: { path: audience.path, format: audience.format } }),
    })
    if (!hasAudience(campaign) && campaign.trigger.kind !== 'event') {
      const message = 'The campaign has no audience of its own: send the customers as the body of the request'
      throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 422 })
    }
    const runId = await runs.start(
      {
        campaign,
        snapshot,
        isStreamed: false,
        skipsBadRows: wanted.skip_bad_rows === true,
        overuse: { isAllowed: wanted.allow_static_ips === true },
      },
      { settings, until: limitFrom(wanted.limit, wanted.pause_after) },
    )
    const detail = { campaign: params.campaign, is_upload: upload !== null }
    await audit.record(actor, 'run.started', { subject: runId, detail })
    context.header('Location', `/v1/runs/${runId}`)
    return { run_id: runId }
  },
})

function definedOf<T extends object>({ ...query }: T): Omit<{ [K in keyof T]?: NonNullable<T[K]> }, 'params'> {
  const entries = Object.entries(query).filter(([key, value]) => key !== 'params' && value !== undefined)
  return Object.fromEntries(entries) as Omit<{ [K in keyof T]?: NonNullable<T[K]> }, 'params'>
}

function paramsOf(text: string | undefined): { readonly params?: Readonly<Record<string, unknown>> } {
  if (text === undefined) return {}
  const result = z.record(z.string(), z.unknown()).safeParse(jsonOf(text))
  if (result.success) return { params: result.data }
  const message = 'expected `params` to be a JSON object, got something else'
  throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 400, problems: [{ at: 'params', message }] })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function limitFrom(limit: number | undefined, pauseAfter: number | string | undefined): RunLimit | null {
  if (limit !== undefined && pauseAfter !== undefined) {
    const message = 'contradicting keys: `limit` and `pause_after`'
    throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 400, problems: [{ at: 'pause_after', message }] })
  }
  if (limit !== undefined) return { state: 'interrupted', rows: limit }
  if (pauseAfter === undefined) return null
  const text = String(pauseAfter)
  const number = Number(text.replace(/%$/, ''))
  const isShare = text.endsWith('%')
  if (isShare ? number > 0 && number <= 100 : Number.isSafeInteger(number) && number >= 1) {
    return { state: 'paused', rows: isShare ? { share: number / 100 } : number }
  }
  const message = 'expected `pause_after` to be a number of customers or a share such as 1%, got something else'
  throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 400, problems: [{ at: 'pause_after', message }] })
}
