import type { Command } from 'commander'
import { findKnownRun, pauseRun, type KnownRun } from '../library/library.ts'
import type { Context } from './context.ts'
import { untilInterrupted } from './interrupts.ts'

export function addPause(program: Command, context: Context): void {
  program
    .command('pause')
    .summary('let a run finish what is in flight, and stop there')
    .argument('<run>', 'the id of the run, or a beginning of it')
    .addHelpText('after', '\nExample:\n  hookcast pause 019a3c && hookcast report 019a3c\n')
    .action(async (wanted: string) => {
      await pause(wanted, context)
    })
}

async function pause(wanted: string, context: Context): Promise<void> {
  const { clock } = context.wiring
  const run = findKnownRun(wanted, context)
  const { wasGoingOn, report } = await untilInterrupted(clock, (signal) => pauseRun(run, { clock, signal }))
  const words = wasGoingOn ? `The run is ${report.state}` : `The run was not going on, it is ${report.state}`
  const command = goOnWith(run, context, report.state)
  await context.terminal.print(context.terminal.asTyped(`${words}: go on with ${command}\n`))
}

/** A run of events goes on with its service. */
function goOnWith({ runId, settings, snapshot: { event } }: KnownRun, context: Context, state: string): string {
  if (event === undefined) return context.commandFor('resume', runId, settings)
  return state === 'paused' ? context.commandFor('release', event.campaign, settings) : '`hookcast serve`'
}
