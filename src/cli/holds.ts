import type { Command } from 'commander'
import type { Context } from './context.ts'

interface Hold {
  readonly campaign: string
  readonly run_id: string | null
  readonly rule: string
  readonly message: string
  readonly held_at: string
}

interface Released extends Hold {
  /** What its run goes by, and what the files are now. */
  readonly run_version: number | null
  readonly current_version: number | null
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
      const released = await askService<Released>(context, path, { discard: isDiscarded })
      await context.terminal.print(`${campaign} ${isDiscarded ? 'goes on, what was kept is dropped' : 'goes on'}\n`)
      const next = isDiscarded ? replayOf(released) : warningOf(released, campaign)
      if (next !== null) context.terminal.tell(next)
    })
}

function wordsOf({ campaign, rule, message, held_at: heldAt }: Hold): string {
  // Whoever mended the campaign must not go on with what its run was pinned to: the message says which road is whose.
  const goOn = message.includes('`hookcast release ') ? '' : `  Go on: hookcast release ${campaign}\n`
  return `${campaign}  on hold since ${heldAt} (${rule})\n  ${message}\n${goOn}`
}

function replayOf({ run_id: runId }: Released): string | null {
  return runId === null ? null : `Call them again: hookcast replay ${runId} --status failed,aborted`
}

function warningOf({ run_version: version, current_version: current }: Released, campaign: string): string | null {
  if (version === null || version === current) return null
  return `Warning: those in its run are called as version ${version} has it, and the files differ from that. If it is held again: hookcast activate ${campaign}, hookcast release ${campaign} --discard, and the replay that this prints`
}
