import { z } from 'zod'
import { mayReadPersonalData } from '../access/access.ts'
import { RUN_STATES } from '../campaign/result.ts'
import { RUN_ID_PATTERN } from '../campaign/run-id.ts'
import { ApiError } from '../errors.ts'
import { isRunLocked, listRunIds } from '../ledger/run-folder.ts'
import { findKnownRun, type KnownRun } from '../library/library.ts'
import { readReport, readRun, type RunReport, type RunSummary } from '../report/report.ts'
import { operation } from './operation.ts'
import { nextCursor, PAGE_QUERY } from './page.ts'
import { runReport, runSummary } from './run-schemas.ts'
import type { ApiServices } from './services.ts'

/** Ids are whole here: a beginning of one is for people who type. */
export const RUN_PARAMS = { run_id: z.string().regex(RUN_ID_PATTERN) }

export const runOperations = [
  operation({
    id: 'listRuns',
    method: 'get',
    path: '/v1/runs',
    tag: 'Runs',
    summary: 'The runs, newest first',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    query: {
      ...PAGE_QUERY,
      campaign: z.string().max(200).optional().describe('Only those of the campaign of this name'),
      state: z.enum(RUN_STATES).optional().describe('Only those in this state'),
    },
    answer: z.object({ runs: z.array(runSummary), next_cursor: nextCursor }).meta({ id: 'RunPage' }),
    handle: async ({ query: { limit, cursor, ...filter }, services: { settings } }) => {
      const runs: RunSummary[] = []
      for (const runId of listRunIds(settings.data)) {
        if (cursor !== undefined && runId >= cursor) continue
        const run = readRun(settings.data, runId)
        if (!isWanted(run, filter)) continue
        if (runs.length === limit) return { runs, next_cursor: runs.at(-1)!.run_id }
        runs.push(run)
      }
      return { runs, next_cursor: null }
    },
  }),
  operation({
    id: 'getRun',
    method: 'get',
    path: '/v1/runs/{run_id}',
    tag: 'Runs',
    summary: 'How a run stands, or went',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    params: RUN_PARAMS,
    answer: runReport,
    handle: async ({ params, actor, services }) => {
      const report = reportOf(knownRun(params.run_id, services), services)
      return mayReadPersonalData(actor) ? report : withoutSamples(report)
    },
  }),
  operation({
    id: 'getRunCampaign',
    method: 'get',
    path: '/v1/runs/{run_id}/campaign',
    tag: 'Runs',
    summary: 'The campaign as it was when a run began',
    description: 'What the run goes by, also when files have changed since. Names of secrets, never values.',
    roles: ['admin', 'editor', 'operator', 'viewer'],
    params: RUN_PARAMS,
    answer: z
      .object({
        file: z.string(),
        params: z.record(z.string(), z.unknown()).describe('Those replaced for this run'),
        files: z.record(z.string(), z.string()).describe('The campaign file and what it names, by path'),
        secrets: z.array(z.string()).describe('Environment variables that it reads'),
      })
      .meta({ id: 'RunCampaign' }),
    handle: async ({ params, services }) => {
      const { file, params: replaced, texts, secrets } = knownRun(params.run_id, services).snapshot.campaign
      return { file, params: replaced, files: texts, secrets }
    },
  }),
]

/** @throws {HookcastError} HOOKCAST_RUN_UNKNOWN. */
export function knownRun(runId: string, { surroundings, settings }: ApiServices): KnownRun {
  if (!listRunIds(settings.data).includes(runId)) {
    throw new ApiError('HOOKCAST_RUN_UNKNOWN', `No such run: ${runId}`, { status: 404 })
  }
  return findKnownRun(runId, surroundings)
}

export function reportOf({ paths }: KnownRun, { clock }: ApiServices): RunReport {
  return readReport(paths, { isLocked: isRunLocked(paths), clock })
}

/** What a receiver was sent, and said, may name customers. */
function withoutSamples(report: RunReport): RunReport {
  return { ...report, aborts: report.aborts.map((abort) => ({ ...abort, samples: [] })) }
}

function isWanted(
  run: RunSummary,
  { campaign, state }: { readonly campaign?: string | undefined; readonly state?: string | undefined },
): boolean {
  if ('error' in run) return campaign === undefined && state === undefined
  return (campaign ?? run.campaign) === run.campaign && (state ?? run.state) === run.state
}
