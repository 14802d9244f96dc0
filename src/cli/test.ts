import type { Command } from 'commander'
import type { Campaign } from '../campaign/campaign.ts'
import { formatSpan } from '../report/report.ts'
import { judgeTrial, testRecordFrom, type TrialResult } from '../library/library.ts'
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
  const result = judgeTrial(tried, campaign)
  const text = isJson
    ? `${JSON.stringify(testRecordFrom(tried, campaign), null, 2)}\n`
    : textFrom(tried, { campaign, result })
  await terminal.print(!isJson && process.stdout.isTTY ? visible(text) : text)
  return result.status === 'sent' ? EXIT_DONE : EXIT_INCOMPLETE
}

interface Told {
  readonly campaign: Campaign
  readonly result: TrialResult
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
