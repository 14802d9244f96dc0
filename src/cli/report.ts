import { Option, type Command } from 'commander'
import { RESULT_STATUSES, type ResultStatus } from '../campaign/result.ts'
import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import { formatReport, formatResults, readPropertyNames, readReport, readResults } from '../report/report.ts'
import type { Context } from './context.ts'
import { namesFlag } from './flag-value.ts'
import { findKnownRun, readableCampaign } from '../library/library.ts'
import { writeOut } from './write-out.ts'

const FORMATS = ['table', 'json', 'ndjson', 'csv'] as const

interface ReportFlags {
  readonly format: (typeof FORMATS)[number]
  readonly status?: readonly ResultStatus[]
  readonly out?: string
}

export function addReport(program: Command, context: Context): void {
  program
    .command('report')
    .summary('how a run went, or the result of each customer')
    .description(
      'Prints how a run went (table, json), or one result a customer in the order of the audience (ndjson, csv). Works while the run goes on.',
    )
    .argument('<run>', 'the id of the run, or a beginning of it')
    .addOption(new Option('--format <format>', 'what to print').choices(FORMATS).default('table'))
    .option(
      '--status <list>',
      'only results such as failed,aborted (with ndjson and csv)',
      namesFlag('--status', RESULT_STATUSES),
    )
    .option('--out <file>', 'write into a file')
    .addHelpText(
      'after',
      '\nExamples:\n  hookcast report 019a3c\n  hookcast report 019a3c --format csv --status failed,aborted --out failed.csv\n',
    )
    .action(async (wanted: string, flags: ReportFlags) => {
      await report(wanted, flags, context)
    })
}

async function report(wanted: string, flags: ReportFlags, context: Context): Promise<void> {
  const { format, status, out } = flags
  if (status !== undefined && (format === 'table' || format === 'json')) {
    const message = `expected \`--status\` to go with --format ndjson or csv, got ${format}, which counts everybody`
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  const run = findKnownRun(wanted, context)
  const pieces = function* (): Iterable<string> {
    if (format === 'ndjson' || format === 'csv') {
      const filter = status === undefined ? {} : { statuses: status }
      const records = readResults(run.paths, readableCampaign(run, context), filter)
      yield* formatResults(records, format, readPropertyNames(run.paths))
      return
    }
    const report = readReport(run.paths, { isLocked: isRunLocked(run.paths), clock: context.wiring.clock })
    const { isOutputColored, outputWidth: width } = context.terminal
    const color = isOutputColored && out === undefined
    yield format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report, { color, width })
  }
  await writeOut(pieces(), { out, context, what: 'report' })
}
