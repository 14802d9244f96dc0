import type { Command } from 'commander'
import type { Context } from './context.ts'

interface Hold {
  readonly campaign: string
  readonly run_id: string | null
  readonly rule: string
  readonly message: string
  readonly held_at: string
}

export function addHolds(program: Command, context: Context): void {
  program
    .command('holds')
    .summary('list the event campaigns that a rule keeps from sending')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast holds --json')
    .action(async () => {
      const { askService } = await import('../serve/ask-service.ts')
      const answer = await askService<{ readonly holds: readonly Hold[] }>(context, '/v1/holds')
      if (context.isJson) await context.terminal.print(`${JSON.stringify(answer, null, 2)}\n`)
      else if (answer.holds.length === 0) context.terminal.tell('Nothing is on hold')
      else await context.terminal.print(context.terminal.asTyped(answer.holds.map(wordsOf).join('')))
    })
}

export function addRelease(program: Command, context: Context): void {
  program
    .command('release')
    .summary('let an event campaign that is on hold go on, with everything that was kept, in order')
    .argument('<campaign>', 'its name')
    .option('--discard', 'drop what was kept: it ends `aborted` in its run, from where it can be replayed')
    .addHelpText('after', '\nExamples:\n  hookcast release welcome\n  hookcast release welcome --discard')
    .action(async (campaign: string, { discard }: { readonly discard?: true }) => {
      const { askService } = await import('../serve/ask-service.ts')
      const isDiscarded = discard === true
      const path = `/v1/campaigns/${encodeURIComponent(campaign)}/release`
      await askService<Hold>(context, path, { discard: isDiscarded })
      await context.terminal.print(`${campaign} ${isDiscarded ? 'goes on, what was kept is dropped' : 'goes on'}\n`)
    })
}

function wordsOf({ campaign, rule, message, held_at: heldAt }: Hold): string {
  return `${campaign}  on hold since ${heldAt} (${rule})\n  ${message}\n  Go on: hookcast release ${campaign}\n`
}
