import type { Command } from 'commander'
import { ABORTED_REASONS, FAILED_REASONS, type Reason } from '../campaign/result.ts'
import { HookcastError } from '../errors.ts'
import type { ReplayCounts } from '../report/report.ts'
import { replayRun } from '../runner/runner.ts'
import { isAgreed } from './ask.ts'
import { conduct, overuseOf } from './conduct.ts'
import type { Context } from './context.ts'
import { namesFlag, parseHttpStatuses, type StatusRange } from './flag-value.ts'
import { findKnownRun, prepareReplay } from '../library/library.ts'
import { EXIT_DONE } from './exit-code.ts'

const REPLAYED = ['failed', 'aborted'] as const

interface ReplayFlags {
  readonly status?: readonly (typeof REPLAYED)[number][]
  readonly reason?: readonly Reason[]
  readonly httpStatus?: readonly StatusRange[]
  readonly newKeys?: true
  readonly quiet?: true
  readonly yes?: true
}

export function addReplay(program: Command, context: Context): void {
  program
    .command('replay')
    .summary('start a new run with the customers of an old one that failed or were aborted')
    .description(
      'Makes a new run of those customers, with the rows that the old run kept of them (for mended rows start a run with them), and with the campaign file as it is now. A request that the receiver may have got keeps its key and its bytes, so that nobody is served twice.',
    )
    .argument('<run>', 'the id of the old run, or a beginning of it')
    .option('--status <list>', 'failed, aborted or both (default: both)', namesFlag('--status', REPLAYED))
    .option(
      '--reason <list>',
      'only these reasons, such as exhausted,timeout',
      namesFlag<Reason>('--reason', [...FAILED_REASONS, ...ABORTED_REASONS]),
    )
    .option('--http-status <list>', 'only these last answers, such as 500-599,429', parseHttpStatuses)
    .option('--new-keys', 'new keys for all, also where the receiver may have the request already')
    .option('--json', 'print the report as one JSON object')
    .option('--quiet', 'show no progress')
    .option('--yes', 'start without asking')
    .addHelpText(
      'after',
      '\nExamples:\n  hookcast replay 019a3c\n  hookcast replay 019a3c --status failed --reason exhausted --yes\n',
    )
    .action(async (wanted: string, flags: ReplayFlags) => {
      context.exitCode = await replay(wanted, flags, context)
    })
}

async function replay(wanted: string, flags: ReplayFlags, context: Context): Promise<number> {
  const { terminal } = context
  const replay = prepareReplay(findKnownRun(wanted, context), context, {
    statuses: flags.status ?? REPLAYED,
    reasons: flags.reason ?? null,
    httpStatuses: flags.httpStatus ?? null,
    newKeys: flags.newKeys === true,
  })
  const { from, settings, counts, ...request } = replay
  if (counts.customers === 0) {
    const since = counts.sentSince === 0 ? '' : ` (a replay has sent to ${number(counts.sentSince)} of them before)`
    terminal.tell(`Nothing to replay: no customer of ${from} is among those asked for${since}${leftOutInWords(counts)}`)
    if (context.isJson) await terminal.print(`${JSON.stringify({ replay_of: from, customers: 0 })}\n`)
    return EXIT_DONE
  }
  terminal.tell(countsInWords(from, counts))
  await haveAgreed(flags, context)
  return conduct(context, { settings, isQuiet: flags.quiet === true }, ({ options, onRunId }) =>
    replayRun({ from, ...request, onRunId, overuse: overuseOf(flags, terminal) }, options),
  )
}

function countsInWords(from: string, { customers, byStatus, byReason, kept, torn, sentSince }: ReplayCounts): string {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([name, count]) => `${number(count)} ${name}`)
      .join(', ')
  const keys = kept === 0 ? '' : `; ${number(kept)} keep key and bytes, as the receiver may have them`
  const since = sentSince === 0 ? '' : `; ${number(sentSince)} left out, as a replay has sent to them before`
  return `Replaying ${number(customers)} ${customers === 1 ? 'customer' : 'customers'} of ${from}, with the rows that it kept: ${list(byStatus)} (${list(byReason)})${keys}${leftOutInWords({ torn })}${since}`
}

function leftOutInWords({ torn }: Pick<ReplayCounts, 'torn'>): string {
  if (torn === 0) return ''
  return `; ${number(torn)} left out, as the receiver may have their request and it can't be made again as it was (--new-keys takes them all the same)`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}

/**
 * Has whoever sits there agree to what was told.
 *
 * @throws {HookcastError} HOOKCAST_USAGE, when nobody is there to be asked; HOOKCAST_INTERRUPTED, when it is not agreed to.
 */
async function haveAgreed({ yes }: ReplayFlags, { terminal }: Context): Promise<void> {
  if (yes === true) return
  if (!terminal.isInteractive) {
    const message = 'expected `--yes` to be given where nobody can be asked, got neither it nor a terminal'
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  if (!(await isAgreed('Start?'))) throw new HookcastError('HOOKCAST_INTERRUPTED', 'Not started: nothing was sent')
}
