import { Option, type Command } from 'commander'
import { readIds } from '../audience/audience.ts'
import { HookcastError } from '../errors.ts'
import type { ErasureReport } from '../privacy/privacy.ts'
import { isAgreed } from './ask.ts'
import type { Context } from './context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'

interface EraseFlags {
  readonly customer?: string
  readonly file?: string
  readonly yes?: true
}

export function addErase(program: Command, context: Context): void {
  program
    .command('erase')
    .summary('erase customers from all runs, for good')
    .description(
      "Replaces a customer's id by a keyed hash in all runs of the data folder, and deletes row, properties, what the receiver said, and kept answers. Counts stay what they were; whoever was not sent to yet is suppressed (erased) when a run goes on. Cannot be undone.",
    )
    .option('--customer <id>', "the customer's id, as reports show it")
    .addOption(
      new Option('--file <file>', 'ids of customers: one a line, or a .csv, .tsv or .ndjson with them').conflicts(
        'customer',
      ),
    )
    .option('--json', 'print what was erased as one JSON object')
    .option('--yes', 'start without asking')
    .addHelpText(
      'after',
      `
Examples:
  hookcast erase --customer c-17
  hookcast erase --file leavers.csv --yes

A service that has the data folder is asked to do it, with the token of an administrator in HOOKCAST_ADMIN_TOKEN.

Exit codes: 0 nothing of them is held any more, 1 runs were left (most often because somebody works on them):
erase again when they have ended, 2 nothing was begun.`,
    )
    .action(async (flags: EraseFlags) => {
      context.exitCode = await erase(flags, context)
    })
}

async function erase(flags: EraseFlags, context: Context): Promise<number> {
  const { terminal, isJson } = context
  const { data } = context.settings(null)
  const customerIds = await idsFrom(flags)
  await haveAgreed(flags, { context, customers: customerIds.size, data })
  const { erase: eraseFrom } = await import('../serve/erase.ts')
  const report = await eraseFrom(customerIds, context, (runId) => terminal.status(`Erasing from ${runId} …`))
  terminal.status('')
  if (isJson) await terminal.print(`${JSON.stringify(report, null, 2)}\n`)
  else await terminal.print(`${inWords(report, data)}\n`)
  for (const { run_id: runId, error } of report.left) terminal.tell(`Left ${runId} (${error.code}): ${error.message}`)
  if (report.triggers === null) terminal.tell(SERVICE_LEFT)
  return report.left.length === 0 && report.triggers !== null ? EXIT_DONE : EXIT_INCOMPLETE
}

const SERVICE_LEFT =
  'A service has this data folder: what waits in its inbox, and its open runs of events, are left. Erase again with HOOKCAST_ADMIN_TOKEN set to a token of an administrator, so that the service does it'

async function idsFrom({ customer, file }: EraseFlags): Promise<ReadonlySet<string>> {
  if (customer !== undefined) return new Set([customer])
  if (file === undefined) {
    throw new HookcastError('HOOKCAST_USAGE', 'expected `--customer` or `--file` to say whom to erase, got neither')
  }
  const ids = new Set<string>()
  await readIds([file], { key: '--file', column: null, add: (id) => ids.add(id) })
  return ids
}

/** @throws {HookcastError} HOOKCAST_USAGE, when nobody is there to be asked; HOOKCAST_INTERRUPTED, when it is not agreed to. */
async function haveAgreed(
  { yes }: EraseFlags,
  { context: { terminal }, customers, data }: { context: Context; customers: number; data: string },
): Promise<void> {
  if (yes === true) return
  if (!terminal.isInteractive) {
    const message = 'expected `--yes` to be given where nobody can be asked, got neither it nor a terminal'
    throw new HookcastError('HOOKCAST_USAGE', message)
  }
  const question = `Erase ${counted(customers, 'customer')} from all runs in ${data}, for good?`
  if (!(await isAgreed(question))) throw new HookcastError('HOOKCAST_INTERRUPTED', 'Not begun: nothing was erased')
}

function inWords({ customers, found, runs, triggers, left }: ErasureReport, data: string): string {
  const rows = runs.reduce((sum, run) => sum + run.rows, 0)
  const numbered = runs.reduce((sum, run) => sum + run.named_by_row_number, 0)
  const named = runs.filter((run) => run.is_named_in_campaign).map(({ run_id: runId }) => runId)
  const sentences = [
    found === 0
      ? `Nothing is held of ${customers === 1 ? 'this customer' : 'these customers'} in ${data}${left.length > 0 ? ', as far as could be looked' : ''}`
      : `Erased ${counted(found, 'customer')}: ${counted(rows, 'row')} in ${counted(runs.length, 'run')}`,
    ...(triggers === null || triggers === 0
      ? []
      : [`Dropped ${counted(triggers, 'trigger')} that waited in the inbox`]),
    ...(numbered === 0
      ? []
      : [`${counted(numbered, 'row')} had no id and went by row number: in each run that is whoever stood there`]),
    ...(named.length === 0
      ? []
      : [
          `The campaign kept with these runs names an erased id in its own text, and is not changed: ${named.join(', ')}`,
        ]),
    ...(left.length === 0
      ? []
      : [`Left ${counted(left.length, 'run')}, erase again for ${left.length === 1 ? 'it' : 'them'}`]),
  ]
  return sentences.join('\n')
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
}
