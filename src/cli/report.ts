import { Option, type Command } from 'commander'
import { RESULT_STATUSES, type ResultStatus } from '../campaign/result.ts'
import { HookcastError } from '../errors.ts'
import { isRunLocked } from '../ledger/run-folder.ts'
import {
  formatPage,
  formatReport,
  formatResults,
  readPropertyNames,
  readReport,
  readResults,
  readStory,
  type PageOptions,
} from '../report/report.ts'
import type { Context } from './context.ts'
import { exitCodeOf } from './exit-code.ts'
import { namesFlag } from './flag-value.ts'
import { followRun } from './follow-run.ts'
import { findKnownRun, readableCampaign, type KnownRun } from '../library/library.ts'
import { writeFileWhole, writeOut } from './write-out.ts'

const FORMATS = ['table', 'json', 'ndjson', 'csv', 'html'] as const

interface ReportFlags {
  readonly format: (typeof FORMATS)[number]
  readonly status?: readonly ResultStatus[]
  readonly follow?: true
  readonly out?: string
}

export function addReport(program: Command, context: Context): void {
  program
    .command('report')
    .summary('how a run went, or the result of each customer')
    .description(
      'Prints how a run went (table, json, or a page with pictures: html), or one result a customer in the order of the audience (ndjson, csv). Works while the run goes on.',
    )
    .argument('<run>', 'the id of the run, or a beginning of it')
    .addOption(new Option('--format <format>', 'what to print').choices(FORMATS).default('table'))
    .option(
      '--status <list>',
      'only results such as failed,aborted (with ndjson and csv)',
      namesFlag('--status', RESULT_STATUSES),
    )
    .option('--follow', 'show progress until the run ends, then print; the exit code is that of the run')
    .option('--out <file>', 'write into a file, in place of what is there')
    .addHelpText(
      'after',
      `
Examples:
  hookcast report 019a3c
  hookcast report 019a3c --format html --out report.html
  hookcast report 019a3c --format csv --status failed,aborted --out failed.csv
  hookcast report 019a3c --follow                      # Ctrl-C ends the following, not the run

With --follow, --format html --out writes the page again every 5 s, and a browser that shows it loads it again.
`,
    )
    .action(async (wanted: string, flags: ReportFlags) => {
      await report(wanted, flags, context)
    })
}

async function report(wanted: string, flags: ReportFlags, context: Context): Promise<void> {
  const { format, status, follow, out } = flags
  const isOfEach = format === 'ndjson' || format === 'csv'
  if (status !== undefined && !isOfEach) {
    const message = `expected \`--status\` to go with --format ndjson or csv, got ${format}, which counts everybody`
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  if (follow === true && isOfEach) {
    const message = `expected \`--follow\` to go with --format table, json or html, got ${format}`
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  const run = findKnownRun(wanted, context)
  if (follow === true && !(await follows(run, flags, context))) return
  const pieces = isOfEach ? results(run, { format, status }, context) : [whole(run, flags, context)]
  await writeOut(pieces, { out, context, what: 'report' })
}

const PAGE_EVERY_MS = 5000

/** False when the following was ended before the run was. */
async function follows(run: KnownRun, flags: ReportFlags, context: Context): Promise<boolean> {
  const { terminal, wiring } = context
  const { format, out } = flags
  let writtenAt = Number.NEGATIVE_INFINITY
  const rewrite = (): void => {
    if (format !== 'html' || out === undefined || wiring.clock.now() - writtenAt < PAGE_EVERY_MS) return
    writtenAt = wiring.clock.now()
    writeFileWhole([whole(run, { ...flags, refreshSeconds: PAGE_EVERY_MS / 1000 }, context)], out, 'report')
  }
  const hasEnded = await followRun(run, context, rewrite)
  context.exitCode = exitCodeOf(readReport(run.paths, { isLocked: isRunLocked(run.paths), clock: wiring.clock }))
  if (hasEnded) return true
  // Nobody rewrites it any more.
  if (format === 'html' && out !== undefined) writeFileWhole([whole(run, flags, context)], out, 'report')
  terminal.tell(
    `The run goes on: follow it again with ${context.commandFor('report', run.runId, run.settings)} --follow`,
  )
  return false
}

/** The run as one piece: a table, one JSON object, or a page. */
function whole(run: KnownRun, { format, out, ...page }: ReportFlags & PageOptions, context: Context): string {
  const { terminal, wiring } = context
  const at = { isLocked: isRunLocked(run.paths), clock: wiring.clock }
  const eventCampaign = run.snapshot.event?.campaign ?? null
  if (format === 'html')
    return formatPage(readStory(run.paths, at), readableCampaign(run, context), { ...page, eventCampaign })
  const report = readReport(run.paths, at)
  const { isOutputColored, outputWidth: width } = terminal
  const color = isOutputColored && out === undefined
  return format === 'json'
    ? `${JSON.stringify(report, null, 2)}\n`
    : terminal.asTyped(formatReport(report, { color, width, eventCampaign }))
}

function* results(
  run: KnownRun,
  { format, status }: { readonly format: 'ndjson' | 'csv'; readonly status: ReportFlags['status'] },
  context: Context,
): Iterable<string> {
  const filter = status === undefined ? {} : { statuses: status }
  const records = readResults(run.paths, readableCampaign(run, context), filter)
  yield* formatResults(records, format, readPropertyNames(run.paths))
}
