import { Command, CommanderError } from 'commander'
import { MOST_SENDERS } from '../campaign/settings.ts'
import { HookcastError } from '../errors.ts'
import type { Wiring } from '../hookcast.ts'
import { Context, type GlobalFlags } from './context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'
import { wholeNumberFlag } from './flag-value.ts'
import { allCommands, pathOf } from './command-path.ts'
import { addGuide, FIRST_STEPS } from './guide.ts'
import { tellError, wordsOf } from './tell-error.ts'

/** Runs one command with the parts that it is put together from, and sets the exit code of the process. */
export async function runCommand(argv: readonly string[], wiring: Wiring): Promise<void> {
  const context = new Context({ isJson: argv.includes('--json'), wiring })
  // Something threw where nobody waits for it: the state is not to be trusted, and the ledger has everything.
  const crash = async (error: unknown): Promise<never> => process.exit(await tellError(error, context))
  const onCrash = (error: unknown): void => void crash(error)
  process.on('uncaughtException', onCrash)
  try {
    const program = await createProgram(context, namesIn(argv))
    await program.parseAsync(argv, { from: 'user' })
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

/** Each is loaded when it is asked for: a run has no use for what `check` or `serve` brings along. */
const COMMANDS = {
  validate: async () => (await import('./validate.ts')).addValidate,
  run: async () => (await import('./run.ts')).addRun,
  resume: async () => (await import('./resume.ts')).addResume,
  pause: async () => (await import('./pause.ts')).addPause,
  cancel: async () => (await import('./cancel.ts')).addCancel,
  replay: async () => (await import('./replay.ts')).addReplay,
  runs: async () => (await import('./runs.ts')).addRuns,
  report: async () => (await import('./report.ts')).addReport,
  export: async () => (await import('./export.ts')).addExport,
  erase: async () => (await import('./erase.ts')).addErase,
  preview: async () => (await import('./preview.ts')).addPreview,
  test: async () => (await import('./test.ts')).addTest,
  check: async () => (await import('./check.ts')).addCheck,
  egress: async () => (await import('./egress.ts')).addEgress,
  backup: async () => (await import('./backup.ts')).addBackup,
  restore: async () => (await import('./backup.ts')).addRestore,
  serve: async () => (await import('./serve.ts')).addServe,
  worker: async () => (await import('./worker.ts')).addWorker,
  activate: async () => (await import('./activate.ts')).addActivate,
  holds: async () => (await import('./holds.ts')).addHolds,
  release: async () => (await import('./holds.ts')).addRelease,
  events: async () => (await import('./events/events.ts')).addEvents,
  completion: async () => (await import('./completion.ts')).addCompletion,
} as const

type CommandName = keyof typeof COMMANDS

const NAMES = Object.keys(COMMANDS) as readonly CommandName[]

/** The one that is called, where that is plain; help, completion and what is misspelt need all of them. */
function namesIn([first]: readonly string[]): readonly CommandName[] {
  return first === 'completion' ? NAMES : NAMES.filter((name) => name === first)
}

/** Every command with its arguments, flags and help: what the pages in docs/commands and shell completion are made from, too. */
export async function createProgram(context: Context, wanted: readonly CommandName[] = []): Promise<Command> {
  const names = wanted.length === 0 ? NAMES : wanted
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
  for (const name of names) (await COMMANDS[name]())(program, context)
  for (const command of allCommands(program)) addGuide(command)
  return program
}
