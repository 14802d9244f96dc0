import type { Campaign } from '../campaign/campaign.ts'
import type { Outcome } from '../campaign/outcome.ts'
import { formatSpan } from '../report/report.ts'
import type { ShownRequest, TriedDelivery } from '../trial/trial.ts'

/** What a test request came to. */
export interface TrialResult {
  /** What the customer would be after this one attempt; null while a run would try again. */
  readonly status: 'sent' | 'failed' | 'suppressed' | null
  readonly reason: string | null
  /** What a run would do, in words. */
  readonly judged: string
}

/** Judges a test request as a run would, in words, too. */
export function judgeTrial({ verdict }: TriedDelivery, campaign: Campaign): TrialResult {
  if (verdict.kind === 'called') return judged(verdict.outcome, campaign)
  const { kind: status, reason, message } = verdict
  return { status, reason, judged: `${status} (${reason}), nothing was sent${message === null ? '' : `: ${message}`}` }
}

function judged(outcome: Outcome, { webhook: { retry, abort } }: Campaign): TrialResult {
  switch (outcome.kind) {
    case 'sent':
      return { status: 'sent', reason: null, judged: 'sent' }
    case 'refused':
      return {
        status: 'failed',
        reason: outcome.reason,
        judged: `failed (${outcome.reason}), and the run would go on${said(outcome.words.message)}`,
      }
    case 'stop':
      return {
        status: 'failed',
        reason: outcome.reason,
        judged: `failed (${outcome.reason}), and ${stopped(outcome, abort.clientError)}${said(outcome.words.message)}`,
      }
    case 'retry': {
      const [firstMs] = retry.delaysMs
      const again =
        firstMs === undefined ? 'a run would not try again' : `a run would try again after ${formatSpan(firstMs)}`
      const cause = outcome.cause.replaceAll('_', ' ')
      return { status: null, reason: outcome.cause, judged: `not sent (${cause}): ${again}${said(outcome.message)}` }
    }
    case 'local':
      return { status: null, reason: 'local', judged: `not sent, for trouble of this machine: ${outcome.message}` }
  }
}

function stopped({ scope }: Extract<Outcome, { kind: 'stop' }>, limit: number | 'never'): string {
  if (scope === 'webhook') return 'the run would stop: every chunk of it'
  if (limit === 'never') return 'the run would go on, as `abort.client_error` is never'
  return limit === 1 ? 'the run would stop this chunk' : `the run would stop this chunk after ${limit} of these`
}

function said(message: string | null): string {
  return message === null || message === '' ? '' : `; it says: ${message}`
}

/** One test request, with what came back: exactly the JSON of `test --json`. Secrets are masked. */
export interface TestRecord extends TrialResult {
  readonly schema: 1
  readonly campaign: string
  readonly row: number
  readonly customer_id: string
  readonly request_id: string
  readonly request: ShownRequest | null
  readonly answer: {
    readonly http_status: number | null
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly is_truncated: boolean
  } | null
  readonly code: string | null
  readonly latency_ms: number | null
  readonly properties: Readonly<Record<string, unknown>>
  readonly warning: string | null
}

export function testRecordFrom(tried: TriedDelivery, campaign: Campaign): TestRecord {
  const { seq, customerId, requestId, request, answer, httpStatus, code, latencyMs, properties, warning } = tried
  return {
    schema: 1,
    campaign: campaign.name,
    row: seq + 1,
    customer_id: customerId,
    request_id: requestId,
    request,
    answer:
      answer === null
        ? null
        : { http_status: httpStatus, headers: answer.headers, body: answer.body, is_truncated: answer.isTruncated },
    code,
    latency_ms: code === null ? null : Math.round(latencyMs),
    ...judgeTrial(tried, campaign),
    properties: properties === null ? {} : (JSON.parse(properties) as Record<string, unknown>),
    warning,
  }
}
