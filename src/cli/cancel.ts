import { rmSync } from 'node:fs'
import type { Command } from 'commander'
import type { Clock } from '../clock.ts'
import { HookcastError } from '../errors.ts'
import { Ledger } from '../ledger/ledger.ts'
import { isRunLocked, lockRun } from '../ledger/run-folder.ts'
import { askRun, stateOf } from './ask-run.ts'
import type { Context } from './context.ts'
import { findKnownRun, type KnownRun } from '../library/library.ts'

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
  if (isRunLocked(run.paths)) await askRun(run, 'cancel', clock)
  const { state } = stateOf(run, clock)
  if (state === 'finished') {
    throw new HookcastError('HOOKCAST_RUN_STATE', `The run cannot be cancelled, it is finished: ${run.runId}`)
  }
  if (state !== 'cancelled') endForGood(run, clock)
  const { aborted } = stateOf(run, clock)
  await context.terminal.print(
    `The run is cancelled, ${aborted.toLocaleString('en-US')} customers were aborted: ${run.runId}\n`,
  )
}

/** Nobody works on the run who could be asked: its last state is written here. */
function endForGood({ paths }: KnownRun, clock: Clock): void {
  const lock = lockRun(paths)
  try {
    using ledger = new Ledger(paths)
    ledger.commit(() => ledger.saveState('cancelled', clock.now()))
    ledger.buildCustomerIndex()
    rmSync(paths.ballast, { force: true })
  } finally {
    lock.release()
  }
}
