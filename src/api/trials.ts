import { Readable } from 'node:stream'
import { z } from 'zod'
import { inspectCampaign } from '../campaign/campaign-file.ts'
import { lintWithAudience } from '../check/campaign-reading.ts'
import { checkAll, checkCampaign, type Checked } from '../check/check.ts'
import { ApiError, ConfigError, HookcastError } from '../errors.ts'
import { testRecordFrom } from '../library/library.ts'
import { dryRun, findSampleRow, tryDelivery, type TriedDelivery, type Wanted } from '../trial/trial.ts'
import { CAMPAIGN_PARAMS, hasAudience, problem } from './campaigns.ts'
import { shownProblem } from './problem.ts'
import { operation, type Taken } from './operation.ts'
import { warning } from './run-schemas.ts'
import { dryRunReport, finding, difference, shownRequest } from './trial-schemas.ts'

const count = z.number().int()
const params = z.record(z.string(), z.unknown()).default({}).describe('Replace params of the campaign')
const whom = {
  row: count.min(1).optional().describe('The customer in that row of the audience, counted from 1. Default: 1'),
  customer_id: z.string().min(1).max(1000).optional().describe('The customer of that id, in place of a row'),
  params,
}

export const trialOperations = [
  operation({
    id: 'validateCampaign',
    method: 'post',
    path: '/v1/campaigns/{campaign}/validate',
    tag: 'Campaigns',
    summary: 'Everything that a run would check first, and nothing else',
    roles: ['admin', 'editor', 'operator'],
    isHarmless: true,
    params: CAMPAIGN_PARAMS,
    body: z.strictObject({ params }).meta({ id: 'Validate' }),
    answer: z
      .object({
        is_valid: z.boolean(),
        problems: z.array(problem),
        more: count.describe('Problems beyond those listed'),
        warnings: z.array(warning),
        audience: z
          .object({ customers: count, duplicates: count, suppressed: z.record(z.string(), count) })
          .nullable()
          .describe('Null when there are problems, or no audience'),
      })
      .meta({ id: 'Validation' }),
    handle: async ({ params, body, services, context }) => {
      const { campaigns, surroundings } = services
      const files = campaigns.filesOf(params.campaign)
      const settings = surroundings.settings(files.folder)
      const { env, isService = false } = surroundings
      const { signal } = context.req.raw
      const options = { env, settings, isService, params: body.params }
      try {
        const { loaded } = inspectCampaign(files, options)
        if (loaded !== null && !hasAudience(loaded.campaign)) {
          const { warnings } = checkCampaign(files, options).campaign
          return { is_valid: true, problems: [], more: 0, warnings, audience: null }
        }
        const { campaign, audience } = await checkAll(files, { ...options, signal })
        const { rows, duplicates, suppressed, warnings } = audience
        return {
          is_valid: true,
          problems: [],
          more: 0,
          warnings: [...campaign.warnings, ...warnings],
          audience: { customers: rows, duplicates, suppressed },
        }
      } catch (error) {
        if (!(error instanceof ConfigError) || error.code === 'HOOKCAST_CONFIG_INVALID') throw error
        return {
          is_valid: false,
          problems: error.problems.map(shownProblem),
          more: error.more,
          warnings: [],
          audience: null,
        }
      }
    },
  }),
  operation({
    id: 'previewCampaign',
    method: 'post',
    path: '/v1/campaigns/{campaign}/preview',
    tag: 'Campaigns',
    summary: 'The request for one customer; nothing is sent',
    roles: ['admin', 'editor', 'operator'],
    isPersonal: true,
    isHarmless: true,
    params: CAMPAIGN_PARAMS,
    body: z
      .strictObject({ ...whom, lint: z.boolean().default(false).describe('Look for what is seldom meant, too') })
      .meta({ id: 'Preview' }),
    answer: z
      .object({
        row: count,
        customer_id: z.string(),
        status: z.enum(['ready', 'suppressed', 'failed']),
        reason: z.string().nullable(),
        message: z.string().nullable(),
        request: shownRequest.nullable().describe('Secrets are masked; null when there is none'),
        findings: z.array(finding),
        differences: z.array(difference).describe('Where the body prints otherwise than plain Jinja2'),
      })
      .meta({ id: 'Previewed' }),
    handle: async (taken) => {
      const { checked, tried } = await tryOne(taken, 'rehearsal')
      const { seq, customerId, verdict, request, differences } = tried
      const { signal } = taken.context.req.raw
      return {
        row: seq + 1,
        customer_id: customerId,
        ...(verdict.kind === 'called'
          ? ({ status: 'ready', reason: null, message: null } as const)
          : { status: verdict.kind, reason: verdict.reason, message: verdict.message }),
        request,
        findings: taken.body.lint ? await lintWithAudience(checked.campaign, { signal }) : [],
        differences,
      }
    },
  }),
  operation({
    id: 'testCampaign',
    method: 'post',
    path: '/v1/campaigns/{campaign}/test',
    tag: 'Campaigns',
    summary: 'One real request for one customer',
    description:
      'The receiver gets it, marked with `X-Hookcast-Test: 1` and under a key of its own; it is never repeated, and no run is kept. A repeat under the same `Idempotency-Key` sends nothing, and tells without the customer how the first one went.',
    roles: ['admin', 'editor', 'operator'],
    isPersonal: true,
    params: CAMPAIGN_PARAMS,
    body: z.strictObject(whom).meta({ id: 'Test' }),
    answer: z
      .object({
        schema: z.literal(1),
        campaign: z.string(),
        row: count,
        customer_id: z.string().nullable(),
        request_id: z.string(),
        request: shownRequest.nullable(),
        answer: z
          .object({
            http_status: count.nullable(),
            headers: z.record(z.string(), z.string()),
            body: z.string(),
            is_truncated: z.boolean(),
          })
          .nullable(),
        code: z.string().nullable(),
        latency_ms: count.nullable(),
        status: z.enum(['sent', 'failed', 'suppressed']).nullable().describe('Null while a run would try again'),
        reason: z.string().nullable(),
        judged: z.string().nullable().describe('What a run would do, in words'),
        properties: z.record(z.string(), z.unknown()),
        warning: z.string().nullable(),
      })
      .meta({ id: 'Tested' }),
    // What is remembered for repeats would be out of reach for an erasure.
    kept: (tested) => ({
      ...tested,
      customer_id: null,
      request: null,
      answer: null,
      judged: null,
      properties: {},
      warning: null,
    }),
    handle: async (taken) => {
      const { checked, tried } = await tryOne(taken, 'test')
      const { audit } = taken.services
      await audit.record(taken.actor, 'campaign.tested', { subject: taken.params.campaign })
      return testRecordFrom(tried, checked.campaign)
    },
  }),
  operation({
    id: 'dryRunCampaign',
    method: 'post',
    path: '/v1/campaigns/{campaign}/dry-run',
    tag: 'Campaigns',
    summary: 'Render for the whole audience, send nothing, and tell what a run would do',
    roles: ['admin', 'editor', 'operator'],
    isPersonal: true,
    isHarmless: true,
    params: CAMPAIGN_PARAMS,
    body: z
      .strictObject({
        params,
        limit: count.min(1).nullish().describe('Customers to look at, from the first'),
        skip_bad_rows: z.boolean().default(false),
      })
      .meta({ id: 'DryRun' }),
    answer: dryRunReport,
    handle: async ({ params, body, services, context }) => {
      const { checked, host, settings } = prepared({ params, body, services })
      return await dryRun(
        {
          campaign: checked.campaign,
          skipsBadRows: body.skip_bad_rows,
          limit: body.limit ?? null,
          stdin: Readable.from([]),
          onProgress: () => undefined,
        },
        { ...host, senders: services.surroundings.senders(settings), signal: context.req.raw.signal },
      )
    },
  }),
]

type Trial = Pick<
  Taken<{ readonly campaign: string }, unknown, { readonly params: Readonly<Record<string, unknown>> }>,
  'params' | 'body' | 'services'
>

function prepared({ params, body, services: { campaigns, surroundings } }: Trial): {
  readonly checked: Checked
  readonly settings: ReturnType<typeof surroundings.settings>
  readonly host: Pick<typeof surroundings, 'env'> &
    typeof surroundings.wiring & { readonly settings: ReturnType<typeof surroundings.settings> }
} {
  const files = campaigns.filesOf(params.campaign)
  const settings = surroundings.settings(files.folder)
  const { env, wiring, isService = false } = surroundings
  const checked = checkCampaign(files, { env, settings, isService, params: body.params })
  if (!hasAudience(checked.campaign)) {
    const message = 'The campaign has no audience of its own to take customers from'
    throw new ApiError('HOOKCAST_API_REQUEST', message, { status: 422 })
  }
  return { checked, settings, host: { ...wiring, env, settings } }
}

async function tryOne(
  taken: Trial & {
    readonly body: { readonly row?: number | undefined; readonly customer_id?: string | undefined }
    readonly context: Taken<unknown, unknown, unknown>['context']
  },
  purpose: 'rehearsal' | 'test',
): Promise<{ readonly checked: Checked; readonly tried: TriedDelivery }> {
  const { row = 1, customer_id: customerId } = taken.body
  const { checked, host } = prepared(taken)
  const { campaign } = checked
  const { signal } = taken.context.req.raw
  const wanted: Wanted = customerId === undefined ? { row } : { customerId }
  const sample = await findSampleRow(campaign, wanted, { stdin: Readable.from([]), signal })
  if (sample !== null)
    return { checked, tried: await tryDelivery(campaign, sample, { purpose, host: { ...host, signal } }) }
  throw new HookcastError('HOOKCAST_USAGE', `The audience has no such ${customerId === undefined ? 'row' : 'customer'}`)
}
