import type { Command } from 'commander'
import { readRuns, type RunSummary } from '../report/report.ts'
import { removeExpiredRuns, type RemovedRun } from '../runner/runner.ts'
import type { Context } from './context.ts'
import { textTable } from './text-table.ts'

export function addRuns(program: Command, context: Context): void {
  program
    .command('runs')
    .summary('list the runs of the data folder, newest first')
    .option('--prune', 'first remove the runs that ended longer ago than their `retain`, as each `run` does')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  hookcast runs --json\n  hookcast runs --prune\n')
    .action(async ({ prune }: { readonly prune?: true }) => {
      const { data } = context.settings(null)
      const removed = prune === true ? removeExpiredRuns(data, context.wiring.clock.now()) : null
      const runs = readRuns(data)
      if (removed !== null) context.terminal.tell(removedInWords(removed))
      if (context.isJson) {
        await context.terminal.print(`${JSON.stringify({ runs, ...(removed === null ? {} : { removed }) }, null, 2)}\n`)
      } else if (runs.length === 0) context.terminal.tell(`No run in ${data}`)
      else await context.terminal.print(tableOf(runs))
    })
}

/** Says how many old runs were removed, and which of them could have gone on. */
export function removedInWords(removed: readonly RemovedRun[]): string {
  const begun = removed.filter(({ state }) => state !== null)
  const unfinished = begun.filter(({ state }) => state !== 'finished' && state !== 'cancelled')
  const orphans = removed.length - begun.length
  const left = unfinished.map(({ run_id: runId, state }) => `${runId} (${state})`).join(', ')
  return [
    `Removed ${begun.length} ${begun.length === 1 ? 'run' : 'runs'} kept longer than \`retain\` says`,
    ...(left === '' ? [] : [`unfinished were ${left}`]),
    ...(orphans === 0 ? [] : [`and ${orphans} that died before they began`]),
  ].join('; ')
}

const COUNTS = ['customers', 'sent', 'failed', 'aborted', 'suppressed', 'waiting', 'pending'] as const
const HEADER = ['run', 'state', 'started', 'campaign', ...COUNTS]

function tableOf(runs: readonly RunSummary[]): string {
  const cells = [HEADER, ...runs.flatMap((run) => ('error' in run ? [] : [cellsOf(run)]))]
  const [heading, ...lines] = textTable(cells, { counts: COUNTS.length }).trimEnd().split('\n')
  const rows = runs.map((run) => ('error' in run ? `${run.run_id}  ${run.error.message}` : lines.shift()))
  return `${[heading, ...rows].join('\n')}\n`
}

function cellsOf(run: Exclude<RunSummary, { readonly error: unknown }>): string[] {
  const { run_id: runId, state, started_at: startedAt, campaign } = run
  const started = startedAt === null ? '-' : startedAt.slice(0, 16).replace('T', ' ')
  return [runId, state, started, campaign, ...COUNTS.map((name) => run[name].toLocaleString('en-US'))]
}
