import { Command, CommanderError } from 'commander'
import { MOST_SENDERS } from '../campaign/settings.ts'
import { HookcastError } from '../errors.ts'
import { Context, type GlobalFlags } from './context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'
import { wholeNumberFlag } from './flag-value.ts'
import { addActivate } from './activate.ts'
import { addBackup, addRestore } from './backup.ts'
import { addCancel } from './cancel.ts'
import { addCheck } from './check.ts'
import { addErase } from './erase.ts'
import { addEvents } from './events/events.ts'
import { addExport } from './export.ts'
import { addCompletion } from './completion.ts'
import { allCommands, pathOf } from './command-path.ts'
import { addGuide, FIRST_STEPS } from './guide.ts'
import { addEgress } from './egress.ts'
import { addHolds, addRelease } from './holds.ts'
import { addPause } from './pause.ts'
import { addPreview } from './preview.ts'
import { addReplay } from './replay.ts'
import { addReport } from './report.ts'
import { addResume } from './resume.ts'
import { addRun } from './run.ts'
import { addRuns } from './runs.ts'
import { addServe } from './serve.ts'
import { tellError, wordsOf } from './tell-error.ts'
import { addTest } from './test.ts'
import { addValidate } from './validate.ts'
import { addWorker } from './worker.ts'

/**
 * Runs one command of `hookcast` and sets the exit code of the process.
 *
 * Shape: `argv` without the program's own name
 */
export async function main(argv: readonly string[]): Promise<void> {
  const context = new Context({ isJson: argv.includes('--json') })
  // Something threw where nobody waits for it: the state is not to be trusted, and the ledger has everything.
  const crash = async (error: unknown): Promise<never> => process.exit(await tellError(error, context))
  const onCrash = (error: unknown): void => void crash(error)
  process.on('uncaughtException', onCrash)
  try {
    await createProgram(context).parseAsync(argv, { from: 'user' })
  } catch (error) {
    const isAnswer = error instanceof CommanderError && error.exitCode === 0
    context.exitCode = isAnswer ? EXIT_DONE : await tellError(error, context)
  }
  process.off('uncaughtException', onCrash)
  tellPrintFailure(context)
  // An audience that comes through a pipe and was not read to its end would keep the process.
  process.stdin.destroy()
  process.exitCode = context.exitCode
}

/** A report that nobody could read is no success, whatever became of the run. */
function tellPrintFailure(context: Context): void {
  const { printFailure: cause } = context.terminal
  if (cause === null) return
  const message = `Could not write to standard output (${cause.message})`
  context.terminal.tell(wordsOf(new HookcastError('HOOKCAST_OUTPUT_LOST', message, { cause })))
  if (context.exitCode === EXIT_DONE) context.exitCode = EXIT_INCOMPLETE
}

/** Every command with its arguments, flags and help: what the pages in docs/commands and shell completion are made from, too. */
export function createProgram(context: Context): Command {
  const program = new Command('hookcast')
    .description('Sends a campaign’s webhooks: one call for each customer, and a ledger from which nobody is lost.')
    .version(context.wiring.version)
    .option('--data <dir>', 'the data folder (default: $HOOKCAST_DATA, else .hookcast)')
    .option('--config <file>', 'hookcast.yaml (default: beside the campaign, else in the current folder)')
    .option(
      '--senders <n>',
      'sender processes at most, 1 to 64 (default: `senders` of hookcast.yaml, else one a core, 8 at most)',
      wholeNumberFlag('--senders', MOST_SENDERS),
    )
    .option(
      '--redis <url>',
      'send from `hookcast worker` processes, over this Redis (default: `redis` of hookcast.yaml)',
    )
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', FIRST_STEPS)
    .showHelpAfterError('(hookcast --help lists the commands, hookcast <command> --help their flags)')
    .exitOverride()
    .hook('preAction', (_, command) => {
      context.flags = command.optsWithGlobals<GlobalFlags>()
      context.command = pathOf(command)
    })
  const commands = [
    addValidate,
    addRun,
    addResume,
    addPause,
    addCancel,
    addReplay,
    addRuns,
    addReport,
    addExport,
    addErase,
    addPreview,
    addTest,
    addCheck,
    addEgress,
    addBackup,
    addRestore,
    addServe,
    addWorker,
    addActivate,
    addHolds,
    addRelease,
    addEvents,
    addCompletion,
  ]
  for (const add of commands) add(program, context)
  for (const command of allCommands(program)) addGuide(command)
  return program
}
