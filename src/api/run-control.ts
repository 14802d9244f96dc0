import { z } from 'zod'
import { ABORTED_REASONS, FAILED_REASONS } from '../campaign/result.ts'
import { cancelRun, checkResumable, pauseRun, prepareReplay } from '../library/library.ts'
import type { ReplayCounts } from '../report/report.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { HookcastError } from '../errors.ts'
import { operation } from './operation.ts'
import { knownRun, reportOf, RUN_PARAMS } from './runs.ts'
import { runReport } from './run-schemas.ts'
import { startOperation } from './start-run.ts'

const count = z.number().int()
const REPLAYED = ['failed', 'aborted'] as const

export const runControlOperations = [
  startOperation,
  operation({
    id: 'pauseRun',
    method: 'post',
    path: '/v1/runs/{run_id}/pause',
    tag: 'Runs',
    summary: 'Let a run finish what is in flight, and stop there',
    description: 'Answers once it has stopped. Works for a run of another process on this machine, too.',
    roles: ['admin', 'operator'],
    params: RUN_PARAMS,
    answer: runReport,
    handle: async ({ params, actor, services, context }) => {
      const { clock, audit } = services
      const { report } = await pauseRun(knownRun(params.run_id, services), { clock, signal: context.req.raw.signal })
      await audit.record(actor, 'run.paused', { subject: params.run_id })
      return report
    },
  }),
  operation({
    id: 'cancelRun',
    method: 'post',
    path: '/v1/runs/{run_id}/cancel',
    tag: 'Runs',
    summary: 'End a run for good: whoever has no result yet is aborted',
    roles: ['admin', 'operator'],
    params: RUN_PARAMS,
    answer: runReport,
    handle: async ({ params, actor, services, context }) => {
      const { clock, audit } = services
      const report = await cancelRun(knownRun(params.run_id, services), { clock, signal: context.req.raw.signal })
      await audit.record(actor, 'run.cancelled', { subject: params.run_id, detail: { aborted: report.aborted } })
      return report
    },
  }),
  operation({
    id: 'resumeRun',
    method: 'post',
    path: '/v1/runs/{run_id}/resume',
    tag: 'Runs',
    summary: 'Go on with a run that was interrupted, paused or aborted',
    description: 'Whoever has no result yet is called, with the same keys; those that failed stay failed.',
    roles: ['admin', 'operator'],
    params: RUN_PARAMS,
    body: z
      .strictObject({
        resend_unknown: z
          .boolean()
          .default(false)
          .describe('Send again what may have arrived longer ago than the receiver remembers keys'),
      })
      .meta({ id: 'Resume' }),
    answer: runReport,
    handle: async ({ params, body, actor, services }) => {
      const run = knownRun(params.run_id, services)
      if (isRunLocked(run.paths)) {
        throw new HookcastError('HOOKCAST_RUN_IN_USE', `The run is going on already: ${run.runId}`)
      }
      checkResumable(run, services.surroundings)
      await services.runs.resume(run, { isUnknownResent: body.resend_unknown })
      await services.audit.record(actor, 'run.resumed', { subject: run.runId })
      return reportOf(run, services)
    },
  }),
  operation({
    id: 'replayRun',
    method: 'post',
    path: '/v1/runs/{run_id}/replay',
    tag: 'Runs',
    summary: 'Start a new run with the customers of an old one that failed or were aborted',
    description:
      'A request that the receiver may have got keeps its key and its bytes. With `count_only` it tells how many they are, and starts nothing.',
    roles: ['admin', 'operator'],
    params: RUN_PARAMS,
    body: z
      .strictObject({
        status: z
          .array(z.enum(REPLAYED))
          .min(1)
          .default([...REPLAYED]),
        reason: z
          .array(z.enum([...FAILED_REASONS, ...ABORTED_REASONS]))
          .min(1)
          .optional(),
        http_status: z
          .array(z.strictObject({ from: count.min(100).max(599), to: count.min(100).max(599) }))
          .min(1)
          .optional()
          .describe('Only these last answers, from and to included'),
        new_keys: z.boolean().default(false).describe('New keys for all, also where the receiver may have the request'),
        count_only: z.boolean().default(false),
        allow_static_ips: z.boolean().default(false).describe('Agree to more than 100,000 requests over static IPs'),
      })
      .meta({ id: 'Replay' }),
    status: 201,
    answer: z
      .object({
        run_id: z.string().nullable().describe('Of the new run; null when none was started'),
        replay_of: z.string(),
        customers: count,
        by_status: z.record(z.string(), count),
        by_reason: z.record(z.string(), count),
        kept: count.describe('Those whose request stays the same, key and bytes'),
        sent_since: count.describe('Left out, as a replay has sent to them before'),
      })
      .meta({ id: 'Replayed' }),
    handle: async ({ params, body, actor, services, context }) => {
      const { status: statuses, reason = null, http_status: httpStatuses = null, new_keys: newKeys } = body
      const old = knownRun(params.run_id, services)
      const filter = { statuses, reasons: reason, httpStatuses, newKeys }
      const { counts, settings, ...request } = prepareReplay(old, services.surroundings, filter)
      if (body.count_only || counts.customers === 0) return replayed(null, old.runId, counts)
      const overuse = { isAllowed: body.allow_static_ips }
      const runId = await services.runs.replay({ ...request, overuse }, { settings })
      const detail = { replay_of: old.runId, customers: counts.customers }
      await services.audit.record(actor, 'run.replayed', { subject: runId, detail })
      context.header('Location', `/v1/runs/${runId}`)
      return replayed(runId, old.runId, counts)
    },
  }),
]

interface Replayed {
  readonly run_id: string | null
  readonly replay_of: string
  readonly customers: number
  readonly by_status: ReplayCounts['byStatus']
  readonly by_reason: ReplayCounts['byReason']
  readonly kept: number
  readonly sent_since: number
}

function replayed(runId: string | null, from: string, counts: ReplayCounts): Replayed {
  const { customers, byStatus, byReason, kept, sentSince } = counts
  return {
    run_id: runId,
    replay_of: from,
    customers,
    by_status: byStatus,
    by_reason: byReason,
    kept,
    sent_since: sentSince,
  }
}
