import { z } from 'zod'
import { RESULT_STATUSES, RUN_STATES } from '../campaign/result.ts'

const count = z.number().int()
const counts = z.record(z.string(), count)
const instant = z.iso.datetime()

const customerCounts = {
  customers: count.describe('`sent` + `failed` + `aborted` + `suppressed` + `waiting` + `pending`'),
  sent: count,
  failed: count,
  aborted: count,
  suppressed: count,
  waiting: count.describe('For a retry'),
  pending: count.describe('Not begun'),
}
const state = z.enum(RUN_STATES).describe('Later versions may have more')

export const warning = z.object({ code: z.string(), message: z.string(), count }).meta({ id: 'Warning' })

/** How a run stands: `report --format json`. */
export const runReport = z
  .object({
    schema: z.literal(1),
    run_id: z.string(),
    campaign: z.string(),
    state,
    started_at: instant.nullable(),
    finished_at: instant.nullable(),
    next_retry_at: instant.nullable(),
    duration_ms: count.nullable(),
    ...customerCounts,
    deliveries: count.describe('With at least one attempt'),
    attempts: count,
    codes: counts.describe('Attempts by status, or how there was none'),
    failures: counts.describe('Failed customers by reason'),
    latency_ms: z.object({
      p50: z.number().nullable(),
      p95: z.number().nullable(),
      p99: z.number().nullable(),
      max: z.number().nullable(),
    }),
    slow_responses: count,
    instant_retries: count,
    in_doubt: count,
    already_accepted: count,
    lowest_concurrency: count,
    resumed: count,
    answers_overridden: counts,
    aborts: z.array(
      z
        .object({
          rule: z.string(),
          scope: z.enum(['chunk', 'webhook']),
          chunk: count.nullable(),
          http_status: count.nullable(),
          at: instant,
          message: z.string(),
          samples: z.array(z.string()).describe('Empty for whoever may not see customers'),
        })
        .meta({ id: 'Abort' }),
    ),
    warnings: z.array(warning),
  })
  .meta({ id: 'Run' })

export const runSummary = z
  .union([
    z.object({
      run_id: z.string(),
      campaign: z.string(),
      state,
      started_at: instant.nullable(),
      ...customerCounts,
    }),
    z
      .object({ run_id: z.string(), error: z.object({ code: z.string(), message: z.string() }) })
      .describe('A run whose folder cannot be read'),
  ])
  .meta({ id: 'RunSummary' })

export const runProgress = z
  .object({
    run_id: z.string(),
    state,
    customers: count.describe('Known so far'),
    audience_complete: z.boolean(),
    sent: count,
    failed: count,
    aborted: count,
    suppressed: count,
    in_flight: count.describe('The most lately'),
    per_second: z.number().nullable(),
    next_retry_at: instant.nullable(),
  })
  .meta({ id: 'Progress' })

export const resultRecord = z
  .object({
    customer_id: z.string(),
    status: z.enum(RESULT_STATUSES),
    reason: z.string().nullable(),
    run_id: z.string(),
    campaign: z.string(),
    chunk: count,
    seq: count,
    request_id: z.string(),
    attempts: count,
    http_status: count.nullable(),
    error_code: z.string().nullable(),
    message: z.string().nullable(),
    result_code: z.string().nullable(),
    result_status: z.string().nullable(),
    in_doubt: z.boolean(),
    abort_rule: z.string().nullable(),
    latency_ms: count.nullable(),
    batch_size: count,
    occurred_at: instant,
    properties: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Result' })
