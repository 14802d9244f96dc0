import type { Command } from 'commander'
import { cancelRun, findKnownRun } from '../library/library.ts'
import type { Context } from './context.ts'
import { untilInterrupted } from './interrupts.ts'

export function addCancel(program: Command, context: Context): void {
  program
    .command('cancel')
    .summary('end a run for good: whoever has no result yet is aborted')
    .argument('<run>', 'the id of the run, or a beginning of it')
    .addHelpText('after', '\nExample:\n  hookcast cancel 019a3c\n')
    .action(async (wanted: string) => {
      await cancel(wanted, context)
    })
}

async function cancel(wanted: string, context: Context): Promise<void> {
  const { clock } = context.wiring
  const run = findKnownRun(wanted, context)
  const { aborted } = await untilInterrupted(clock, (signal) => cancelRun(run, { clock, signal }))
  await context.terminal.print(
    `The run is cancelled, ${aborted.toLocaleString('en-US')} customers were aborted: ${run.runId}\n`,
  )
}
