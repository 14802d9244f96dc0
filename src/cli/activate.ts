import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { CAMPAIGNS } from './serve.ts'

interface ActivateFlags {
  readonly campaigns?: string
  readonly off?: true
}

export function addActivate(program: Command, context: Context): void {
  program
    .command('activate')
    .summary('let a campaign with a schedule or an event start by itself, as its files are now')
    .description(
      'Tells the service of the data folder, with the token in HOOKCAST_ADMIN_TOKEN; while none runs, writes it down for the next.',
    )
    .argument('<campaign>', 'its name, or that of its folder')
    .option(
      '--campaigns <dir>',
      `the folder with a folder for each campaign, while no service runs (default: ${CAMPAIGNS})`,
    )
    .option('--off', 'let it start by itself no more; what has begun goes on')
    .addHelpText('after', '\nExamples:\n  hookcast activate spring-points\n  hookcast activate spring-points --off')
    .action(async (campaign: string, { campaigns, off }: ActivateFlags) => {
      const { activate } = await import('../serve/activate.ts')
      const activation = await activate(campaign, {
        surroundings: context,
        campaigns: resolve(campaigns ?? CAMPAIGNS),
        isOff: off === true,
      })
      await context.terminal.print(`${wordsOf(activation)}\n`)
    })
}

function wordsOf({
  campaign,
  active_version: version,
  next_due_at: next,
}: {
  readonly campaign: string
  readonly active_version: number | null
  readonly next_due_at: string | null
}): string {
  if (version === null) return `${campaign} starts by itself no more`
  return `${campaign} starts by itself: version ${version}${next === null ? '' : `, next at ${next}`}`
}
