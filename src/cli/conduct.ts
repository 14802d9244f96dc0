import { setFlagsFromString } from 'node:v8'
import type { Settings } from '../campaign/settings.ts'
import { conductRun, type Conducted } from '../library/library.ts'
import { formatReport, type RunReport } from '../report/report.ts'
import type { RunEnd, RunLimit, RunOptions, StaticIpsOveruse } from '../runner/runner.ts'
import type { Context } from './context.ts'
import { exitCodeOf } from './exit-code.ts'
import { watchInterrupts } from './interrupts.ts'
import { ProgressDisplay } from './progress-display.ts'
import { wordsOf } from './tell-error.ts'
import type { Terminal } from './terminal.ts'

/** How a run is to be conducted from a terminal. */
export interface TerminalConduct {
  readonly settings: Settings
  readonly isQuiet: boolean
  readonly until?: RunLimit | null
  readonly isUnknownResent?: boolean
  /** A run that is there already; it counts as begun once it makes progress. */
  readonly runId?: string
}

export interface ConductedOptions {
  readonly options: RunOptions
  readonly onRunId: (runId: string) => void
}

/** Lets a run go from its start to its end before the eyes of whoever started it, prints its report, and gives the exit code. */
export async function conduct(
  context: Context,
  { settings, isQuiet, until, isUnknownResent, runId }: TerminalConduct,
  start: (conducted: ConductedOptions) => Promise<RunEnd>,
): Promise<number> {
  const { terminal, wiring } = context
  // V8's nursery grew while all this was loaded, which takes half as long so. From here on it stays as it is: grown to
  // 16 MB, a run of a million customers peaked over 200 MB (measured).
  setFlagsFromString('--semi-space-growth-factor=1')
  using interrupts = watchInterrupts(wiring.clock, (how) => terminal.tell(INTERRUPT_WORDS[how]))
  using display = new ProgressDisplay(terminal, wiring.clock)
  const onRunId = (begun: string): void => void (context.openRun = { runId: begun, settings })
  const conducted = await conductRun(
    context,
    {
      settings,
      until: until ?? null,
      isUnknownResent: isUnknownResent ?? false,
      signal: interrupts.signal,
      cutSignal: interrupts.cutSignal,
      onNote: (text) => terminal.tell(text),
      onProgress: (progress) => {
        if (runId !== undefined) context.openRun ??= { runId, settings }
        if (!isQuiet) display.update(progress)
      },
    },
    (options) => start({ options, onRunId }),
  )
  display[Symbol.dispose]()
  return await tellEnd(context, conducted, settings)
}

/** `--yes` agrees to any number of requests over static IPs; without it more than a few thousand are told of. */
export function overuseOf({ yes }: { readonly yes?: true }, terminal: Terminal): StaticIpsOveruse {
  return { isAllowed: yes === true, onWarning: ({ message }) => terminal.tell(`Warning: ${message}`) }
}

const INTERRUPT_WORDS = {
  stop: 'Stopping: nothing more is started, what is in flight comes to its end (Ctrl-C again stops now)',
  cut: 'Stopping now: what is in flight is in doubt and is sent again when the run is resumed',
}

async function tellEnd(context: Context, { report, error }: Conducted, settings: Settings): Promise<number> {
  const { terminal } = context
  context.openRun = { runId: report.run_id, settings }
  if (error !== null) terminal.tell(wordsOf(error))
  await printReport(context, report)
  if (report.state === 'paused' || report.state === 'interrupted') {
    terminal.tell(`${STATE_WORDS[report.state]}: go on with ${context.commandFor('resume', report.run_id, settings)}`)
  }
  context.openRun = null
  return exitCodeOf(report)
}

const STATE_WORDS = { paused: 'Paused', interrupted: 'Interrupted' }

/** The table for people, or the one JSON object for programs. */
async function printReport(context: Context, report: RunReport): Promise<void> {
  const { terminal, isJson } = context
  const { isOutputColored: color, outputWidth: width } = terminal
  await terminal.print(
    isJson ? `${JSON.stringify(report, null, 2)}\n` : terminal.asTyped(formatReport(report, { color, width })),
  )
}
