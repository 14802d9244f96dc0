import type { Command } from 'commander'
import { HookcastError } from '../errors.ts'
import { lintWithAudience } from '../check/campaign-reading.ts'
import type { TriedDelivery } from '../trial/trial.ts'
import { besideText } from './beside.ts'
import type { Context } from './context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'
import { untilInterrupted } from './interrupts.ts'
import { differenceLines, lintLines } from './lint-text.ts'
import { addOneCustomerFlags, requestText, tryOneCustomer, whoIs, type OneCustomerFlags } from './one-customer.ts'
import { visible } from './terminal.ts'

interface PreviewFlags extends OneCustomerFlags {
  readonly lint?: true
}

export function addPreview(program: Command, context: Context): void {
  addOneCustomerFlags(
    program
      .command('preview')
      .summary('the request for one customer, and nothing is sent')
      .description(
        'Renders the request for one customer and sends nothing. On a terminal it stands beside the templates that made it.',
      ),
  )
    .option('--lint', 'look also for what compiles and is seldom meant, in the templates and every row')
    .addHelpText(
      'after',
      `
Examples:
  hookcast preview campaign.yaml --customer c-17
  hookcast preview campaign.yaml --lint            # docs/lint.md explains what is found

Exit codes: 0 shown, 1 --lint found something, 2 the request cannot be made, or the campaign is wrong.`,
    )
    .action(async (file: string, flags: PreviewFlags) => {
      context.exitCode = await preview(file, flags, context)
    })
}

async function preview(file: string, flags: PreviewFlags, context: Context): Promise<number> {
  const { terminal, wiring } = context
  const { checked, tried } = await tryOneCustomer(file, flags, { purpose: 'rehearsal', context })
  const { campaign } = checked
  const show = async (text: string): Promise<boolean> => terminal.print(process.stdout.isTTY ? visible(text) : text)
  const findings =
    flags.lint === true ? await untilInterrupted(wiring.clock, (signal) => lintWithAudience(campaign, { signal })) : []
  if (tried.request === null) {
    // What the templates get wrong may be why.
    if (findings.length > 0) await show(`${lintLines(findings).join('\n')}\n\n`)
    await show(suppressedText(tried))
  } else {
    const { request } = tried
    const width = terminal.outputWidth
    await show(
      process.stdout.isTTY ? besideText(campaign, request, { width }) : requestText(request, campaign.webhook.payload),
    )
    if (findings.length > 0) await show(`\n${lintLines(findings).join('\n')}\n`)
    const { differences } = tried
    if (flags.lint === true && differences.length > 0) {
      await show(`\nOther than in plain Jinja2, as it stands in JSON:\n${differenceLines(differences).join('\n')}\n`)
    }
  }
  if (flags.lint === true && findings.length === 0) terminal.tell('lint: nothing found')
  return findings.length > 0 ? EXIT_INCOMPLETE : EXIT_DONE
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
