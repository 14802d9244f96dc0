import { Option, type Command } from 'commander'
import { campaignFilesAt } from '../campaign/campaign-folder.ts'
import { checkCampaign, type Checked } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import type { Settings } from '../campaign/settings.ts'
import { indentJson } from '../report/report.ts'
import { findSampleRow, tryDelivery, type ShownRequest, type TriedDelivery, type Wanted } from '../trial/trial.ts'
import type { Context } from './context.ts'
import { wholeNumberFlag } from './flag-value.ts'
import { untilInterrupted } from './interrupts.ts'

/** Which customer of the audience is wanted: flags of `preview` and `test`. */
export interface OneCustomerFlags {
  readonly row?: number
  readonly customer?: string
}

export function addOneCustomerFlags(command: Command): Command {
  return command
    .argument('<campaign.yaml>', 'the campaign file')
    .option(
      '--row <n>',
      'the customer in that row of the audience, counted from 1 (default: 1)',
      wholeNumberFlag('--row'),
    )
    .addOption(new Option('--customer <id>', 'the customer of that id').conflicts('row'))
}

export interface OneCustomer {
  readonly checked: Checked
  readonly settings: Settings
  readonly tried: TriedDelivery
}

/**
 * Finds the customer and makes the request, up to the call or with it.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when the audience has no such customer.
 */
export async function tryOneCustomer(
  file: string,
  { row = 1, customer }: OneCustomerFlags,
  { purpose, context }: { readonly purpose: 'rehearsal' | 'test'; readonly context: Context },
): Promise<OneCustomer> {
  const { env, wiring } = context
  const files = campaignFilesAt(file)
  const settings = context.settings(files.folder)
  const checked = checkCampaign(files, { env, settings })
  const { campaign } = checked
  const wanted: Wanted = customer === undefined ? { row } : { customerId: customer }
  const tried = await untilInterrupted(wiring.clock, async (signal) => {
    const sample = await findSampleRow(campaign, wanted, { stdin: process.stdin, signal })
    if (sample !== null) return tryDelivery(campaign, sample, { purpose, host: { ...wiring, env, settings, signal } })
    const column = campaign.customerId ?? 'customer_id, else id, else registered, else the number of the row'
    const what = customer === undefined ? `row ${row}` : `customer ${customer} (known by ${column})`
    throw new HookcastError('HOOKCAST_USAGE', `Could not find it in ${campaign.audience.path}: ${what}`)
  })
  return { checked, settings, tried }
}

/** How messages name the customer. */
export function whoIs({ seq, customerId }: TriedDelivery): string {
  return `row ${seq + 1}, customer ${customerId}`
}

/** The first line and the headers of a request. */
export function headLines({ method, url, headers }: ShownRequest): string[] {
  return [`${method} ${url}`, ...headers.map(({ name, value }) => `${name}: ${value}`)]
}

/** A request as it is shown: head, empty line, body. Ends with a line break. */
export function requestText(request: ShownRequest, payload: string): string {
  const head = `${headLines(request).join('\n')}\n`
  return request.body === null ? head : `${head}\n${bodyText(request.body, payload)}\n`
}

/** A body for people: JSON is laid out over lines. */
export function bodyText(body: string, payload: string): string {
  const text = payload === 'json' ? indentJson(body) : body
  return text.endsWith('\n') ? text.slice(0, -1) : text
}
