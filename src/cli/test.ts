import type { Command } from 'commander'
import type { Campaign } from '../campaign/campaign.ts'
import type { Outcome } from '../campaign/outcome.ts'
import { formatSpan } from '../report/report.ts'
import type { TriedDelivery } from '../trial/trial.ts'
import type { Context } from './context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'
import { addOneCustomerFlags, requestText, tryOneCustomer, whoIs, type OneCustomerFlags } from './one-customer.ts'
import { visible } from './terminal.ts'

export function addTest(program: Command, context: Context): void {
  addOneCustomerFlags(
    program
      .command('test')
      .summary('one real request, the same road as a run')
      .description(
        'Makes one real request for one customer: the receiver gets it, marked with `X-Hookcast-Test: 1` and under a key of its own. It is never repeated, and no run is kept. Of a campaign with `batch` it is a batch of this one customer.',
      ),
  )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Example:
  hookcast test campaign.yaml --customer c-17

JSON: { schema, campaign, row, customer_id, request_id, request: { method, url, headers: [{ name, value }], body },
answer: { http_status, headers, body, is_truncated }, code, latency_ms, status, reason, judged, properties, warning };
request and answer are null where there was none. Secrets are masked.

Exit codes: 0 sent, 1 not sent, 2 something is wrong with campaign or audience and nothing was sent.`,
    )
    .action(async (file: string, flags: OneCustomerFlags) => {
      context.exitCode = await test(file, flags, context)
    })
}

async function test(file: string, flags: OneCustomerFlags, context: Context): Promise<number> {
  const { terminal, isJson } = context
  const { checked, tried } = await tryOneCustomer(file, flags, { purpose: 'test', context })
  const { campaign } = checked
  const result = resultOf(tried, campaign)
  const text = isJson
    ? `${JSON.stringify(objectFrom(tried, { campaign, result }), null, 2)}\n`
    : textFrom(tried, { campaign, result })
  await terminal.print(!isJson && process.stdout.isTTY ? visible(text) : text)
  return result.status === 'sent' ? EXIT_DONE : EXIT_INCOMPLETE
}

interface Result {
  /** What the customer would be after this one attempt; null while a run would try again. */
  readonly status: 'sent' | 'failed' | 'suppressed' | null
  readonly reason: string | null
  /** What a run would do, in words. */
  readonly judged: string
}

function resultOf({ verdict }: TriedDelivery, campaign: Campaign): Result {
  if (verdict.kind === 'called') return judged(verdict.outcome, campaign)
  const { kind: status, reason, message } = verdict
  return { status, reason, judged: `${status} (${reason}), nothing was sent${message === null ? '' : `: ${message}`}` }
}

function judged(outcome: Outcome, { webhook: { retry, abort } }: Campaign): Result {
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

interface Told {
  readonly campaign: Campaign
  readonly result: Result
}

function objectFrom(tried: TriedDelivery, { campaign, result }: Told): Record<string, unknown> {
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
    ...result,
    properties: properties === null ? {} : (JSON.parse(properties) as unknown),
    warning,
  }
}

/** As much of an answer as people read; `--json` has all that was kept. */
const SHOWN_BODY = 2000

function textFrom(tried: TriedDelivery, { campaign, result }: Told): string {
  const { request, answer, httpStatus, code, latencyMs, properties, warning } = tried
  const { payload } = campaign.webhook
  const blocks: string[] = []
  if (request !== null) blocks.push(requestText(request, payload))
  if (answer !== null) {
    const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\n`)
    const isCut = answer.isTruncated || answer.body.length > SHOWN_BODY
    const body = answer.body === '' ? '' : `\n${answer.body.slice(0, SHOWN_BODY)}${isCut ? ' …' : ''}\n`
    blocks.push(`${httpStatus} in ${formatSpan(latencyMs)}\n${headers.join('')}${body}`)
  } else if (code !== null) blocks.push(`no answer: ${code}, after ${formatSpan(latencyMs)}\n`)
  if (properties !== null) blocks.push(`properties: ${properties}\n`)
  if (warning !== null) blocks.push(`warning: ${warning}\n`)
  blocks.push(`${whoIs(tried)}: ${result.judged}\n`)
  return blocks.join('\n')
}
