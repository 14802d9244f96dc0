import { Option, type Command } from 'commander'
import { checkResumable, findKnownRun } from '../library/library.ts'
import { resumeRun } from '../runner/runner.ts'
import { conduct } from './conduct.ts'
import type { Context } from './context.ts'

interface ResumeFlags {
  readonly resendUnknown?: true
  readonly quiet?: true
}

export function addResume(program: Command, context: Context): void {
  program
    .command('resume')
    .summary('go on with a run that was interrupted, paused, killed or aborted')
    .description(
      'Goes on where the run was left: whoever has no result yet is called, with the same keys and the templates that the run began with. A run that was aborted goes on too; those that failed stay failed (`hookcast replay`).',
    )
    .argument('<run>', 'the id of the run, or a beginning of it')
    .option('--resend-unknown', 'send again what may have arrived longer ago than the receiver remembers keys')
    .option('--json', 'print the report as one JSON object')
    .option('--quiet', 'show no progress')
    // Nothing is asked; scripts that give it everywhere go on working.
    .addOption(new Option('--yes').hideHelp())
    .addHelpText('after', '\nExample:\n  hookcast resume 019a3c\n')
    .action(async (wanted: string, flags: ResumeFlags) => {
      context.exitCode = await resume(wanted, flags, context)
    })
}

async function resume(wanted: string, flags: ResumeFlags, context: Context): Promise<number> {
  const run = findKnownRun(wanted, context)
  checkResumable(run, context)
  const { runId, settings } = run
  const isUnknownResent = flags.resendUnknown === true
  return conduct(context, { settings, isQuiet: flags.quiet === true, isUnknownResent, runId }, ({ options }) =>
    resumeRun(runId, options),
  )
}
