import type { Command } from 'commander'
import { HookcastError } from '../errors.ts'
import type { TriedDelivery } from '../trial/trial.ts'
import { besideText } from './beside.ts'
import type { Context } from './context.ts'
import { addOneCustomerFlags, requestText, tryOneCustomer, whoIs, type OneCustomerFlags } from './one-customer.ts'
import { visible } from './terminal.ts'

export function addPreview(program: Command, context: Context): void {
  addOneCustomerFlags(
    program
      .command('preview')
      .summary('the request for one customer, and nothing is sent')
      .description(
        'Renders the request for one customer and sends nothing. On a terminal it stands beside the templates that made it.',
      ),
  )
    .addHelpText('after', '\nExample:\n  hookcast preview campaign.yaml --customer c-17\n')
    .action(async (file: string, flags: OneCustomerFlags) => {
      await preview(file, flags, context)
    })
}

async function preview(file: string, flags: OneCustomerFlags, context: Context): Promise<void> {
  const { terminal } = context
  const { checked, tried } = await tryOneCustomer(file, flags, { purpose: 'rehearsal', context })
  const { campaign } = checked
  const isTerminal = process.stdout.isTTY
  if (tried.request === null) await terminal.print(suppressedText(tried))
  else if (isTerminal)
    await terminal.print(visible(besideText(campaign, tried.request, { width: terminal.outputWidth })))
  else await terminal.print(requestText(tried.request, campaign.webhook.payload))
}

/** @throws {HookcastError} when the request could not be made: there is nothing to show. */
function suppressedText(tried: TriedDelivery): string {
  const { verdict } = tried
  if (verdict.kind === 'suppressed') {
    return `Nothing would be sent for ${whoIs(tried)}: suppressed, ${verdict.reason}${verdict.message === null ? '' : ` (${verdict.message})`}\n`
  }
  if (verdict.kind === 'called') throw new TypeError('expected a request where one was made, got none')
  const code = verdict.reason === 'row' ? 'HOOKCAST_AUDIENCE_INVALID' : 'HOOKCAST_TEMPLATE_RENDER'
  throw new HookcastError(code, `Could not make the request for ${whoIs(tried)}: ${verdict.message}`)
}
