import { z } from 'zod'
import { LINT_CODES } from '../template/template.ts'
import { warning } from './run-schemas.ts'

const count = z.number().int()
const counts = z.record(z.string(), count)

export const shownRequest = z
  .object({
    method: z.string(),
    url: z.string(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })),
    body: z.string().nullable(),
  })
  .meta({ id: 'ShownRequest' })

export const finding = z
  .object({
    code: z.enum(Object.keys(LINT_CODES) as (keyof typeof LINT_CODES)[]),
    file: z.string(),
    line: count,
    column: count,
    message: z.string(),
    excerpt: z.string(),
  })
  .meta({ id: 'Finding' })

export const difference = z
  .object({ file: z.string(), line: count, column: count, printed: z.string(), plain: z.string() })
  .meta({ id: 'Difference' })

/** `run --dry-run --json`. */
export const dryRunReport = z
  .object({
    schema: z.literal(1),
    campaign: z.string(),
    dry_run: z.literal(true),
    is_complete: z.boolean(),
    customers: count,
    would_send: count,
    would_fail: count,
    suppressed: count,
    deliveries: count,
    failures: counts,
    failure_groups: z.array(
      z.object({
        reason: z.string(),
        message: z.string(),
        count,
        rows: z.array(z.object({ customer_id: z.string(), row: count, file: z.string(), line: count.nullable() })),
      }),
    ),
    suppressions: counts,
    duplicates: count,
    missing_attributes: z.array(
      z.object({
        attribute: z.string(),
        customers: count,
        share: z.number(),
        has_fallback: z.boolean(),
        places: z.array(z.string()),
      }),
    ),
    lint: z.array(finding),
    differences_from_jinja: z.array(difference),
    body_bytes: z.object({ p50: count.nullable(), p99: count.nullable(), max: count.nullable() }),
    static_ips: z
      .object({
        pool: z.string(),
        deliveries: count,
        warned_above: count,
        refused_above: count,
        verdict: z.enum(['fine', 'warned', 'refused']),
      })
      .nullable(),
    predicted: z.object({
      duration_ms: z.number(),
      assumed_latency_ms: z.number(),
      concurrency: count,
      per_second: z.number().nullable(),
      limited_by: z.enum(['concurrency', 'rate']),
    }),
    stops: z.array(z.object({ rule: z.string(), chunk: count.nullable(), row: count, message: z.string() })),
    warnings: z.array(warning),
    example: z.object({ customer_id: z.string(), row: count, request: shownRequest }).nullable(),
  })
  .meta({ id: 'DryRunReport' })
