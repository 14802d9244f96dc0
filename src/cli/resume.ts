import type { Command } from 'commander'
import { campaignFilesFrom } from '../campaign/campaign-folder.ts'
import { checkCampaign } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { numbersSentSince, readReport } from '../report/report.ts'
import { resumeRun } from '../runner/runner.ts'
import { conduct } from './conduct.ts'
import type { Context } from './context.ts'
import { findKnownRun } from './known-run.ts'

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
    .option('--yes', 'answer yes to every question')
    .addHelpText('after', '\nExample:\n  hookcast resume 019a3c\n')
    .action(async (wanted: string, flags: ResumeFlags) => {
      context.exitCode = await resume(wanted, flags, context)
    })
}

async function resume(wanted: string, flags: ResumeFlags, context: Context): Promise<number> {
  const { runId, paths, snapshot, settings } = findKnownRun(wanted, context)
  const { state } = readReport(paths, { isLocked: isRunLocked(paths), clock: context.wiring.clock })
  if (state !== 'finished' && state !== 'cancelled') {
    for (const campaign of [snapshot.campaign, ...Object.values(snapshot.kept)]) {
      checkCampaign(campaignFilesFrom(campaign), { env: context.env, settings })
    }
  }
  // Customers that a stop had aborted may have been replayed: the receiver could not tell that it serves them twice.
  if (state === 'aborted' && numbersSentSince(settings.data, runId).size > 0) {
    const message = `Customers of this run were sent to by a replay of it, and a resume would send to them again: take the others with \`hookcast replay ${runId}\``
    throw new HookcastError('HOOKCAST_RUN_STATE', message)
  }
  const isUnknownResent = flags.resendUnknown === true
  return conduct(context, { settings, isQuiet: flags.quiet === true, isUnknownResent, runId }, ({ options }) =>
    resumeRun(runId, options),
  )
}
