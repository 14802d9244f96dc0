import type { Campaign } from '../campaign/campaign.ts'
import type { Settings } from '../campaign/settings.ts'
import { dryRun } from '../trial/trial.ts'
import type { Context } from './context.ts'
import { dryRunText } from './dry-run-text.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'
import { untilInterrupted } from './interrupts.ts'
import { visible } from './terminal.ts'

const SHOW_MS = 100

export interface DryRunCommand {
  readonly campaign: Campaign
  readonly settings: Settings
  readonly skipsBadRows: boolean
  readonly limit: number | null
  readonly isQuiet: boolean
}

/** `run --dry-run`: prints what a run would do; exits with 1 when somebody would fail. */
export async function dryRunCommand(
  context: Context,
  { settings, isQuiet, campaign, ...request }: DryRunCommand,
): Promise<number> {
  const { terminal, wiring, env, isJson } = context
  let shownAt = 0
  const onProgress = (done: number, of: number): void => {
    const now = wiring.clock.now()
    if (isQuiet || now - shownAt < SHOW_MS) return
    shownAt = now
    terminal.status(`Rendered ${done.toLocaleString('en-US')} of ${of.toLocaleString('en-US')}, nothing is sent`)
  }
  if (!isQuiet) terminal.status('Reading the audience …')
  const found = await untilInterrupted(wiring.clock, async (signal) => {
    try {
      return await dryRun(
        { campaign, ...request, stdin: process.stdin, onProgress },
        { ...wiring, env, settings, signal, senders: context.senders(settings) },
      )
    } finally {
      terminal.status('')
    }
  })
  const text = isJson ? `${JSON.stringify(found, null, 2)}\n` : dryRunText(found, { payload: campaign.webhook.payload })
  await terminal.print(!isJson && process.stdout.isTTY ? visible(text) : text)
  return found.would_fail > 0 || !found.is_complete ? EXIT_INCOMPLETE : EXIT_DONE
}
