import type { Command } from 'commander'
import { readRuns, type RunSummary } from '../report/report.ts'
import type { Context } from './context.ts'

export function addRuns(program: Command, context: Context): void {
  program
    .command('runs')
    .summary('list the runs of the data folder, newest first')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  hookcast runs --json\n')
    .action(async () => {
      const { data } = context.settings(null)
      const runs = readRuns(data)
      if (context.isJson) await context.terminal.print(`${JSON.stringify({ runs }, null, 2)}\n`)
      else if (runs.length === 0) context.terminal.tell(`No run in ${data}`)
      else await context.terminal.print(tableOf(runs))
    })
}

const COUNTS = ['customers', 'sent', 'failed', 'aborted', 'suppressed', 'waiting', 'pending'] as const
const HEADER = ['run', 'state', 'started', 'campaign', ...COUNTS]
/** The first columns are words and stand left; counts stand right. */
const WORDS = HEADER.length - COUNTS.length

function tableOf(runs: readonly RunSummary[]): string {
  const lines = [HEADER, ...runs.flatMap((run) => ('error' in run ? [] : [cellsOf(run)]))]
  const widths = HEADER.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)))
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column < WORDS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  const rows = runs.map((run) => ('error' in run ? `${run.run_id}  ${run.error.message}` : format(cellsOf(run))))
  return `${[format(HEADER), ...rows].join('\n')}\n`
}

function cellsOf(run: Exclude<RunSummary, { readonly error: unknown }>): string[] {
  const { run_id: runId, state, started_at: startedAt, campaign } = run
  const started = startedAt === null ? '-' : startedAt.slice(0, 16).replace('T', ' ')
  return [runId, state, started, campaign, ...COUNTS.map((name) => run[name].toLocaleString('en-US'))]
}
