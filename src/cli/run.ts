import { resolve } from 'node:path'
import { Option, type Command } from 'commander'
import { campaignFilesAt, type AudienceOverride } from '../campaign/campaign-folder.ts'
import type { AudienceSource } from '../campaign/campaign.ts'
import { checkBeforeRun } from '../check/check.ts'
import { HookcastError } from '../errors.ts'
import { startRun, type RunLimit } from '../runner/runner.ts'
import { conduct, overuseOf } from './conduct.ts'
import { removedInWords } from './runs.ts'
import type { Context } from './context.ts'
import { collectParam, parsePauseAfter, wholeNumberFlag } from './flag-value.ts'
import { untilInterrupted } from './interrupts.ts'

interface RunFlags {
  readonly audience?: string
  readonly format?: AudienceSource['format']
  readonly limit?: number
  readonly pauseAfter?: RunLimit['rows']
  readonly param?: Readonly<Record<string, string>>
  readonly stream?: true
  readonly skipBadRows?: true
  readonly dryRun?: true
  readonly quiet?: true
  readonly yes?: true
}

export function addRun(program: Command, context: Context): void {
  program
    .command('run')
    .summary('check a campaign and its audience, then call for every customer')
    .description(
      'Checks everything first (file, templates, secrets, every row); then calls the webhook once for each customer, and prints the report. Interrupted, paused or killed, a run goes on with `hookcast resume <run>`.',
    )
    .argument('<campaign.yaml>', 'the campaign file')
    .option('--audience <file>', "customers in place of the campaign's own; - is standard input")
    .addOption(
      new Option('--format <format>', 'format of the audience; else by its name, NDJSON for -').choices([
        'csv',
        'tsv',
        'ndjson',
      ]),
    )
    .option('--limit <n>', 'interrupt the run after n customers; `resume` does the rest', wholeNumberFlag('--limit'))
    .addOption(
      new Option('--pause-after <n|p%>', 'pause the run after n customers, or a share of them: a canary')
        .argParser(parsePauseAfter)
        .conflicts('limit'),
    )
    .option('--param <name=value>', 'replace a param of the campaign for this run (repeatable)', collectParam)
    .option('--stream', 'call while the audience is still being read; implied by -')
    .option('--skip-bad-rows', 'record rows that cannot be read as failed, and go on')
    .addOption(
      new Option('--dry-run', 'render for everybody, send nothing, and tell what a run would do').conflicts(
        'pauseAfter',
      ),
    )
    .option('--json', 'print the report as one JSON object')
    .option('--quiet', 'show no progress')
    .option('--yes', 'answer yes to every question')
    .addHelpText(
      'after',
      `
Examples:
  hookcast run campaign.yaml
  hookcast run campaign.yaml --pause-after 1%          # look at the report, then: hookcast resume <run>
  zcat customers.ndjson.gz | hookcast run campaign.yaml --audience - --param shop=Acme

Exit codes: 0 everybody was sent to or left out on purpose, 1 some failed or were aborted,
2 something is wrong and nothing was sent, 130 interrupted or paused. With --dry-run: 0 nobody
would fail, 1 somebody would; docs/dry-run.md has what --json prints then.`,
    )
    .action(async (file: string, flags: RunFlags) => {
      context.exitCode = await run(file, flags, context)
    })
}

async function run(file: string, flags: RunFlags, context: Context): Promise<number> {
  const { env, terminal } = context
  const files = campaignFilesAt(file)
  const settings = context.settings(files.folder)
  const params = flags.param ?? {}
  const audience = audienceFrom(flags)
  const { campaign, snapshot } = await untilInterrupted(context.wiring.clock, (signal) =>
    checkBeforeRun(files, {
      env,
      settings,
      params,
      ...(audience === null ? {} : { audience }),
      isStreamed: flags.stream === true,
      skipBadRows: flags.skipBadRows === true,
      signal,
    }),
  )
  const isStdin = campaign.audience.path === '-'
  const isStreamed = flags.stream === true || isStdin
  const until = limitFrom(flags, isStreamed)
  if (isStdin && process.stdin.isTTY) terminal.tell('Reading customers from standard input (Ctrl-D ends them)')
  const isQuiet = flags.quiet === true
  // A stream has no pass before it that could refuse them.
  const skipsBadRows = isStreamed || flags.skipBadRows === true
  if (flags.dryRun === true) {
    const { dryRunCommand } = await import('./dry-run.ts')
    return dryRunCommand(context, { campaign, settings, isQuiet, skipsBadRows, limit: flags.limit ?? null })
  }
  // What it gives way to is the first progress, or whatever ends the reading.
  if (!isQuiet && !isStreamed) terminal.status('Reading the audience …')
  return conduct(context, { settings, isQuiet, until }, ({ options, onRunId }) =>
    startRun(
      {
        campaign,
        snapshot,
        isStreamed,
        skipsBadRows,
        ...(isStdin ? { stdin: process.stdin } : {}),
        onRunId,
        onRemoved: (runs) => terminal.tell(removedInWords(runs)),
        overuse: overuseOf(flags, terminal),
      },
      options,
    ),
  )
}

/** `--format` alone speaks of the campaign's own audience. */
function audienceFrom({ audience, format }: RunFlags): AudienceOverride | null {
  if (audience === undefined) return format === undefined ? null : { path: null, format }
  return { path: audience === '-' ? '-' : resolve(audience), format }
}

function limitFrom({ limit, pauseAfter }: RunFlags, isStreamed: boolean): RunLimit | null {
  if (limit !== undefined) return { state: 'interrupted', rows: limit }
  if (pauseAfter === undefined) return null
  if (isStreamed && typeof pauseAfter === 'object') {
    const message =
      'expected `--pause-after` to be a number of customers, got a share: of a stream nobody knows how many there will be'
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  return { state: 'paused', rows: pauseAfter }
}
