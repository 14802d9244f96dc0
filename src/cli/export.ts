import type { Command } from 'commander'
import { exportCustomer } from '../privacy/privacy.ts'
import type { Context } from './context.ts'
import { EXIT_DONE, EXIT_INCOMPLETE } from './exit-code.ts'
import { writeOut } from './write-out.ts'

interface ExportFlags {
  readonly customer: string
  readonly out?: string
}

export function addExport(program: Command, context: Context): void {
  program
    .command('export')
    .summary('write down everything that is held of a customer, over all runs')
    .description(
      'Writes one JSON object with the rows, results, waiting retries and kept answers of a customer in all runs of the data folder, also in those that are going on. Changes nothing.',
    )
    .requiredOption('--customer <id>', "the customer's id, as reports show it")
    .option('--out <file>', 'write into a file')
    .addHelpText(
      'after',
      `
Example:
  hookcast export --customer c-17 --out c-17.json

Exit codes: 0 all runs were read, also when nothing is held; 1 some could not be read, and are listed.`,
    )
    .action(async (flags: ExportFlags) => {
      context.exitCode = await exportOne(flags, context)
    })
}

async function exportOne({ customer: customerId, out }: ExportFlags, context: Context): Promise<number> {
  const { terminal, wiring } = context
  const { data } = context.settings(null)
  const { pieces, counts } = exportCustomer(data, { customerId, now: wiring.clock.now() })
  await writeOut(pieces, { out, context, what: 'export' })
  const { rows, runs, triggers, unreadable } = counts
  terminal.tell(
    rows + triggers === 0
      ? `Nothing is held of this customer in ${data}`
      : `Found ${rows} ${rows === 1 ? 'row' : 'rows'} of this customer in ${runs} ${runs === 1 ? 'run' : 'runs'}`,
  )
  if (triggers > 0) terminal.tell(`Found ${triggers} ${triggers === 1 ? 'trigger' : 'triggers'} that wait in the inbox`)
  for (const { run_id: runId, error } of unreadable) terminal.tell(`Could not read run ${runId}: ${error.message}`)
  return unreadable.length === 0 ? EXIT_DONE : EXIT_INCOMPLETE
}
