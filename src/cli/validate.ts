import { relative } from 'node:path'
import type { Command } from 'commander'
import type { SpoolSummary } from '../audience/audience.ts'
import { inspectCampaign } from '../campaign/campaign-file.ts'
import { campaignFilesAt } from '../campaign/campaign-folder.ts'
import type { Campaign } from '../campaign/campaign.ts'
import { checkAll } from '../check/check.ts'
import { deliveriesOf, staticIpsWarning } from '../check/static-budget.ts'
import type { Context } from './context.ts'
import { untilInterrupted } from './interrupts.ts'

export function addValidate(program: Command, context: Context): void {
  program
    .command('validate')
    .summary('everything that a run would check first, and nothing else')
    .description(
      'Checks the campaign file, its templates and secrets, and every row of the audience. All problems are listed at once; nothing is sent and nothing is written.',
    )
    .argument('<campaign.yaml>', 'the campaign file')
    .addHelpText('after', '\nExample:\n  hookcast validate campaign.yaml && hookcast run campaign.yaml\n')
    .action(async (file: string) => {
      await validate(file, context)
    })
}

async function validate(file: string, context: Context): Promise<void> {
  const { env, terminal } = context
  const files = campaignFilesAt(file)
  const options = { env, settings: context.settings(files.folder) }
  const { campaign, audience } = await untilInterrupted(context.wiring.clock, async (signal) => {
    const isStdin = inspectCampaign(files, options).loaded?.campaign.audience.path === '-'
    if (isStdin) terminal.tell('Reading customers from standard input (Ctrl-D ends them)')
    else terminal.status(`Reading the audience of ${file} …`)
    try {
      return await checkAll(files, { ...options, stdin: process.stdin, signal })
    } finally {
      terminal.status('')
    }
  })
  const overuse = staticIpsWarning(campaign, deliveriesOf(campaign, audience))
  const warnings = overuse === null ? audience.warnings : [...audience.warnings, overuse]
  const lines = [...campaignLines(file, campaign), ...audienceLines(campaign, { ...audience, warnings })]
  await terminal.print(`${lines.join('\n')}\n`)
}

function campaignLines(file: string, { name, webhook, warnings }: Campaign): string[] {
  const { method, origin, path } = webhook
  return [
    `${file} is right: ${name}, ${method} ${origin}${path.text}`,
    ...warnings.map(({ message }) => `warning: ${message}`),
  ]
}

function audienceLines({ audience }: Campaign, summary: SpoolSummary): string[] {
  const { rows, suppressed, duplicates, customerIdColumn, warnings } = summary
  const name = audience.path === '-' ? 'standard input' : relative('', audience.path)
  const left = Object.entries(suppressed).filter(([, count]) => count > 0)
  const leftOut = left.reduce((sum, [, count]) => sum + count, 0)
  const by = customerIdColumn === null ? 'row number' : customerIdColumn
  const reasons = left.map(([reason, count]) => `${number(count)} ${reason}`).join(', ')
  return [
    `${name}: ${number(rows)} customers by ${by}, up to ${number(rows - leftOut)} to be called`,
    ...(leftOut === 0 ? [] : [`suppressed: ${number(leftOut)} (${reasons})`]),
    ...(duplicates === 0 ? [] : [`duplicates: ${number(duplicates)}`]),
    ...warnings.map(({ message, count }) => `warning: ${message}${count > 1 ? ` (${number(count)})` : ''}`),
  ]
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
