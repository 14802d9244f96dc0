import type { Command } from 'commander'
import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { askRun, stateOf } from './ask-run.ts'
import type { Context } from './context.ts'
import { findKnownRun } from '../library/library.ts'

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
  const run = findKnownRun(wanted, context)
  const wasGoingOn = isRunLocked(run.paths)
  if (wasGoingOn) await askRun(run, 'pause', context.wiring.clock)
  const { state } = stateOf(run, context.wiring.clock)
  if (state === 'finished' || state === 'cancelled' || state === 'aborted') {
    throw new HookcastError('HOOKCAST_RUN_STATE', `The run cannot be paused, it is ${state}: ${run.runId}`)
  }
  const words = wasGoingOn ? `The run is ${state}` : `The run was not going on, it is ${state}`
  const command = context.commandFor('resume', run.runId, run.settings)
  await context.terminal.print(context.terminal.asTyped(`${words}: go on with ${command}\n`))
}
